/**
 * What one move does to the network: the links that its memory crosses, the flows that go another way afterwards, and
 * what of it a network engineer would want to know before. Pure; the fabric is the one of the facts.
 */
import { checkMoves, flowImpact, indexFabric, memoryPath, renderChange } from "@trunkline/fabric";
import type { Crossing, Fabric, FabricIndex, Finding, FlowImpact, Way } from "@trunkline/fabric";
import type { CheckResult, FlowChange, LinkTraffic, NetworkReport, Prediction } from "@trunkline/model";
import type { MoveFacts } from "../checks/facts.ts";

export interface NetworkImpact {
  readonly checks: readonly CheckResult[];
  readonly network: NetworkReport;
}

export function networkImpact(facts: MoveFacts, predicted: Prediction): NetworkImpact {
  const { fabric, fabricProblem, vm, source, target } = facts;
  const index = indexFabric(fabric);
  const move = { endpoint: vm.name, target };
  const isKnown = fabric.endpoints.some((endpoint) => endpoint.name === vm.name);
  const findings = isKnown ? checkMoves(index, [move]) : [];
  const flows = fabric.flows
    .filter((flow) => flow.from === vm.name || flow.to === vm.name)
    .map((flow) => flowImpact(index, flow, [move]));
  return {
    checks: [
      ...(fabricProblem === undefined ? [] : [documentUnread(fabricProblem)]),
      ...findings.map((finding) => checkOf(fabric, finding)),
    ],
    network: {
      links: memoryLinks(index, source, target).map((one) => withBytes(one, predicted.bytes)),
      flows: flows.flatMap(changeOf),
    },
  };
}

/** Several moves as one deed: what only shows when they run together, or between one and the next. */
export function batchImpact(
  fabric: Fabric,
  moves: readonly { readonly name: string; readonly target: string; readonly predicted: Prediction }[],
): readonly CheckResult[] {
  const known = new Set(fabric.endpoints.map((endpoint) => endpoint.name));
  const planned = moves
    .filter(({ name }) => known.has(name))
    .map(({ name, target, predicted }) => ({ endpoint: name, target, bytes: predicted.bytes }));
  if (planned.length === 0) return [];
  return checkMoves(indexFabric(fabric), planned).map((finding) => checkOf(fabric, finding));
}

const documentUnread = (why: string): CheckResult => ({
  rule: "fabric-document",
  severity: "unknown",
  subject: "fabric document",
  message: `gateways, capacities and flows are not known: ${why}`,
  fix: "correct the document; trunkline fabric check --file FILE names every line",
});

/** A finding that may be so, and one that is so, are different answers: only the latter stops a move. */
export function checkOf(fabric: Fabric, finding: Finding): CheckResult {
  const { rule, severity, certainty, subjects, message, fix, advice } = finding;
  const commands = (fix ?? []).flatMap((change) => renderChange(fabric, change));
  const mend = commands.length > 0 ? commands.join("; ") : advice;
  return {
    rule,
    severity: certainty === "yes" ? (severity === "info" ? "pass" : severity) : "unknown",
    subject: subjects[0] ?? rule,
    message,
    ...(mend === undefined ? {} : { fix: mend }),
  };
}

/** The links that the memory takes from host to host, each in its direction; none where the way is not known. */
export const wayOfMemory = (fabric: Fabric, source: string, target: string): readonly LinkTraffic[] =>
  memoryLinks(indexFabric(fabric), source, target).map((one) => withBytes(one, 0));

const memoryLinks = (index: FabricIndex, source: string, target: string): readonly Crossing[] =>
  crossingsOf(memoryPath(index, source, target));

const withBytes = ({ link, from, to, share }: Crossing, bytes: number): LinkTraffic => ({
  link,
  from,
  to,
  predictedBytes: Math.round(bytes * share),
  measuredBytes: null,
});

const crossingsOf = (way: Way): readonly Crossing[] =>
  way.kind === "known" ? way.legs.flatMap((leg) => leg.crossings) : [];

function changeOf({ flow, before, after, roundTripDeltaUs }: FlowImpact): readonly FlowChange[] {
  const [then, now] = [pathText(before), pathText(after)];
  if (then === now) return [];
  return [
    {
      flow,
      before: then,
      after: now,
      roundTripDeltaUs: roundTripDeltaUs.known ? roundTripDeltaUs.value : null,
      siteCrossingsBefore: before.siteCrossings.forward + before.siteCrossings.reverse,
      siteCrossingsAfter: after.siteCrossings.forward + after.siteCrossings.reverse,
    },
  ];
}

const pathText = ({ forward, reverse }: FlowImpact["before"]): string =>
  `${devicesText(forward)}; back ${devicesText(reverse)}`;

/** `h1 > sw1 > h2`: the devices that a packet comes by, in their order. */
function devicesText(way: Way): string {
  switch (way.kind) {
    case "known": {
      const crossings = way.legs.flatMap((leg) => leg.crossings);
      const [first] = crossings;
      const start = first?.from ?? way.waypoints[0]?.device ?? "nowhere";
      return [start, ...crossings.map(({ to }) => to)].join(" > ");
    }
    case "broken":
      return `does not arrive: ${way.why.message}`;
    case "open":
      return way.ways.map((one) => devicesText(one.way)).join(" or ");
    case "unknown":
      return `unknown: ${way.why}`;
  }
}
