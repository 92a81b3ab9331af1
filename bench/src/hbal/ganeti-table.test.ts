import { SeededRandom } from "@trunkline/simulator";
import { describe, expect, it } from "vitest";
import { readCluster } from "./cluster-file.ts";
import { GanetiTable } from "./ganeti-table.ts";
import { generatedCluster } from "./generated-cluster.ts";
import { ganetiScore } from "./score.ts";

const text = generatedCluster({ nodes: 8, instances: 60, isMixed: true }, new SeededRandom(3));
const offline = text.cluster.replace(/^(node-0002\|.*?)\|N\|made-up-group/m, "$1|Y|made-up-group");

describe.each([
  ["all nodes online", text.cluster],
  ["a node offline", offline],
])("Ganeti's score with %s", (_, file) => {
  const cluster = readCluster(file, text.loads);
  const placement = cluster.instances.map(({ node }) => node);

  it("is the same when it is kept up to date as when it is computed anew", () => {
    const table = new GanetiTable(cluster);
    expect(table.score()).toBeCloseTo(ganetiScore(cluster, placement), 12);
    for (let vm = 0; vm < table.vmCount; vm += 7)
      for (let target = 0; target < table.hostCount; target += 1) {
        const score = table.scoreAfter(vm, target);
        if (target === placement[vm] || score === Infinity) continue;
        expect(score).toBeCloseTo(ganetiScore(cluster, placement.with(vm, target)), 12);
      }
  });

  it("is the same after many moves and back", () => {
    const table = new GanetiTable(cluster);
    const random = new SeededRandom(5);
    const now = [...placement];
    for (let count = 0; count < 200; count += 1) {
      const [vm, target] = [random.below(table.vmCount), random.below(table.hostCount)];
      table.place(vm, target);
      now[vm] = target;
    }
    expect(table.score()).toBeCloseTo(ganetiScore(cluster, now), 12);
    for (const [vm, node] of placement.entries()) table.place(vm, node);
    expect(table.score()).toBeCloseTo(ganetiScore(cluster, placement), 12);
  });
});

describe("a move", () => {
  const node = (name: string, free: number, cpus: number, state: string): string =>
    `${name}|1000|0|${free}|0|0|${cpus}|${state}|g|1||N|0|0|1.0`;
  const policy = "|||x|2.0|32.0";
  const small = ["group|g|preferred||", "", node("a", 0, 4, "N"), node("b", 200, 4, "N"), node("c", 900, 1, "N")];
  const rest = [node("d", 900, 4, "Y"), "", "i|200|0|3|running|Y|a||ext||1", "j|800|0|1|running|Y|a||ext||1", "", ""];
  const table = new GanetiTable(readCluster([...small, ...rest, policy, ""].join("\n")));

  it.each([
    ["to a node that it would fill to the last MiB", 0, 1],
    ["to a node with too few processors", 0, 2],
    ["to a node that is offline", 0, 3],
  ])("is forbidden %s", (_, vm, target) => {
    expect(table.scoreAfter(vm, target)).toBe(Infinity);
  });

  it("is allowed where there is room", () => {
    expect(table.scoreAfter(1, 2)).toBeLessThan(Infinity);
  });
});

describe("a file", () => {
  it.each([
    ["an instance on no node", text.cluster.replace("|node-0000||ext", "|nowhere||ext"), /nowhere/],
    ["another storage", text.cluster.replace("||ext|", "||drbd|"), /external storage/],
    ["a figure that is none", text.cluster.replace("|262144|", "|much|"), /"much" is no number/],
    ["two groups", `other|uuid|preferred||\n${text.cluster}`, /2 groups/],
  ])("with %s is refused", (_, file, why) => {
    expect(() => readCluster(file, text.loads)).toThrow(why);
  });
});
