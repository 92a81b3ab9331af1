/**
 * A service connection to one bridge: it edits flows while the bridge goes on by itself. Open vSwitch takes such
 * connections at BRIDGE.mgmt and at passive listeners (ptcp:), and does not count them as controllers: the fail mode does
 * not change, and the bridge's own NORMAL flow stays.
 *
 * Flows outlive the connection. Whoever adds one for a time gives it a hard timeout, and adds it again to keep it.
 */
import { Channel } from "../channel/channel.ts";
import type { Answer, CallOptions, Request } from "../channel/channel.ts";
import { dial } from "../channel/dial.ts";
import { OpenFlowError } from "../errors.ts";
import {
  CONNECT_TIMEOUT_MS,
  MAX_ANSWER_PARTS,
  MAX_FLOWS_DUMPED,
  MAX_FRAME_BYTES,
  MAX_PORTS_DUMPED,
  MIN_FRAME_BYTES,
} from "../limits.ts";
import { encodeAddition, encodeDeletion, encodePacketOut } from "../wire/flow-mod.ts";
import { encodeStatisticsRequest, readStatistics } from "../wire/flow-stats.ts";
import type { FlowStatistics } from "../wire/flow-stats.ts";
import { messageType } from "../wire/message.ts";
import { encodePortStatisticsRequest, readPortStatistics } from "../wire/port-stats.ts";
import type { PortStatistics } from "../wire/port-stats.ts";
import { checkDeletion, checkFilter, checkFlows, checkPort } from "./flow.ts";
import type { CookieFilter, Flow } from "./flow.ts";

export interface OpenFlowOptions {
  /** Gives up connecting; an open connection is ended by `close`. */
  readonly signal?: AbortSignal;
  /** For the socket and the greeting together. */
  readonly connectTimeoutMs?: number;
  readonly callTimeoutMs?: number;
  /** Silence after which the switch is asked for an echo; 0 never asks. */
  readonly probeIntervalMs?: number;
}

export interface OpenFlowCallOptions {
  readonly signal?: AbortSignal;
}

export interface OpenFlowConnection {
  /**
   * Returns when the switch has taken all flows. A flow with the match and the priority of an existing one replaces it.
   * Rejects with `openflow.remote` (details: type, code, request) for the first flow that the switch refuses; the others
   * are in force then: delete by cookie what must not stay.
   */
  addFlows(flows: readonly Flow[], options?: OpenFlowCallOptions): Promise<void>;
  /** Returns when the flows are gone; there may have been none. Refuses filters that take in cookie 0. */
  deleteFlows(filter: CookieFilter, options?: OpenFlowCallOptions): Promise<void>;
  /** Flows with their counters; without a filter all of them. */
  dumpFlows(filter?: CookieFilter, options?: OpenFlowCallOptions): Promise<readonly FlowStatistics[]>;
  /** What went through each port since the switch began to count. */
  dumpPorts(options?: OpenFlowCallOptions): Promise<readonly PortStatistics[]>;
  /** Sends one Ethernet frame out of a port, past all flows. Returns when the switch has done it. */
  sendFrame(frame: Uint8Array, port: number, options?: OpenFlowCallOptions): Promise<void>;
  /** Resolves, never rejects, with the reason when the connection has ended. */
  readonly closed: Promise<OpenFlowError>;
  readonly isOpen: boolean;
  close(): Promise<void>;
}

/** @throws OpenFlowError `openflow.address`, `.transport`, `.timeout`, `.aborted`, `.closed`, `.protocol`, `.remote` */
export async function connectOpenFlow(address: string, options: OpenFlowOptions = {}): Promise<OpenFlowConnection> {
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  const deadline = performance.now() + timeoutMs;
  const socket = await dial(address, { timeoutMs, signal: options.signal });
  const channel = new Channel(socket, address, options);
  await greeting(channel, address, deadline - performance.now(), timeoutMs, options.signal);
  return new ServiceConnection(channel);
}

async function greeting(
  channel: Channel,
  address: string,
  remainingMs: number,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const details = { address };
  const onAbort = (): void =>
    channel.abandon(
      new OpenFlowError("openflow.aborted", `The connection to ${address} was given up by the caller.`, { details }),
    );
  const timer = setTimeout(() => {
    channel.abandon(
      new OpenFlowError("openflow.timeout", `${address} did not greet within ${timeoutMs} ms.`, { details }),
    );
  }, remainingMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  // The signal may have fired between the socket's opening and this line.
  if (signal?.aborted === true) onAbort();
  try {
    const failure = await Promise.race([channel.greeted, channel.closed]);
    if (failure !== undefined) throw failure;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

const barrier: Request = { type: messageType.barrierRequest, body: new Uint8Array(), name: "the barrier" };
const barrierAnswer: Answer = { type: messageType.barrierReply, add: () => true };

class ServiceConnection implements OpenFlowConnection {
  readonly closed: Promise<OpenFlowError>;
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
    this.closed = channel.closed;
  }

  get isOpen(): boolean {
    return this.#channel.isOpen;
  }

  async addFlows(flows: readonly Flow[], options: CallOptions = {}): Promise<void> {
    checkFlows(flows);
    const requests = flows.map((flow, index) => ({
      type: messageType.flowMod,
      body: encodeAddition(flow),
      name: `flow ${index + 1} of ${flows.length}`,
    }));
    await this.#channel.call([...requests, barrier], barrierAnswer, options);
  }

  async deleteFlows(filter: CookieFilter, options: CallOptions = {}): Promise<void> {
    checkDeletion(filter);
    const request = { type: messageType.flowMod, body: encodeDeletion(filter), name: "the deletion of flows" };
    await this.#channel.call([request, barrier], barrierAnswer, options);
  }

  async dumpFlows(
    filter: CookieFilter = { cookie: 0n, cookieMask: 0n },
    options: CallOptions = {},
  ): Promise<readonly FlowStatistics[]> {
    checkFilter(filter);
    const flows: FlowStatistics[] = [];
    let parts = 0;
    const add = (body: Buffer): boolean => {
      const part = readStatistics(body);
      parts += 1;
      flows.push(...part.flows);
      if (flows.length > MAX_FLOWS_DUMPED || parts > MAX_ANSWER_PARTS)
        throw new OpenFlowError("openflow.protocol", `The peer listed more than ${MAX_FLOWS_DUMPED} flows.`);
      return part.isLast;
    };
    const request = {
      type: messageType.multipartRequest,
      body: encodeStatisticsRequest(filter),
      name: "the question for flows",
    };
    await this.#channel.call([request], { type: messageType.multipartReply, add }, options);
    return flows;
  }

  async dumpPorts(options: CallOptions = {}): Promise<readonly PortStatistics[]> {
    const ports: PortStatistics[] = [];
    let parts = 0;
    const add = (body: Buffer): boolean => {
      const part = readPortStatistics(body);
      parts += 1;
      ports.push(...part.ports);
      if (ports.length > MAX_PORTS_DUMPED || parts > MAX_ANSWER_PARTS)
        throw new OpenFlowError("openflow.protocol", `The peer listed more than ${MAX_PORTS_DUMPED} ports.`);
      return part.isLast;
    };
    const request = {
      type: messageType.multipartRequest,
      body: encodePortStatisticsRequest(),
      name: "the question for ports",
    };
    await this.#channel.call([request], { type: messageType.multipartReply, add }, options);
    return ports;
  }

  async sendFrame(frame: Uint8Array, port: number, options: CallOptions = {}): Promise<void> {
    checkPort(port);
    if (frame.length < MIN_FRAME_BYTES || frame.length > MAX_FRAME_BYTES)
      throw new OpenFlowError("openflow.refused", `A frame of ${frame.length} bytes cannot be sent.`);
    const request = { type: messageType.packetOut, body: encodePacketOut(frame, port), name: "the frame" };
    await this.#channel.call([request, barrier], barrierAnswer, options);
  }

  async close(): Promise<void> {
    await this.#channel.close();
  }
}
