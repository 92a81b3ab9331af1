/**
 * What the network's judgements cost at the size of a large enterprise: all findings of a fabric, all loads of its links,
 * and what one move would change. The fabric is generated (generated-fabric.ts); each measurement is a process of its own.
 *
 * The bars. Findings and loads of everything are asked for by a person who changed the document and waits: 5 s each, in
 * 1 GiB, which any controller can spare. The impact of a move is asked for before every move, and for each of a hundred
 * candidates when one has to be chosen: 20 ms at the 99th percentile make that 2 s.
 */
import { atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { quantile, spreadOf } from "../paired.ts";
import { tableOf } from "../table.ts";
import { measure } from "./measure.ts";
import type { Measured } from "./worker.ts";

export const description = "1,000 hosts, 20,000 VMs, 100,000 flows: findings, link loads, the impact of one move";

export async function run({ quick, log, signal }: BenchOptions): Promise<BenchResult> {
  const moves = quick ? 200 : 1_000;
  log("all findings");
  const check = await measure({ task: "check", seed, moves }, signal);
  log("all link loads");
  const load = await measure({ task: "load", seed, moves }, signal);
  log(`the impact of ${moves} moves, each alone`);
  const impact = await measure({ task: "impact", seed, moves }, signal);
  const p99Ms = quantile(impact.impactMs, 0.99);
  const figures = {
    seed,
    ...impact.counts,
    indexMs: spreadOf([check, load, impact].map(({ indexMs }) => indexMs)),
    check: figuresOf(check),
    load: figuresOf(load),
    impactMs: { p50: quantile(impact.impactMs, 0.5), p99: p99Ms, max: Math.max(...impact.impactMs) },
    impactPeakMiB: impact.peakMiB,
  };
  return {
    figures,
    bars: [
      atMost("all findings", check.wallMs / 1_000, "s", 5),
      atMost("memory for all findings", check.peakMiB, "MiB", 1_024),
      atMost("all link loads", load.wallMs / 1_000, "s", 5),
      atMost("memory for all link loads", load.peakMiB, "MiB", 1_024),
      atMost("the impact of one move, p99", p99Ms, "ms", 20),
    ],
    table: pageOf(impact, figures),
  };
}

const figuresOf = ({ wallMs, cpuMs, peakMiB }: Measured): Readonly<Record<string, number>> => ({
  wallS: wallMs / 1_000,
  cpuS: cpuMs / 1_000,
  peakMiB,
});

function pageOf(
  { counts, impactMs }: Measured,
  figures: {
    readonly indexMs: { readonly median: number };
    readonly check: Readonly<Record<string, number>>;
    readonly load: Readonly<Record<string, number>>;
    readonly impactMs: { readonly p50: number; readonly p99: number; readonly max: number };
    readonly impactPeakMiB: number;
  },
): string {
  const figure = (value: number | undefined, digits = 2): string => (value ?? 0).toFixed(digits);
  const row = (title: string, one: Readonly<Record<string, number>>): readonly string[] => [
    title,
    figure(one["wallS"]),
    figure(one["cpuS"]),
    figure(one["peakMiB"], 0),
  ];
  const { p50, p99, max } = figures.impactMs;
  return [
    tableOf([["the fabric", ""], ...Object.entries(counts).map(([what, count]) => [what, String(count)])]),
    "",
    tableOf([
      ["", "s", "processor s", "peak MiB"],
      row("all findings", figures.check),
      row("all link loads", figures.load),
      ["the index of the fabric, median", figure(figures.indexMs.median / 1_000), "", ""],
    ]),
    "",
    tableOf([
      [`the impact of one move, ms, of ${impactMs.length}`, "p50", "p99", "max", "peak MiB"],
      ["findings, flows, loads", ...[p50, p99, max].map((value) => figure(value)), figure(figures.impactPeakMiB, 0)],
    ]),
  ].join("\n");
}

const seed = 1;
