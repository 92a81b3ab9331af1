/** A batch of moves, asked for at once, until the last one is over: on the simulator, through the service and its queue. */
import { Service, openStore, silentLog } from "@trunkline/controller";
import { SimulatedCluster, VirtualClock } from "@trunkline/simulator";
import type { Batch } from "./cluster.ts";

export interface BatchRun {
  readonly makespanMs: number;
  readonly completed: number;
  /** Over all links together, as the cables counted. */
  readonly sentBytes: number;
  readonly downtimeMs: readonly number[];
}

export async function runBatch(seed: number, { cluster: spec, moves }: Batch): Promise<BatchRun> {
  const clock = new VirtualClock();
  const cluster = new SimulatedCluster({ ...spec, seed, clock });
  const store = await openStore({ path: ":memory:", clock });
  const { world } = cluster.connect("controller");
  const service = new Service({
    world,
    store,
    as: "service",
    observeIntervalMs: observedEveryMs,
    maxMoves: moves.length,
    log: silentLog,
  });
  try {
    return await clock.run(askAll(service, store, clock, moves));
  } finally {
    await store.close();
  }
}

async function askAll(
  service: Service,
  { journal }: Awaited<ReturnType<typeof openStore>>,
  clock: VirtualClock,
  moves: Batch["moves"],
): Promise<BatchRun> {
  const never = new AbortController().signal;
  await service.start();
  const fromMs = clock.nowMs();
  for (const { vm, target } of moves) {
    const wish = { vm, target, driver: "client", mode: "auto", handover: false, priority: 0 } as const;
    await service.requestMove(wish, "bench");
  }
  while ((await journal.unfinished()).length > 0) await clock.sleep(askedEveryMs, never);
  const makespanMs = clock.nowMs() - fromMs;
  const records = await journal.listMoves(moves.length);
  await service.stop(AbortSignal.abort());
  const measured = records.flatMap(({ report }) => (report?.outcome === "completed" ? [report.measured] : []));
  return {
    makespanMs,
    completed: measured.length,
    sentBytes: measured.reduce((sum, figures) => sum + (figures?.bytesSent ?? 0), 0),
    downtimeMs: measured.flatMap((figures) => (figures?.downtimeMs === undefined ? [] : [figures.downtimeMs])),
  };
}

const observedEveryMs = 3_600_000;
const askedEveryMs = 500;
