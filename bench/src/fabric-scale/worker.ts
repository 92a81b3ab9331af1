/**
 * One measurement in a process of its own, so that its memory is its own: started by `measure.ts`, gets one `Order`,
 * answers once. What it costs to make the fabric up is not counted as time; its memory is.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { checkFabric, checkMoves, flowImpact, indexFabric, linkLoads } from "@trunkline/fabric";
import type { Fabric, FabricIndex, PlannedMove } from "@trunkline/fabric";
import { assert, messageOf } from "@trunkline/model";
import { SeededRandom } from "@trunkline/simulator";
import { fullSize, generatedFabric } from "./generated-fabric.ts";

export interface Order {
  readonly task: "check" | "load" | "impact";
  readonly seed: number;
  /** Of `impact`. */
  readonly moves: number;
}

export interface Measured {
  readonly indexMs: number;
  /** Of the task; of `impact`, what made the index warm. */
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly counts: Readonly<Record<string, number>>;
  /** Of each move. */
  readonly impactMs: readonly number[];
}

export type Answer = Measured | { readonly failure: string };

process.once("message", (order: Order) => {
  try {
    process.send?.(carryOut(order) satisfies Answer);
  } catch (error) {
    process.send?.({ failure: messageOf(error) } satisfies Answer);
  }
});
process.once("disconnect", () => process.exit());

function carryOut(order: Order): Measured {
  const { fabric, vlanPortPairs } = generatedFabric(fullSize, order.seed);
  const { result: index, wallMs: indexMs } = timed(() => indexFabric(fabric));
  const { result, wallMs, cpuMs } = timed(() => tasks[order.task](index));
  const impactMs = order.task === "impact" ? impactOfMoves(index, order) : [];
  // The kernel counts in KiB.
  const peakMiB = process.resourceUsage().maxRSS / 1_024;
  return { indexMs, wallMs, cpuMs, peakMiB, counts: { ...sizeOf(fabric), vlanPortPairs, ...result }, impactMs };
}

const tasks: Readonly<Record<Order["task"], (index: FabricIndex) => Record<string, number>>> = {
  check: (index) => {
    const findings = checkFabric(index);
    assert(findings.length > 0, "the flaws of the fabric are found");
    return { findings: findings.length };
  },
  load: (index) => {
    const { links, slowedFlows, uncountedFlows } = linkLoads(index, {});
    assert(
      links.some(({ baseBps }) => baseBps > 0),
      "flows load links",
    );
    const lost = uncountedFlows.before.length;
    assert(lost < index.fabric.flows.length / 100, "but for the flaws, every flow has its way");
    const crowded = links.filter(({ utilisation }) => utilisation.base.known && utilisation.base.value > 1);
    return {
      directions: links.length,
      crowdedDirections: crowded.length,
      slowedFlows: slowedFlows.before.length,
      lostFlowDirections: lost,
    };
  },
  impact: (index) => ({ ...tasks.check(index), ...tasks.load(index) }),
};

/** Of every move: what checks say about it, what becomes of each flow of the VM, what its links carry. */
function impactOfMoves(index: FabricIndex, { seed, moves }: Order): readonly number[] {
  const random = new SeededRandom(seed + 1);
  const flows = new Map<string, (typeof index.fabric.flows)[number][]>();
  for (const flow of index.fabric.flows)
    for (const endpoint of new Set([flow.from, flow.to])) {
      const own = flows.get(endpoint) ?? [];
      flows.set(endpoint, own);
      own.push(flow);
    }
  const times: number[] = [];
  let known = 0;
  collectGarbage();
  for (let number = -warmUps; number < moves; number += 1) {
    const move = randomMove(index.fabric, random);
    const { wallMs, result } = timed(() => {
      const findings = checkMoves(index, [move], {});
      const impacts = (flows.get(move.endpoint) ?? []).map((flow) => flowImpact(index, flow, [move]));
      const loads = linkLoads(index, { moves: [move], scope: "changed" });
      return { findings, impacts, loads };
    });
    assert(result.loads.links.length > 0, "a move changes loads");
    if (result.loads.moves[0]?.kind === "known") known += 1;
    if (number >= 0) times.push(wallMs);
  }
  assert(known > moves * 0.9, "but for the flaws, the way of the memory is known");
  return times;
}

/** What was left behind in making the index warm is no matter of the moves; a controller has had idle moments since. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  assert(typeof collect === "function", "V8 lets itself be asked to collect garbage");
  collect();
}

function randomMove({ endpoints, clusters }: Fabric, random: SeededRandom): PlannedMove {
  for (;;) {
    const { name: endpoint, kind, device } = endpoints[random.below(endpoints.length)] ?? {};
    const hosts = clusters.find(({ hosts: members }) => members.includes(device ?? ""))?.hosts ?? [];
    const target = hosts[random.below(Math.max(1, hosts.length))];
    if (kind === "vm" && endpoint !== undefined && target !== undefined && target !== device)
      return { endpoint, target };
  }
}

function sizeOf({ devices, links, segments, endpoints, flows, gateways }: Fabric): Readonly<Record<string, number>> {
  const kindCount = (kind: string): number => devices.filter((device) => device.kind === kind).length;
  return {
    hosts: kindCount("host"),
    switches: kindCount("switch"),
    links: links.length,
    segments: segments.length,
    gateways: gateways.length,
    endpoints: endpoints.length,
    flows: flows.length,
  };
}

function timed<Result>(work: () => Result): {
  readonly result: Result;
  readonly wallMs: number;
  readonly cpuMs: number;
} {
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  const result = work();
  const { user, system } = process.cpuUsage(cpu);
  return { result, wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1_000 };
}

/** By then the compiler has seen what is done over and over. */
const warmUps = 100;
