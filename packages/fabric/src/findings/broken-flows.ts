/** Flows that arrive now and would not after a move, by what breaks them; and whether a break is proven. */
import type { FabricIndex } from "../fabric-index.ts";
import type { Flow } from "../fabric.ts";
import type { Break, Way } from "../path/way.ts";
import type { Finding, FindingRule } from "./finding.ts";
import { reachBetween } from "./segment-parts.ts";
import type { JudgedMove, MoveSituation } from "./situation.ts";
import { listText } from "./words.ts";

interface BrokenGroup {
  readonly way: Extract<Way, { readonly kind: "broken" }>;
  readonly flows: Flow[];
}

/** @param isMeant which breaks belong to the rule. */
export function brokenFlows(
  index: FabricIndex,
  situation: MoveSituation,
  { endpoint, target }: JudgedMove,
  rule: FindingRule,
  isMeant: (why: Break) => boolean,
): readonly Finding[] {
  const groups = new Map<string, BrokenGroup>();
  for (const flow of situation.flowsOf(endpoint.name)) {
    const { before, after } = situation.impactOf(flow);
    for (const direction of ["forward", "reverse"] as const) {
      const way = after[direction];
      if (way.kind !== "broken" || !arrives(before[direction]) || !isMeant(way.why)) continue;
      const group = groups.get(way.why.message);
      if (group === undefined) groups.set(way.why.message, { way, flows: [flow] });
      else if (!group.flows.includes(flow)) group.flows.push(flow);
    }
  }
  return [...groups.values()].map(({ way, flows }): Finding => {
    const isProven = isProvenBreak(index, way.why);
    return {
      rule,
      severity: isProven ? "block" : "warn",
      certainty: isProven ? "yes" : "unknown",
      subjects: [endpoint.name, target, ...flows.map(({ name }) => name)],
      message: `${listText(flows.map(({ from, to }) => `${from} -> ${to}`))} would ${isProven ? "" : "perhaps "}not arrive with ${endpoint.name} on ${target}: ${way.why.message}`,
      evidence: [`the way ends at ${way.waypoints.at(-1)?.device ?? "its start"}`],
      ...repairOf(index, way.why),
    };
  });
}

const arrives = (way: Way): boolean => way.kind === "known" || way.kind === "open";

/** A hole in the description is no hole in the network. */
export function isProvenBreak(index: FabricIndex, why: Break): boolean {
  switch (why.kind) {
    case "no-reach":
      return reachBetween(index, why.segment, why.from, why.to).kind === "missing";
    case "no-gateway":
      return index.gateway(why.gateway) !== undefined;
    case "no-route":
      return index.device(why.device)?.routes !== undefined;
    case "loop":
    case "state-lost":
      return true;
  }
}

function repairOf(index: FabricIndex, why: Break): Pick<Finding, "fix" | "advice"> {
  if (why.kind === "no-reach") {
    const reach = reachBetween(index, why.segment, why.from, why.to);
    return reach.kind === "missing" ? { fix: reach.repair } : { advice: "describe or connect what is missing" };
  }
  return {
    advice:
      why.kind === "no-route" ? `give ${why.device} the route, or choose another target` : "choose another target",
  };
}
