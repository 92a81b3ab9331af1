/**
 * Rules trombone-egress and trombone-ingress: traffic that goes to another site and back although it need not. After a
 * move sessions go on, and so does the old way: out by the gateway of the old site, in by its entry.
 *
 * A direction of a flow is told when it goes between sites more often than before and more often than it must: once
 * where its ends are in two sites, never where they are in one or where one end is outside.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Flow, Gateway } from "../fabric.ts";
import { frameReach } from "../gateway/frame-reach.ts";
import { linkId } from "../migration-path.ts";
import type { Way, Waypoint } from "../path/way.ts";
import { interconnectsOf } from "./announce.ts";
import { filterChanges } from "./fhrp-half-filtered.ts";
import type { Finding, FindingFigure } from "./finding.ts";
import { gatewayOfNic, gatewayText, siteText } from "./nic-gateway.ts";
import type { JudgedMove, MoveSituation } from "./situation.ts";
import { figureText, latencyText, rateText } from "./words.ts";
import { ordered } from "./ordered.ts";

interface Detour {
  readonly flow: Flow;
  readonly direction: "forward" | "reverse";
  readonly before: Way;
  readonly after: Way;
  readonly crossingsBefore: number;
  readonly crossings: number;
  /** Of the other direction, after. */
  readonly crossingsBack: number;
  readonly rateBps: number;
  readonly latencyUs: number | undefined;
}

export function tromboneMoves(index: FabricIndex, situation: MoveSituation): readonly Finding[] {
  return situation.moves.flatMap((move) => {
    const detours = situation.flowsOf(move.endpoint.name).flatMap((flow) => detoursOf(index, situation, move, flow));
    const leaving = detours.filter(({ flow, direction }) => isOutward(move, flow, direction));
    const entering = detours.filter(({ flow, direction }) => !isOutward(move, flow, direction));
    return [...finding(index, move, "trombone-egress", leaving), ...finding(index, move, "trombone-ingress", entering)];
  });
}

/** Away from the VM that moves. Where both ends move, each sees what it sends as egress. */
const isOutward = ({ endpoint }: JudgedMove, flow: Flow, direction: Detour["direction"]): boolean =>
  (flow.from === endpoint.name) === (direction === "forward");

function detoursOf(index: FabricIndex, situation: MoveSituation, move: JudgedMove, flow: Flow): readonly Detour[] {
  const impact = situation.impactOf(flow);
  const must = crossingsNeeded(index, situation, flow);
  return (["forward", "reverse"] as const).flatMap((direction): readonly Detour[] => {
    // What enters one VM of the batch left another: it is told once, as egress.
    if (!isOutward(move, flow, direction) && situation.placement.has(flow.from) && situation.placement.has(flow.to))
      return [];
    const crossings = impact.after.siteCrossings[direction];
    const crossingsBefore = impact.before.siteCrossings[direction];
    const rateBps = direction === "forward" ? flow.rateBps : (flow.reverseRateBps ?? 0);
    const [before, after] = [impact.before[direction], impact.after[direction]];
    if (crossings <= must || crossings <= crossingsBefore || after.kind === "broken") return [];
    const latencyUs = slower(before, after);
    const { tromboneLatencyUs, tromboneRateBps } = situation.policy;
    if (latencyUs !== undefined && latencyUs < tromboneLatencyUs && rateBps < tromboneRateBps) return [];
    const back = direction === "forward" ? "reverse" : "forward";
    const crossingsBack = impact.after.siteCrossings[back];
    return [{ flow, direction, before, after, crossingsBefore, crossings, crossingsBack, rateBps, latencyUs }];
  });
}

function crossingsNeeded(index: FabricIndex, { placement }: MoveSituation, { from, to }: Flow): number {
  const ends = [from, to].map((name) => index.endpoint(name));
  if (ends.some((end) => end === undefined || end.kind === "external")) return 0;
  const [here, there] = [from, to].map((name) =>
    index.siteOf(placement.get(name) ?? index.endpoint(name)?.device ?? ""),
  );
  return here === undefined || there === undefined || here === there ? 0 : 1;
}

function slower(before: Way, after: Way): number | undefined {
  if (before.kind !== "known" || after.kind !== "known") return undefined;
  if (!before.latencyUs.known || !after.latencyUs.known) return undefined;
  return after.latencyUs.value - before.latencyUs.value;
}

function finding(
  index: FabricIndex,
  move: JudgedMove,
  rule: "trombone-egress" | "trombone-ingress",
  detours: readonly Detour[],
): readonly Finding[] {
  const [worst] = detours.toSorted(byWeight);
  if (worst === undefined) return [];
  const isCertain = worst.after.kind === "known" && (worst.after.doubts ?? []).length === 0;
  const rateBps = detours.reduce((sum, detour) => sum + detour.rateBps, 0);
  const rateBefore = detours.reduce((sum, detour) => sum + detour.rateBps * detour.crossingsBefore, 0);
  const rateAfter = detours.reduce((sum, detour) => sum + detour.rateBps * detour.crossings, 0);
  const figures: readonly FindingFigure[] = [
    { name: "crossings between sites", before: worst.crossingsBefore, after: worst.crossings, unit: "count" },
    { name: "traffic between sites", before: rateBefore, after: rateAfter, unit: "bps" },
    ...latencyFigure(worst),
  ];
  const cost = [
    ...(worst.latencyUs === undefined ? [] : [`+${latencyText(worst.latencyUs)}`]),
    rateText(rateBps),
    ...(detours.length === 1 ? [] : [`${detours.length} flows`]),
  ].join(", ");
  const culprit = culpritOf(index, move, worst.after);
  const text = rule === "trombone-egress" ? egressText(index, move, worst) : ingressText(index, move, worst);
  return [
    {
      rule,
      severity: "warn",
      certainty: isCertain ? "yes" : "unknown",
      subjects: [
        move.endpoint.name,
        ...(culprit === undefined ? [] : [culprit.device]),
        ...detours.map(({ flow }) => flow.name),
      ],
      message: `${text}: ${cost}`,
      figures,
      evidence: [
        ...detours.map((detour) => `${detour.flow.name}: ${wayText(index, detour.after)}`),
        ...doubtsOf(worst.after),
      ],
      ...(rule === "trombone-egress" ? egressRepair(index, move, culprit) : { advice: ingressAdvice(index, move) }),
    },
  ];
}

const byWeight = (left: Detour, right: Detour): number =>
  right.crossings - left.crossings ||
  right.rateBps - left.rateBps ||
  (left.flow.name < right.flow.name ? -1 : left.flow.name > right.flow.name ? 1 : 0);

function latencyFigure({ before, after }: Detour): readonly FindingFigure[] {
  if (before.kind !== "known" || after.kind !== "known") return [];
  if (!before.latencyUs.known || !after.latencyUs.known) return [];
  return [{ name: "one way", before: before.latencyUs.value, after: after.latencyUs.value, unit: "us" }];
}

function egressText(index: FabricIndex, { endpoint, target }: JudgedMove, { flow, crossings, after }: Detour): string {
  const peer = flow.from === endpoint.name ? flow.to : flow.from;
  return `egress of ${endpoint.name} to ${peer} will cross between sites ${timesText(crossings)} after the move (${wayText(index, after) || siteText(index, target)})`;
}

function ingressText(index: FabricIndex, { endpoint, target }: JudgedMove, worst: Detour): string {
  const { crossings, crossingsBack, after } = worst;
  const entry = entryOf(index, after);
  const where = entry === undefined ? "" : ` at ${entry}`;
  const shape = Math.round(crossings) === Math.round(crossingsBack) ? "" : " (asymmetric)";
  return `${addressText(endpoint)} still enters${where} after the move to ${siteText(index, target)}, in ${figureText(crossings)} / out ${figureText(crossingsBack)} crossings${shape}`;
}

const addressText = ({ name, nics }: JudgedMove["endpoint"]): string =>
  nics.flatMap(({ addresses }) => addresses)[0]?.split("/")[0] ?? name;

const timesText = (count: number): string =>
  count === 1 ? "once" : count === 2 ? "twice" : `${figureText(count)} times`;

const waypointsOf = (way: Way): readonly Waypoint[] => {
  if (way.kind === "known" || way.kind === "broken") return way.waypoints;
  return way.kind === "open" ? waypointsOf(way.ways[0]?.way ?? { kind: "unknown", why: "" }) : [];
};

/** `h2 in dc2 -> HSRP active agg1 in dc1 -> h1 in dc1`. */
function wayText(index: FabricIndex, way: Way): string {
  return waypointsOf(way)
    .map(({ device, role, name }) => {
      const gateway = role === "gateway" && name !== undefined ? index.gateway(name) : undefined;
      const text = role === "service" && name !== undefined ? name : gatewayText(gateway, device);
      const site = index.siteOf(device);
      return site === undefined ? text : `${text} in ${site}`;
    })
    .join(" -> ");
}

const doubtsOf = (way: Way): readonly string[] => {
  if (way.kind === "known") return way.doubts ?? [];
  return "why" in way && typeof way.why === "string" ? [way.why] : [];
};

/** The first device that makes the traffic leave the VM's site. */
function culpritOf(index: FabricIndex, { target }: JudgedMove, way: Way): Waypoint | undefined {
  const home = index.siteOf(target);
  return waypointsOf(way).find(
    ({ device, role }) => role !== "endpoint" && index.siteOf(device) !== undefined && index.siteOf(device) !== home,
  );
}

function entryOf(index: FabricIndex, way: Way): string | undefined {
  const first = waypointsOf(way).find(({ role, device }) => role !== "endpoint" && index.siteOf(device) !== undefined);
  return first === undefined ? undefined : siteText(index, first.device);
}

/** A first-hop gateway with a member on both sides is kept local by filters; nothing else is mended by one setting. */
function egressRepair(
  index: FabricIndex,
  { endpoint, target }: JudgedMove,
  culprit: Waypoint | undefined,
): Pick<Finding, "fix" | "advice"> {
  const gateway = endpoint.nics
    .map((nic) => gatewayOfNic(index, nic))
    .find((candidate) => candidate?.members.some(({ device }) => device === culprit?.device));
  if (culprit?.role !== "gateway" || gateway === undefined)
    return {
      advice:
        culprit?.role === "service"
          ? "a service on the way is only in the other site: move it, or give this site one"
          : "look at the routes of the gateway in the VM's new site",
    };
  const isLocalised = frameReach(index, gateway, "hello").barriers.length > 0;
  if (!hasMemberIn(index, gateway, target) || isLocalised || (gateway.kind !== "hsrp" && gateway.kind !== "vrrp"))
    return {
      advice: `give ${gateway.name} a forwarder in ${index.siteOf(target) ?? "that site"}, or move what it talks to as well`,
    };
  const links = interconnectsOf(index, gateway.segment).map(linkId);
  if (links.length === 0) return { advice: `keep ${gateway.name} local to each site` };
  return {
    fix: filterChanges(index, links, gateway.name, ["hello", "virtual-mac", "gateway-arp"], true),
    advice: "filters make the way in the other half of the question: what enters at the old site is then asymmetric",
  };
}

const hasMemberIn = (index: FabricIndex, { members }: Gateway, target: string): boolean =>
  members.some(({ device, isUp }) => isUp !== false && index.siteOf(device) === index.siteOf(target));

function ingressAdvice(index: FabricIndex, { endpoint, target }: JudgedMove): string {
  const segments = new Set(endpoint.nics.map(({ segment }) => segment));
  const policies = ordered(index).hostRoutes.filter(({ segment }) => segments.has(segment));
  const converging = policies.find(({ mode }) => mode !== "prefix");
  if (converging !== undefined)
    return `routes to the host follow it only once it was heard${converging.convergeMs === undefined ? "" : `, ${converging.convergeMs} ms later`}: look why they do not lead to ${index.siteOf(target) ?? target}`;
  return `let routes to the host follow it (LISP, injected host routes, EVPN with ingress optimisation), or advertise the prefix from ${index.siteOf(target) ?? "there"} too`;
}
