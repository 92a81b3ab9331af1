/**
 * `admission [--seeds N] [--pairs N]`
 *
 * A batch of moves over links that they share, admitted by what the links give, or two for each host whatever lies between
 * them, as other managers do. How long until the last one is over? On simulated clusters of 50 hosts with 200 moves each, and on four real
 * hosts with six.
 */
import type { Lab } from "@trunkline/lab";
import { withLab } from "../bench-lab.ts";
import { atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { numberOf } from "../number-of.ts";
import { quantile } from "../paired.ts";
import { tableOf } from "../table.ts";
import { batchOf } from "./cluster.ts";
import type { Policy, Shape } from "./cluster.ts";
import { runInLab, topology } from "./lab-run.ts";
import type { LabRun } from "./lab-run.ts";
import { runBatch } from "./one-run.ts";
import type { BatchRun } from "./one-run.ts";

export const description = "a batch of moves admitted by the links they share, against two for each host: makespans";

interface Pair {
  readonly seed: number;
  readonly byLinks: BatchRun;
  readonly twoPerHost: BatchRun;
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { quick, args, log, signal } = options;
  const seeds = numberOf(args, "seeds") ?? (quick ? 2 : 10);
  const shape: Shape = quick ? { racks: 3, hostsPerRack: 4, moves: 40 } : { racks: 5, hostsPerRack: 10, moves: 200 };
  const pairs: Pair[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    signal.throwIfAborted();
    const byLinks = await runBatch(seed, batchOf(seed, shape, "by links"));
    const twoPerHost = await runBatch(seed, batchOf(seed, shape, "two per host"));
    pairs.push({ seed, byLinks, twoPerHost });
    const [ours, theirs] = [byLinks, twoPerHost].map(({ makespanMs }) => (makespanMs / 1000).toFixed(1));
    log(`seed ${seed}: by links ${ours} s, two per host ${theirs} s`);
  }
  const inLab = await withLab(options, async (lab) => await labPairs(lab, options), topology);
  const ratios = pairs.map(ratioOf);
  const unmoved = pairs
    .flatMap(({ byLinks, twoPerHost }) => [byLinks, twoPerHost])
    .reduce((sum, { completed }) => sum + shape.moves - completed, 0);
  return {
    figures: { shape, pairs, inLab },
    bars: [
      atMost("makespan by links to two per host, worst case", Math.max(...ratios), "", 1),
      atMost("the same, median", quantile(ratios, 0.5), "", 1),
      atMost("in the lab, median of pairs", quantile(inLab.map(labRatioOf), 0.5), "", 1),
      atMost("moves that did not complete", unmoved, "moves", 0),
    ],
    table: tableOf([
      ["seed", "two per host, s", "by links, s", "ratio", "GiB sent", "by links", "downtime p90, ms", "by links"],
      ...pairs.map(rowOf),
      ...inLab.map((pair, at) => [
        `lab ${at + 1}`,
        ...[pair.twoPerHost, pair.byLinks].map(({ makespanMs }) => (makespanMs / 1000).toFixed(1)),
        labRatioOf(pair).toFixed(2),
        ...[pair.twoPerHost, pair.byLinks].map(({ sentBytes }) => (sentBytes / 2 ** 30).toFixed(2)),
        "",
        "",
      ]),
    ]),
  };
}

interface LabPair {
  readonly byLinks: LabRun;
  readonly twoPerHost: LabRun;
}

/** There by one policy and back by the same, then by the other; who begins changes from pair to pair. */
async function labPairs(lab: Lab, { quick, args, log, signal }: BenchOptions): Promise<readonly LabPair[]> {
  const pairs: LabPair[] = [];
  const count = numberOf(args, "pairs") ?? (quick ? 1 : 3);
  for (let at = 0; at < count; at += 1) {
    const order = at % 2 === 0 ? (["by links", "two per host"] as const) : (["two per host", "by links"] as const);
    const runs = new Map<Policy, LabRun>();
    for (const policy of order) {
      const [there, back] = [await runInLab(lab, policy, true, signal), await runInLab(lab, policy, false, signal)];
      const run = { makespanMs: there.makespanMs + back.makespanMs, sentBytes: there.sentBytes + back.sentBytes };
      runs.set(policy, run);
      log(`lab, pair ${at + 1} of ${count}: ${policy} ${(run.makespanMs / 1000).toFixed(1)} s there and back`);
    }
    const [byLinks, twoPerHost] = [runs.get("by links"), runs.get("two per host")];
    if (byLinks !== undefined && twoPerHost !== undefined) pairs.push({ byLinks, twoPerHost });
  }
  return pairs;
}

const labRatioOf = ({ byLinks, twoPerHost }: LabPair): number => byLinks.makespanMs / twoPerHost.makespanMs;

const ratioOf = ({ byLinks, twoPerHost }: Pair): number => byLinks.makespanMs / twoPerHost.makespanMs;

function rowOf(pair: Pair): readonly string[] {
  const { seed, byLinks, twoPerHost } = pair;
  const both = [twoPerHost, byLinks];
  return [
    String(seed),
    ...both.map(({ makespanMs }) => (makespanMs / 1000).toFixed(1)),
    ratioOf(pair).toFixed(2),
    ...both.map(({ sentBytes }) => (sentBytes / 2 ** 30).toFixed(0)),
    ...both.map(({ downtimeMs }) => quantile(downtimeMs, 0.9).toFixed(0)),
  ];
}
