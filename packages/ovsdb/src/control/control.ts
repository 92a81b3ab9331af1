/**
 * The control socket of ovs-vswitchd, which ovs-appctl speaks to (unixctl, lib/unixctl.c): JSON-RPC 1.0 with the command
 * as method, its arguments as strings, and text as answer. What the switch has learned is found here and nowhere in the
 * database. The socket is local to the host.
 */
import { OvsdbError } from "../errors.ts";
import { dial } from "../rpc/dial.ts";
import { RpcConnection } from "../rpc/connection.ts";
import type { CallOptions } from "../rpc/connection.ts";
import { parseMacTable } from "./mac-table.ts";
import type { MacTableEntry } from "./mac-table.ts";

/** Knows the names behind OpenFlow port numbers; a VirtualSwitchClient does. */
export interface PortNamer {
  readPortNames(bridge: string, signal?: AbortSignal): Promise<ReadonlyMap<number, string>>;
}

export interface ControlOptions {
  readonly signal?: AbortSignal;
  readonly connectTimeoutMs?: number;
  readonly callTimeoutMs?: number;
  /** With it, entries of the MAC table carry the names of their ports. */
  readonly portNamer?: PortNamer;
}

/** Connects to `unix:/run/openvswitch/ovs-vswitchd.PID.ctl` or wherever `--unixctl` put the socket. */
export async function connectControl(address: string, options: ControlOptions = {}): Promise<OvsControl> {
  const socket = await dial(address, options);
  // unixctl has no echo command, so a silent daemon is found by the deadline of the next call only.
  const { callTimeoutMs } = options;
  const rpc = new RpcConnection(socket, address, callTimeoutMs === undefined ? {} : { callTimeoutMs });
  return new OvsControl(rpc, options.portNamer);
}

export class OvsControl {
  readonly #rpc: RpcConnection;
  readonly #portNamer: PortNamer | undefined;

  constructor(rpc: RpcConnection, portNamer?: PortNamer) {
    this.#rpc = rpc;
    this.#portNamer = portNamer;
  }

  /** Resolves, never rejects, with the reason when the connection has ended. */
  get closed(): Promise<OvsdbError> {
    return this.#rpc.closed;
  }

  /** Runs a command of ovs-appctl(8), e.g. run("fdb/show", ["br0"]). What the daemon refuses is `ovsdb.remote`. */
  async run(command: string, args: readonly string[] = [], options: CallOptions = {}): Promise<string> {
    const reply = await this.#rpc.call(command, args, options);
    if (typeof reply === "string") return reply;
    throw new OvsdbError("ovsdb.protocol", `The answer to ${command} is not text.`, { details: { command } });
  }

  /** What the bridge has learned, most recently seen last, as the daemon lists it. */
  async macTable(bridge: string, signal?: AbortSignal): Promise<readonly MacTableEntry[]> {
    const names = await this.#portNamer?.readPortNames(bridge, signal);
    return parseMacTable(await this.run("fdb/show", [bridge], signal === undefined ? {} : { signal }), names);
  }

  async close(): Promise<void> {
    await this.#rpc.close();
  }
}
