/**
 * The other side of the protocol: answers calls that arrive on a stream. For simulated hosts, which must be told from
 * real ones by nothing but what they say. Whoever calls is trusted: this is no server for a network.
 */
import type { Duplex } from "node:stream";
import { errorLayout } from "../protocol/objects.ts";
import { eventTable } from "../protocol/events.ts";
import type { EventKind, EventLayout } from "../protocol/events.ts";
import { remoteErrorCode } from "../protocol/error-codes.ts";
import { procedureOf, procedures } from "../protocol/procedures.ts";
import type { ProcedureArgs, ProcedureName, ProcedureResult } from "../protocol/procedures.ts";
import { keepaliveProcedure, packetStatus, packetType, program } from "../protocol/programs.ts";
import type { XdrReader } from "../xdr/reader.ts";
import { XdrWriter } from "../xdr/writer.ts";
import { readPacket, writePacket } from "./packet.ts";
import type { PacketHeader } from "./packet.ts";
import { PacketSplitter } from "./splitter.ts";

/** The content of an answer as it goes over the wire: made once, sent often. */
export type EncodedAnswer = Uint8Array & { readonly brand: "EncodedAnswer" };

/** An error of libvirt with this number; or nothing at all, as a stopped daemon says it. */
export type NoAnswer = { readonly refuse: number } | "silence";

/** A procedure that is missing is refused, as by a libvirt that is too old for it. */
export type EndpointAnswers = { readonly [P in ProcedureName]?: (args: ProcedureArgs<P>) => EncodedAnswer | NoAnswer };

export interface Endpoint {
  /** To the registration that got the number 0, for all domains. */
  tell<K extends EventKind>(kind: K, event: EventLayout<K>): void;
}

export function encodeAnswer<P extends ProcedureName>(name: P, result: ProcedureResult<P>): EncodedAnswer {
  const writer = new XdrWriter();
  procedureOf(name).result.encode(writer, result);
  return writer.finish() as Uint8Array as EncodedAnswer;
}

export function answerCalls(stream: Duplex, answers: EndpointAnswers): Endpoint {
  const splitter = new PacketSplitter();
  stream.on("data", (chunk: Buffer) => {
    // One write for all answers to what came together, as a busy daemon's socket would have them.
    stream.cork();
    for (const bytes of splitter.push(chunk)) {
      const { header, payload } = readPacket(bytes);
      const answer = answerTo(header, payload, answers);
      if (answer !== undefined) stream.write(answer);
    }
    stream.uncork();
  });
  return {
    tell: (kind, event) => {
      const { procedure, layout } = eventTable[kind];
      const writer = new XdrWriter();
      writer.int(0);
      (layout as { encode(to: XdrWriter, value: EventLayout<typeof kind>): void }).encode(writer, event);
      const header = { program: program.remote, procedure, type: packetType.message, serial: 0, status: 0 };
      stream.write(writePacket(header, writer.finish()));
    },
  };
}

function answerTo(header: PacketHeader, payload: XdrReader, answers: EndpointAnswers): Buffer | undefined {
  if (header.program === program.keepalive)
    return header.procedure === keepaliveProcedure.ping
      ? writePacket({ ...header, procedure: keepaliveProcedure.pong }, noPayload)
      : undefined;
  const reply = { ...header, type: packetType.reply };
  const name = nameByNumber.get(keyOf(header.program, header.procedure));
  const answer = name === undefined ? undefined : answers[name];
  const said =
    name === undefined || answer === undefined
      ? { refuse: remoteErrorCode.noSupport }
      : (answer as (args: unknown) => EncodedAnswer | NoAnswer)(procedureOf(name).args.decode(payload));
  if (said === "silence") return undefined;
  if ("refuse" in said) return writePacket({ ...reply, status: packetStatus.error }, errorOf(said.refuse));
  return writePacket(reply, said);
}

function errorOf(code: number): Uint8Array {
  const writer = new XdrWriter();
  const message = `the simulated host refuses with error ${code}`;
  const empty = { dom: null, text1: null, text2: null, text3: null, number1: -1, number2: -1, network: null };
  errorLayout.encode(writer, { code, domain: 0, level: 2, message, ...empty });
  return writer.finish();
}

const keyOf = (programNumber: number, procedure: number): string => `${programNumber}/${procedure}`;

const nameByNumber: ReadonlyMap<string, ProcedureName> = new Map(
  (Object.keys(procedures) as ProcedureName[]).map((name) => [
    keyOf(procedures[name].program, procedures[name].number),
    name,
  ]),
);

const noPayload = new Uint8Array(0);
