/**
 * Is what the fabric predicts what the packets do? Over the lab's topologies, every placement of the VMs and every pair:
 * counters of every link, direction and VLAN against the predicted way. A case that disagrees is a defect of the model.
 */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TrunklineError } from "@trunkline/model";
import { atMost } from "../bench-result.ts";
import type { Bar, BenchOptions, BenchResult } from "../bench-result.ts";
import { tableOf } from "../table.ts";
import type { ElectionCase } from "./elections.ts";
import { truthOf } from "./one-lab.ts";
import type { TruthCase } from "./one-lab.ts";

export const description =
  "predicted ways and elections against counters on every link, over all topologies of the lab";

/** A twentieth of the packets, on every link, in each direction. */
const tolerance = 0.05;
const casesAtLeast = 60;

const inFull = { count: 300, intervalMs: 5, placementsAtMost: 64, pairsAtMost: 1_000 } as const;
const whenQuick = { count: 200, intervalMs: 5, placementsAtMost: 2, pairsAtMost: 6 } as const;
const topologyWhenQuick = "two-dc-stretched";

export async function run({ quick, args, log, signal }: BenchOptions): Promise<BenchResult> {
  const wanted = args["topology"]?.split(",") ?? (quick ? [topologyWhenQuick] : everyTopology());
  const form = quick ? whenQuick : { ...inFull, placementsAtMost: placementsOf(args["placements"]) };
  const cases: TruthCase[] = [];
  const elections: ElectionCase[] = [];
  for (const topology of wanted) {
    const found = await truthOf({ topology, tolerance, log, signal, ...form });
    cases.push(...found.cases);
    elections.push(...found.elections);
  }
  const isWhole = !quick && args["topology"] === undefined;
  return {
    figures: { cases, elections },
    bars: barsOf(cases, elections, isWhole),
    table: pageOf(wanted, cases, elections),
  };
}

function placementsOf(text: string | undefined): number {
  if (text === undefined) return inFull.placementsAtMost;
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  throw new TrunklineError("usage.invalid", `--placements ${text} is not a number from 1 to 99`);
}

function everyTopology(): readonly string[] {
  const folder = fileURLToPath(new URL("../../../lab/topologies/", import.meta.url));
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.slice(0, -".yaml".length))
    .sort();
}

function barsOf(cases: readonly TruthCase[], elections: readonly ElectionCase[], isWhole: boolean): readonly Bar[] {
  return [
    atMost("cases that disagree", cases.filter(({ agrees }) => !agrees).length, "cases", 0),
    atMost("largest difference on any link where the way agrees", worst(cases), "", tolerance),
    atMost("elections that went otherwise", elections.filter(({ agrees }) => !agrees).length, "elections", 0),
    ...(isWhole
      ? [{ what: "cases", value: cases.length, unit: "", limit: casesAtLeast, holds: cases.length >= casesAtLeast }]
      : []),
  ];
}

const worst = (cases: readonly TruthCase[]): number =>
  Math.max(0, ...cases.filter(({ agrees }) => agrees).map(({ worstRatio }) => worstRatio));

function pageOf(
  topologies: readonly string[],
  cases: readonly TruthCase[],
  elections: readonly ElectionCase[],
): string {
  const rows = topologies.map((topology) => {
    const own = cases.filter((one) => one.topology === topology);
    const asked = elections.filter((one) => one.topology === topology);
    return [
      topology,
      String(own.length),
      String(own.filter(({ agrees }) => agrees).length),
      String(own.filter(({ isOpen }) => isOpen).length),
      `${(worst(own) * 100).toFixed(1)} %`,
      asked.length === 0 ? "–" : `${asked.filter(({ agrees }) => agrees).length} of ${asked.length}`,
    ];
  });
  const wrong = cases
    .filter(({ agrees }) => !agrees)
    .map(({ topology, placement, pair, differing }) => `${topology}, ${placement}: ${pair}: ${differing.join("; ")}`);
  const lost = elections
    .filter(({ agrees }) => !agrees)
    .map(
      ({ topology, situation, gateway, predicted, seen }) =>
        `${topology}, ${situation}: ${gateway} ${predicted.join(" ")} predicted, ${seen.join(" ")} seen`,
    );
  return [
    tableOf([["topology", "cases", "agree", "left open", "largest difference", "elections"], ...rows]),
    ...(wrong.length + lost.length === 0 ? [] : ["", ...wrong, ...lost]),
  ].join("\n");
}
