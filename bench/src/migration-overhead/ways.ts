/**
 * The two ways of moving the VM. By virsh: `migrate --live --p2p`, one process from start to end. By us: the controller
 * with its own journal, on disk, as the command embeds it.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Service, openStore, realWorld, silentLog, systemClock } from "@trunkline/controller";
import type { MoveWish } from "@trunkline/controller";
import { connect } from "@trunkline/libvirt";
import { TrunklineError, hostName } from "@trunkline/model";
import type { Inventory, MoveMode, MoveReport } from "@trunkline/model";
import type { EventLog } from "@trunkline/ports";
import { runCommand } from "../command.ts";
import { ShareClock } from "./own-share.ts";
import type { OwnShare } from "./own-share.ts";

export interface Course {
  readonly vm: string;
  readonly source: string;
  readonly target: string;
}

export interface Moved {
  readonly totalMs: number;
  readonly share?: OwnShare;
  /** Undefined where there was no hand-over. */
  readonly framesHandedOver?: number | undefined;
  /** How long our move was in each of its phases. */
  readonly phases?: Readonly<Record<string, number>>;
}

export interface Way {
  /** @returns how long it took until both hosts were done with it, connecting included. */
  move(course: Course, signal: AbortSignal): Promise<Moved>;
  close(): Promise<void>;
}

/** What only our moves are told. */
export interface Choices {
  readonly mode: MoveMode;
  readonly handover: boolean;
  /** QEMU's downtime-limit; without it QEMU's default, as virsh has it. */
  readonly maxDowntimeMs?: number;
}

export function byVirsh(inventory: Inventory): Way {
  return {
    move: async ({ vm, source, target }, signal) => {
      const [from, to] = [hostOf(inventory, source), hostOf(inventory, target)];
      const address = to.migration === undefined ? [] : ["--migrateuri", `tcp://${to.migration.address}`];
      const command = ["virsh", "-c", from.uri, "migrate", "--live", "--p2p", vm, to.peerUri ?? to.uri, ...address];
      return { totalMs: (await runCommand(command, signal)).wallMs };
    },
    close: async () => undefined,
  };
}

/**
 * @param stateFolder on the disk whose flush the journal waits for.
 */
export async function byTrunkline(inventory: Inventory, stateFolder: string, choices: Choices): Promise<Way> {
  mkdirSync(stateFolder, { recursive: true });
  const share = new ShareClock();
  const store = await openStore({ path: join(stateFolder, "journal.db"), clock: systemClock });
  // Both ways are watched by the benchmark's one client. A second session, the controller's own, would load the guest
  // and the switches during our moves alone.
  const world = share.aroundTransfers(realWorld({ ...inventory, probes: [] }));
  const { events, intents, accounts, audit, answers } = store;
  const backup = async (path: string): Promise<void> => await store.backup(path);
  const close = async (): Promise<void> => await store.close();
  const service = new Service({
    world,
    store: { events, intents, accounts, audit, answers, backup, close, journal: share.around(store.journal) },
    as: "command",
    observeIntervalMs: observedEveryMs,
    maxMoves: 1,
    log: silentLog,
  });
  await service.start();
  return {
    move: async (course, signal) => {
      const connectMs = await timeToConnect(inventory, course, signal);
      share.begin();
      const target = hostName(course.target);
      const wish = { vm: course.vm, target, driver: "client", priority: 0, ...choices } as const;
      const report = await reportOf(service, events, wish);
      if (report.outcome !== "completed" || report.measured === null) throw notCompleted(report.outcome, course);
      // The questions before a move have connections of their own; a command would have to open them first.
      const { moveMs, framesHandedOver, phases } = report.measured;
      return { totalMs: moveMs + connectMs, share: share.end(), framesHandedOver, phases };
    },
    close: async () => {
      await service.stop(AbortSignal.abort());
      await world.close();
      await store.close();
    },
  };
}

/** A command looks at the cluster once; a reading in the middle of a move would be somebody else's load. */
const observedEveryMs = 3_600_000;

async function reportOf(service: Service, events: EventLog, wish: MoveWish): Promise<MoveReport> {
  const reported = new Set<string>();
  let wake: () => void = () => undefined;
  const stop = events.onAppend(({ event }) => {
    if (event.kind !== "move-reported") return;
    reported.add(event.move);
    wake();
  });
  try {
    const { request } = await service.requestMove(wish, "bench");
    while (!reported.has(request.id))
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    const { report } = await service.findMove(request.id);
    if (report === null) throw new TypeError("a reported move has no report");
    return report;
  } finally {
    stop();
  }
}

/** The whole command as a user runs it: a new process, connections, checks, the move, the proof. */
export async function byCommand(
  lab: string,
  stateFolder: string,
  course: Course,
  signal: AbortSignal,
): Promise<{ readonly wallMs: number; readonly moveMs: number }> {
  const program = new URL("../../../trunkline", import.meta.url).pathname;
  const where = ["--lab", lab, "--state", stateFolder, "--json"];
  const { stdout, wallMs } = await runCommand([program, "migrate", course.vm, "--to", course.target, ...where], signal);
  const report = JSON.parse(stdout) as { outcome: string; measured: { moveMs: number } | null };
  if (report.outcome !== "completed" || report.measured === null) throw notCompleted(report.outcome, course);
  return { wallMs, moveMs: report.measured.moveMs };
}

async function timeToConnect(inventory: Inventory, course: Course, signal: AbortSignal): Promise<number> {
  const startedMs = performance.now();
  const uris = [course.source, course.target].map((name) => hostOf(inventory, name).uri);
  const connections = await Promise.all(uris.map(async (uri) => await connect(uri, { signal })));
  const connectMs = performance.now() - startedMs;
  await Promise.all(
    connections.map(async (connection) => {
      await connection.close();
    }),
  );
  return connectMs;
}

function hostOf(inventory: Inventory, name: string): Inventory["hosts"][number] {
  const host = inventory.hosts.find((candidate) => candidate.name === name);
  if (host !== undefined) return host;
  throw new TrunklineError("host.unknown", `there is no host "${name}" in the lab`);
}

const notCompleted = (outcome: string, { vm, source, target }: Course): TrunklineError =>
  new TrunklineError("move.failed", `the move of ${vm} from ${source} to ${target} ended ${outcome}`);
