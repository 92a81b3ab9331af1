/** What a wish for several VMs means, and when it means nothing. */
import { describe, expect, it } from "vitest";
import { TrunklineError, batchId, hostName, vmId } from "@trunkline/model";
import type { BatchPlan, Snapshot } from "@trunkline/model";
import { snapshotOf } from "../http/plane.fixture.ts";
import { batchOf, placedWishes } from "./batch-request.ts";
import type { BatchMoveWish, BatchWish } from "./control-plane.ts";
import type { RequestWorld } from "./move-request.ts";

const hosts = ["h1", "h2", "h3"].map((name) => ({ name: hostName(name), uri: `qemu+tcp://${name}/system` }));
const world: RequestWorld = {
  inventory: { hosts, switches: [], links: [], probes: [], services: [] },
  random: { uuid: () => "00000000-0000-4000-8000-000000000000", next: () => 0 },
  hypervisor: (name) => {
    const host = hosts.find((one) => one.name === name);
    if (host === undefined) throw new TrunklineError("host.unknown", `there is no host ${name}`);
    return host;
  },
};
/** vm-00000 and vm-00003 on h1, vm-00001 on h2, vm-00002 on h3. */
const snapshot: Snapshot = snapshotOf(3, 4);

/** `vm-00001=h1 after vm-00002`. */
function wish(lines: readonly string[], onFailure: BatchWish["onFailure"] = "stop"): BatchWish {
  const moves = lines.map((line): BatchMoveWish => {
    const [way = "", after = ""] = line.split(" after ");
    const [vm = "", target] = way.split("=");
    const others = after.split(" ").filter((word) => word !== "");
    return { vm, ...(target === undefined ? {} : { target: hostName(target) }), after: others };
  });
  return { moves, onFailure, options: { driver: "client", mode: "auto", handover: true, priority: 0 } };
}
const placed = (...lines: readonly string[]) => placedWishes(world, snapshot, wish(lines));

describe("a wish for several VMs", () => {
  it("names VMs by name or UUID, also those that others go after", () => {
    const id = snapshot.vms[2]?.id ?? "";
    expect(
      placed(`vm-00001=h1 after ${id.toUpperCase()}`, id).map(({ vm, target, after }) => [vm.name, target, after]),
    ).toEqual([
      ["vm-00001", "h1", [id]],
      ["vm-00002", undefined, []],
    ]);
  });

  it.each([
    [["vm-00001=h1", "vm-00001=h3"], "usage.invalid", "vm-00001 is in the batch twice"],
    [["vm-00001=h1 after vm-00002"], "usage.invalid", "vm-00002, which is not in the batch"],
    [["vm-00001=h1 after vm-00001"], "usage.invalid", "none can be first"],
    [
      ["vm-00001=h1 after vm-00002", "vm-00002=h1 after vm-00001", "vm-00003=h2"],
      "usage.invalid",
      "each of vm-00001, vm-00002",
    ],
    [["nobody=h1"], "vm.unknown", "nobody"],
    [["vm-00001=h9"], "host.unknown", "h9"],
  ])("%j is refused: %s", (lines, code, message) => {
    expect(() => placed(...lines)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error,
    );
  });
});

describe("the record of a batch", () => {
  const lines = ["vm-00001=h1", "vm-00002=h3", "vm-00003=h2"];
  const [first, second, third] = snapshot.vms.slice(1);
  const nothing: BatchPlan = { blocked: [], steps: [], waves: [], stays: [], predictedMs: 0, network: [] };
  const stays = [{ vm: second?.id ?? vmId(""), name: "vm-00002", why: "it runs on h3 already" }];
  const blocked = [{ vm: third?.id ?? vmId(""), name: "vm-00003", candidates: [], why: "its disk is local" }];
  const predicted = { totalMs: 2_000, downtimeMs: 100, bytes: 1, rounds: 1, converges: true, basis: "made up" };
  const steps = [
    {
      step: 0,
      vm: first?.id ?? vmId(""),
      name: "vm-00001",
      source: hostName("h2"),
      target: hostName("h1"),
      predicted,
      reason: "asked for",
      after: [],
      roomAfter: [],
      startMs: 0,
    },
  ];
  const request = { id: batchId("b1"), requestedBy: "ada", requestedAt: "now", outlivesProcess: true };
  const recorded = (plan: Partial<BatchPlan>, onFailure: BatchWish["onFailure"]) =>
    batchOf(wish(lines, onFailure), { ...nothing, ...plan }, placed(...lines), request);

  it("has what is there already as moved", () => {
    const { state, steps: all } = recorded({ steps, stays }, "stop");
    expect([state, all.map((step) => `${step.step} ${step.name} ${step.state}`)]).toEqual([
      "running",
      ["0 vm-00001 waiting", "1 vm-00002 moved"],
    ]);
    expect(recorded({ stays }, "stop").state).toBe("completed");
  });

  it("is refused when one cannot go, unless it is to carry on: then that one has failed, with its reason", () => {
    expect(() => recorded({ steps, blocked }, "stop")).toThrow(
      expect.objectContaining({
        code: "batch.refused",
        details: { blocked: ["vm-00003: its disk is local"] },
      }) as Error,
    );
    const { state, steps: all } = recorded({ steps, blocked }, "continue");
    expect(state).toBe("running");
    expect(all[1]).toMatchObject({ name: "vm-00003", state: "failed", why: "its disk is local", target: "h2" });
    expect(() => recorded({ blocked }, "continue")).toThrow("cannot be carried out");
  });
});
