/**
 * Rule stateful-asymmetry: a stateful box that sees half of a session, or that never saw it begin, drops it. After a move
 * sessions that exist meet another box than the one that knows them; and where the two directions of a flow pass
 * different boxes that do not share their sessions, no session gets through at all.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Flow } from "../fabric.ts";
import { alikeFlow } from "../load/alike-flows.ts";
import type { Break, FlowPath, Way } from "../path/way.ts";
import { flowWays } from "../path/flow-path.ts";
import { knows } from "../path/services.ts";
import type { Finding } from "./finding.ts";
import type { MoveSituation } from "./situation.ts";
import { countText, listText, rateText } from "./words.ts";
import { ordered } from "./ordered.ts";

interface Loss {
  readonly flow: Flow;
  readonly why: Extract<Break, { readonly kind: "state-lost" }>;
}

/** Of flows that are alike one is asked, and what becomes of it becomes of all. */
export function statefulAsymmetryState(index: FabricIndex): readonly Finding[] {
  const losses = [...alikeFlows(index).values()].flatMap((flows) => {
    const [one] = flows;
    const why = one === undefined ? undefined : stateLossOf(flowWays(index, one, {}));
    return why === undefined ? [] : flows.map((flow): Loss => ({ flow, why }));
  });
  return byService(losses).map(([service, group]) => ({
    rule: "stateful-asymmetry",
    severity: "block",
    certainty: "yes",
    subjects: [service, ...group.map(({ flow }) => flow.name)],
    message: `${flowsText(group)} ${group.length === 1 ? "does" : "do"} not get through: ${group[0]?.why.message ?? ""}`,
    evidence: group.map(({ flow, why }) => `${flow.name}: ${why.message}`),
    advice: `let ${service} share its sessions with the other box, or lead both directions through one of them`,
  }));
}

/** Flows that could be lost at all: those that meet boxes which do not all know each other's sessions. */
function alikeFlows(index: FabricIndex): ReadonlyMap<string | number | Flow, readonly Flow[]> {
  // A firewall that routes drops what it did not see begin, whether or not flows name it.
  const isAnyInline = index.fabric.services.some(
    ({ device, isStateful }) =>
      isStateful !== "no" && ["firewall", "load-balancer"].includes(index.device(device)?.kind ?? ""),
  );
  const kinds = new Map<string | number | Flow, Flow[]>();
  for (const flow of ordered(index).flows) {
    const via = flow.via ?? [];
    if (!isAnyInline && !via.some((name) => isForgetful(index, name))) continue;
    const key = alikeFlow(index, flow)?.key ?? flow;
    const own = kinds.get(key);
    if (own === undefined) kinds.set(key, [flow]);
    else own.push(flow);
  }
  return kinds;
}

const forgetful = memoTable<boolean>("stages that lose sessions");

/** A stage with two instances of which one does not know, or may not know, the sessions of the other. */
function isForgetful(index: FabricIndex, name: string): boolean {
  return index.remember(forgetful, name, () => {
    const instances = index.service(name) === undefined ? index.servicesOf(name) : [];
    return instances.some((one) => instances.some((other) => knows(one, [other]) !== "yes"));
  });
}

export function statefulAsymmetryMoves(index: FabricIndex, situation: MoveSituation): readonly Finding[] {
  const told = new Set<string>();
  return situation.moves.flatMap(({ endpoint, target }) => {
    const losses: Loss[] = [];
    const doubts: Flow[] = [];
    for (const flow of situation.flowsOf(endpoint.name)) {
      if (told.has(flow.name)) continue;
      const impact = situation.impactOf(flow);
      if (stateLossOf(impact.before) !== undefined) continue;
      const why = impact.stateLost?.kind === "state-lost" ? impact.stateLost : stateLossOf(impact.after);
      if (why !== undefined) losses.push({ flow, why });
      else if ((flow.via ?? []).length > 0 && isDoubtful(impact.before, impact.after)) doubts.push(flow);
      if (why !== undefined) told.add(flow.name);
    }
    return [
      ...byService(losses).map(([service, group]): Finding => lossFinding(endpoint.name, target, service, group)),
      ...doubtFinding(index, endpoint.name, target, doubts, situation),
    ];
  });
}

function stateLossOf({ forward, reverse }: Pick<FlowPath, "forward" | "reverse">): Loss["why"] | undefined {
  return [forward, reverse].flatMap((way) =>
    way.kind === "broken" && way.why.kind === "state-lost" ? [way.why] : [],
  )[0];
}

/** The way was known, and is not after the move: a box on it may or may not know the session. */
function isDoubtful(before: FlowPath, after: FlowPath): boolean {
  const isUnknown = (way: Way): boolean => way.kind === "unknown";
  return [after.forward, after.reverse].some(isUnknown) && ![before.forward, before.reverse].some(isUnknown);
}

function byService(losses: readonly Loss[]): readonly (readonly [string, readonly Loss[]])[] {
  const groups = new Map<string, Loss[]>();
  for (const loss of losses.toSorted((left, right) => (left.flow.name < right.flow.name ? -1 : 1))) {
    const group = groups.get(loss.why.service);
    if (group === undefined) groups.set(loss.why.service, [loss]);
    else group.push(loss);
  }
  return [...groups].toSorted(([left], [right]) => (left < right ? -1 : 1));
}

const flowsText = (group: readonly Loss[]): string =>
  listText(group.map(({ flow: { from, to } }) => `${from} -> ${to}`));

function lossFinding(endpoint: string, target: string, service: string, group: readonly Loss[]): Finding {
  const pinned = group.filter(({ flow }) => flow.state === "pinned").length;
  const rateBps = group.reduce((sum, { flow }) => sum + flow.rateBps + (flow.reverseRateBps ?? 0), 0);
  const what = pinned === group.length ? countText(pinned, "session") : countText(group.length, "flow");
  return {
    rule: "stateful-asymmetry",
    severity: "block",
    certainty: "yes",
    subjects: [endpoint, service, ...group.map(({ flow }) => flow.name)],
    message: `${flowsText(group)} would be dropped with ${endpoint} on ${target}: ${group[0]?.why.message ?? ""}; ${what}, ${rateText(rateBps)}`,
    figures: [{ name: "flows that are dropped", before: 0, after: group.length, unit: "count" }],
    evidence: group.map(({ flow, why }) => `${flow.name}: ${why.message}`),
    advice: `let the members of the cluster of ${service} share their sessions, or wait until these have ended`,
  };
}

function doubtFinding(
  index: FabricIndex,
  endpoint: string,
  target: string,
  flows: readonly Flow[],
  situation: MoveSituation,
): readonly Finding[] {
  if (flows.length === 0) return [];
  const names = flows.map(({ name }) => name).toSorted();
  const reasons = flows.flatMap((flow) => {
    const { after } = situation.impactOf(flow);
    return [after.forward, after.reverse].flatMap((way) => (way.kind === "unknown" ? [way.why] : []));
  });
  const services = [...new Set(flows.flatMap(({ via }) => via ?? []))].sort();
  return [
    {
      rule: "stateful-asymmetry",
      severity: "warn",
      certainty: "unknown",
      subjects: [endpoint, ...services, ...names],
      message: `whether sessions of ${listText(names)} outlive the move of ${endpoint} to ${target} is not known: ${reasons[0] ?? ""}`,
      evidence: [...new Set(reasons)].sort(),
      advice: `say of ${listText(services.filter((name) => index.service(name) !== undefined || index.servicesOf(name).length > 0))} whether they keep sessions and share them`,
    },
  ];
}
