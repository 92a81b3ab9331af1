import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Service, openStore, silentLog, systemClock } from "@trunkline/controller";
import { SimulatedCluster, demoCluster } from "@trunkline/simulator";
import { expect, test } from "vitest";

test("a service that may not write looks at the cluster before it previews", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tl-looking-"));
  const store = await openStore({ path: join(folder, "journal.db"), clock: systemClock, readOnly: true });
  const { world } = new SimulatedCluster({ ...demoCluster(1), seed: 1, clock: systemClock }).connect("a command");
  const service = new Service({
    world,
    store,
    log: silentLog,
    as: "command",
    observeIntervalMs: 60_000,
    maxMoves: 1,
  });
  try {
    await service.start();
    const signal = AbortSignal.timeout(30_000);
    const [host] = world.inventory.hosts;
    if (host === undefined) throw new Error("the demonstration has no host");
    const plan = await service.previewEvacuation(host.name, signal);
    const [first] = [...plan.waves.flat(), ...plan.blocked];
    expect(first).toBeDefined();
    const [, other] = world.inventory.hosts;
    const wish = { driver: "client", mode: "auto", handover: false, priority: 0 } as const;
    const report = await service.previewMove(
      { ...wish, vm: first?.name ?? "", target: other?.name ?? host.name },
      signal,
    );
    expect(report).toMatchObject({ vm: first?.name, source: host.name });
    const stay = await service.previewMove({ ...wish, vm: first?.name ?? "", target: host.name }, signal);
    expect(stay).toMatchObject({ outcome: "completed", runsOn: host.name, measured: null });
    expect(stay.checks.filter((check) => check.severity === "block")).toEqual([]);
  } finally {
    await service.stop(AbortSignal.abort());
    await world.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

test("a service that has not asked its hosts yet says so, instead of knowing no VM", async () => {
  const store = await openStore({ path: ":memory:", clock: systemClock });
  const { world } = new SimulatedCluster({ ...demoCluster(1), seed: 1, clock: systemClock }).connect("a service");
  const options = { world, store, log: silentLog, observeIntervalMs: 60_000, maxMoves: 1 } as const;
  const service = new Service({ ...options, as: "service" });
  const [host] = world.inventory.hosts;
  if (host === undefined) throw new Error("the demonstration has no host");
  const wish = {
    vm: "web-01",
    target: host.name,
    driver: "client",
    mode: "auto",
    handover: false,
    priority: 0,
  } as const;
  await expect(service.requestMove(wish, "test")).rejects.toMatchObject({ code: "service.unavailable" });
  await service.start();
  expect(await service.requestMove(wish, "test")).toMatchObject({ request: { vmName: "web-01" } });
  await service.stop(AbortSignal.timeout(30_000));
  await world.close();
  await store.close();
});
