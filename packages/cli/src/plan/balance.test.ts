/** The controller keeps a simulated cluster balanced, in virtual time: it moves what helps, and then leaves it alone. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Service, openStore, silentLog } from "@trunkline/controller";
import type { Batch } from "@trunkline/model";
import type { Store } from "@trunkline/ports";
import { SimulatedCluster, VirtualClock, demoCluster } from "@trunkline/simulator";

const minuteMs = 60_000;
const listed = 100;
let clock: VirtualClock;
let store: Store;
let service: Service;

beforeEach(async () => {
  clock = new VirtualClock();
  const { hosts, ...rest } = demoCluster(1);
  // Fewer threads than they have: some hosts are under pressure, and one gives its VMs less than they ask for.
  const crowded = { ...rest, hosts: hosts.map((host) => ({ ...host, cpuThreads: 14 })) };
  const cluster = new SimulatedCluster({ ...crowded, seed: 1, clock });
  store = await openStore({ path: ":memory:", clock });
  const { world } = cluster.connect("balancing");
  service = new Service({
    world,
    store,
    as: "service",
    observeIntervalMs: 5_000,
    maxMoves: 4,
    balance: { automation: "full", threshold: 4, intervalMs: minuteMs, watchMs: 3 * minuteMs, maxMoves: 10 },
    log: silentLog,
  });
  await clock.run(service.start());
});
afterEach(async () => {
  await clock.run(service.stop(AbortSignal.abort()));
  await store.close();
});

const pass = async (minutes: number): Promise<void> => {
  await clock.run(clock.sleep(minutes * minuteMs, new AbortController().signal));
};
const batches = async (): Promise<readonly Batch[]> => (await store.intents.listBatches(listed)).toReversed();
const scoreNow = async (): Promise<number> =>
  (await clock.run(service.planBalance({ threshold: 4, maxMoves: 10 }, new AbortController().signal))).score.before;

describe("full automation", () => {
  it("watches before it moves, improves the score, and stops by itself", async () => {
    await pass(2);
    expect(await batches()).toEqual([]);
    const before = await scoreNow();
    await pass(60);
    const made = await batches();
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(({ state, origin }) => `${state} ${origin}`))).toEqual(new Set(["completed drs"]));
    expect(await scoreNow()).toBeGreaterThan(before + 1);
    // No VM was moved twice within the hour, and another hour brings nothing new.
    const moved = made.flatMap(({ steps }) => steps.map(({ vm }) => vm));
    expect(new Set(moved).size).toBe(moved.length);
    await pass(60);
    expect(await batches()).toHaveLength(made.length);
  });

  it("asks for nothing while automation is paused, and goes on when it is resumed", async () => {
    await clock.run(service.pauseAutomation("an upgrade", "ada"));
    await pass(20);
    expect(await batches()).toEqual([]);
    await clock.run(service.resumeAutomation());
    await pass(5);
    expect((await batches()).length).toBeGreaterThan(0);
  });
});
