/** The cluster runs on any clock: here on one that has nothing but the port's methods, as the machine's own. */
import type { Clock } from "@trunkline/ports";
import { expect, it } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { moveAll, open, stageOf, twoHosts } from "./cluster.fixture.ts";
import { SimulatedCluster } from "./cluster.ts";

it("a move ends alike and at the same time on a clock that keeps no timers for the cluster", async () => {
  const virtual = new VirtualClock();
  const clock: Clock = {
    nowMs: () => virtual.nowMs(),
    timestamp: () => virtual.timestamp(),
    sleep: async (ms, signal) => {
      await virtual.sleep(ms, signal);
    },
    deadline: (ms) => virtual.deadline(ms),
  };
  const plain = new SimulatedCluster({ seed: 1, clock, ...twoHosts() });
  await virtual.run(open(plain.connect("c1").world, plain).then(moveAll));
  const other = stageOf();
  await other.clock.run(open(other.cluster.connect("c1").world, other.cluster).then(moveAll));
  expect(plain.historyOf("vm1")).toEqual(other.cluster.historyOf("vm1"));
  expect(plain.copiesOf("vm1")).toEqual(["h2 running/migrated"]);
});
