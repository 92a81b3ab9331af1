/**
 * The client under load, as a process of its own: nothing but the client may lie in the memory that is measured here.
 * Started by `client.ts` with --expose-gc; gets one `Load`, answers with one `LoadFigures`.
 */
import { readFileSync } from "node:fs";
import { connect } from "@trunkline/libvirt";
import type { Connection } from "@trunkline/libvirt";
import { assert, messageOf } from "@trunkline/model";
import { quantile } from "../paired.ts";

export interface Load {
  readonly uri: string;
  /** The daemon's process, whose memory is read. */
  readonly daemonPid: number;
  readonly connections: number;
  /** Calls on one connection, after which its memory is read for the first and the last time. */
  readonly callsBefore: number;
  readonly callsAfter: number;
  readonly latencyCalls: number;
  readonly inFlight: number;
}

export interface LoadFigures {
  readonly connectionsOpen: number;
  readonly perConnection: Readonly<
    Record<"heapBytes" | "externalBytes" | "residentBytes" | "daemonResidentBytes", number>
  >;
  readonly heapBeforeBytes: number;
  readonly heapAfterBytes: number;
  readonly latencyMs: Readonly<Record<"p50" | "p95" | "p99", number>>;
  readonly oneAtATimeCallsPerS: number;
  readonly inFlightCallsPerS: number;
}

process.once("message", (load: Load) => {
  carryOut(load).then(
    (figures) => process.send?.(figures),
    (error: unknown) => process.send?.({ failure: messageOf(error) }),
  );
});

async function carryOut(load: Load): Promise<LoadFigures> {
  const { uri } = load;
  const perConnection = await memoryOfConnections(load);
  const connection = await connect(uri);
  try {
    await callMany(connection, load.callsBefore);
    const heapBeforeBytes = settledMemory().heapBytes;
    await callMany(connection, load.callsAfter - load.callsBefore);
    const heapAfterBytes = settledMemory().heapBytes;
    const { latencyMs, callsPerS } = await latencyOf(connection, load.latencyCalls);
    return {
      ...perConnection,
      heapBeforeBytes,
      heapAfterBytes,
      latencyMs,
      oneAtATimeCallsPerS: callsPerS,
      inFlightCallsPerS: await rateInFlight(connection, load),
    };
  } finally {
    await connection.close();
  }
}

async function memoryOfConnections(load: Load): Promise<Pick<LoadFigures, "connectionsOpen" | "perConnection">> {
  // A few that come and go first: what the first connection makes the process load is not the price of the next.
  for (let number = 0; number < warmUpConnections; number += 1) await (await opened(load.uri)).close();
  const before = { ...settledMemory(), daemonBytes: residentBytesOf(load.daemonPid) };
  const connections: Connection[] = [];
  try {
    while (connections.length < load.connections) connections.push(await opened(load.uri));
    const after = { ...settledMemory(), daemonBytes: residentBytesOf(load.daemonPid) };
    const each = (measure: keyof typeof after): number => (after[measure] - before[measure]) / load.connections;
    return {
      connectionsOpen: connections.filter(({ isOpen }) => isOpen).length,
      perConnection: {
        heapBytes: each("heapBytes"),
        externalBytes: each("externalBytes"),
        residentBytes: each("residentBytes"),
        daemonResidentBytes: each("daemonBytes"),
      },
    };
  } finally {
    for (const connection of connections) await connection.close();
  }
}

/** Used once, so that whatever the first call allocates is there. */
async function opened(uri: string): Promise<Connection> {
  const connection = await connect(uri);
  await trivialCall(connection);
  return connection;
}

/** The smallest question with the largest answer among it, so that both kinds could leak. */
async function callMany(connection: Connection, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    if (number % statsEvery === 0) await connection.call("connectGetAllDomainStats", { doms: [], stats: 0, flags: 0 });
    else await trivialCall(connection);
  }
}

async function latencyOf(
  connection: Connection,
  count: number,
): Promise<{ readonly latencyMs: LoadFigures["latencyMs"]; readonly callsPerS: number }> {
  const times: number[] = [];
  const beganMs = performance.now();
  for (let number = 0; number < count; number += 1) {
    const startedMs = performance.now();
    await trivialCall(connection);
    times.push(performance.now() - startedMs);
  }
  const latencyMs = { p50: quantile(times, 0.5), p95: quantile(times, 0.95), p99: quantile(times, 0.99) };
  return { latencyMs, callsPerS: (count / (performance.now() - beganMs)) * 1000 };
}

async function rateInFlight(connection: Connection, { latencyCalls, inFlight }: Load): Promise<number> {
  const startedMs = performance.now();
  const callers = Array.from({ length: inFlight }, async () => {
    for (let number = 0; number < latencyCalls / inFlight; number += 1) await trivialCall(connection);
  });
  await Promise.all(callers);
  return (latencyCalls / (performance.now() - startedMs)) * 1000;
}

async function trivialCall(connection: Connection): Promise<void> {
  await connection.call("connectGetLibVersion", undefined);
}

function settledMemory(): Record<"heapBytes" | "externalBytes" | "residentBytes", number> {
  const { gc } = globalThis;
  assert(gc !== undefined, "this process was started with --expose-gc");
  // The second run collects what finalizers of the first let go.
  for (let round = 0; round < 2; round += 1) gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed, externalBytes: external, residentBytes: rss };
}

/** proc(5), VmRSS of the file `status`. */
function residentBytesOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  assert(kib !== undefined, "a living process has resident memory");
  return Number(kib) * 1024;
}

const warmUpConnections = 5;
const statsEvery = 20;
