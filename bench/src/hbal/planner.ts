/**
 * One plan in a process of its own, so that its processor time is its own and no plan profits from one before it: started
 * by `ours.ts`, gets one `Order`, answers once.
 */
import { readFileSync } from "node:fs";
import { messageOf } from "@trunkline/model";
import { planMoves } from "@trunkline/scheduler";
import { SeededRandom } from "@trunkline/simulator";
import { readCluster } from "./cluster-file.ts";
import { GanetiTable } from "./ganeti-table.ts";

export interface Order {
  readonly cluster: string;
  readonly loads: string;
  /** Without it, as many as help. */
  readonly maxMoves?: number;
}

export interface Planned {
  /** Instance and node of each step, by their indexes in the file. */
  readonly steps: readonly (readonly [instance: number, node: number])[];
  readonly stuck: number;
  readonly isCutShort: boolean;
  readonly scoreBefore: number;
  readonly scoreAfter: number;
  /** From the text to the plan. */
  readonly cpuS: number;
  readonly wallS: number;
  /** Of the whole process: Node's own start and reading our sources are the larger part. */
  readonly processCpuS: number;
}

export type Answer = Planned | { readonly failure: string };

process.once("message", (order: Order) => {
  try {
    process.send?.(plan(order) satisfies Answer);
  } catch (error) {
    process.send?.({ failure: messageOf(error) } satisfies Answer);
  }
});
process.once("disconnect", () => process.exit());

function plan({ cluster, loads, maxMoves }: Order): Planned {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const table = new GanetiTable(readCluster(readFileSync(cluster, "utf8"), readFileSync(loads, "utf8")));
  const random = new SeededRandom(seed);
  const polish = { looks: polishLooks, draw: () => random.next() };
  const bounds = { looks: searchLooks, polish, ...(maxMoves === undefined ? {} : { maxMoves }) };
  const { steps, stuck, isCutShort, scoreBefore, scoreAfter } = planMoves(table, bounds);
  return {
    steps: steps.map(({ vm, target }) => [vm, target]),
    stuck: stuck.length,
    isCutShort,
    scoreBefore,
    scoreAfter,
    cpuS: secondsOf(process.cpuUsage(before)),
    wallS: (performance.now() - began) / 1_000,
    processCpuS: secondsOf(process.cpuUsage()),
  };
}

const secondsOf = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1_000_000;

const seed = 1;
/** More than any cluster here needs until no single move helps. */
const searchLooks = 100_000_000;
/** What a cluster of 40 nodes needs for that, several times over. */
const polishLooks = 4_000_000;
