/** A snapshot travels through a file, in both forms, and plans the same afterwards. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Service, openStore, silentLog } from "@trunkline/controller";
import type { BalancePlan, Snapshot } from "@trunkline/model";
import { SimulatedCluster, VirtualClock, demoCluster } from "@trunkline/simulator";
import { balanceOfSnapshot } from "./balance-of-snapshot.ts";
import { evacuationOfSnapshot } from "./evacuation-of-snapshot.ts";
import { readSnapshot } from "./read-snapshot.ts";

const folder = mkdtempSync(join(tmpdir(), "trunkline-plan-"));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
let snapshot: Snapshot;
let balance: BalancePlan;

beforeAll(async () => {
  const clock = new VirtualClock();
  const cluster = new SimulatedCluster({ ...demoCluster(1), seed: 1, clock });
  const store = await openStore({ path: ":memory:", clock });
  const { world } = cluster.connect("planner");
  const service = new Service({ world, store, as: "command", observeIntervalMs: 60_000, maxMoves: 1, log: silentLog });
  await clock.run(service.start());
  snapshot = service.snapshot();
  balance = await clock.run(service.planBalance({ threshold: 5, maxMoves: 50 }, new AbortController().signal));
  await clock.run(service.stop(AbortSignal.abort()));
  await store.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("the balance of a cluster", () => {
  it("is planned from two readings by whoever has made none before, and every host has its place in it", () => {
    expect(balance.hosts.map(({ host }) => String(host))).toEqual(
      snapshot.hosts.map(({ name }) => String(name)).toSorted(),
    );
    expect(balance.hosts.some(({ before }) => before.cpuRatio > 0)).toBe(true);
    expect(balance.score.after).toBeGreaterThanOrEqual(balance.score.before);
    expect(balance.score.bound).toBeGreaterThanOrEqual(balance.score.after);
    for (const { why } of balance.held) expect(why).not.toMatch(/not known yet/);
  });
});

describe("a snapshot in a file", () => {
  it("comes back as it was, from JSON and from YAML", () => {
    expect(readSnapshot(file("a.json", JSON.stringify(snapshot)))).toEqual(snapshot);
    expect(readSnapshot(file("a.yaml", stringify(snapshot)))).toEqual(snapshot);
  });

  it("plans the evacuation of a host: every running VM has a target that is up, or a reason", () => {
    const plan = evacuationOfSnapshot(snapshot, "ada");
    const running = snapshot.vms.filter((vm) => vm.host === "ada" && vm.power === "running").map((vm) => vm.id);
    const planned = plan.waves.flat().map((move) => move.vm);
    expect([...planned, ...plan.blocked.map((vm) => vm.vm)].toSorted()).toEqual(running.toSorted());
    expect(planned.length).toBeGreaterThan(0);
    expect(plan.waves.flat().map((move) => move.target)).not.toContain("ada");
    for (const wave of plan.waves) expect(wave.length).toBeLessThanOrEqual(2);
  });

  it("plans the balance: by one reading nobody knows how busy a VM is, so nothing is moved, and it says so", () => {
    const plan = balanceOfSnapshot(snapshot, 5, undefined);
    expect(plan.moves).toEqual([]);
    for (const { why } of plan.held) expect(why).toMatch(/how busy it is, is not known yet|does not answer|paused/);
  });

  it("is refused with what is wrong when it is none", () => {
    const invalid = (text: string): unknown => {
      try {
        return readSnapshot(file("b.json", text));
      } catch (error) {
        return error;
      }
    };
    expect(invalid("{")).toMatchObject({ code: "snapshot.invalid" });
    expect(invalid(JSON.stringify({ ...snapshot, version: 2 }))).toMatchObject({ code: "snapshot.invalid" });
    expect(invalid(JSON.stringify({ ...snapshot, hosts: [{ name: 1 }] }))).toMatchObject({
      code: "snapshot.invalid",
      message: expect.stringContaining("hosts.0"),
    });
    expect(() => readSnapshot(join(folder, "missing.yaml"))).toThrow("could not be read");
    expect(() => evacuationOfSnapshot(snapshot, "nobody")).toThrow('no host "nobody"');
  });
});
