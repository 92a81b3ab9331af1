/**
 * From the resume on the target until frames find the endpoint there.
 *
 * Two tables have to learn that it moved. Switches learn from the frame that announces it, or from the next one that it
 * sends; where neither comes they go on sending to the old place until they forget, and an interconnect that does not
 * flood what it has forgotten never finds it. Host routes follow some time after the endpoint was heard; until then
 * packets go to the routers of the old site, which is a detour where the segment is stretched and a hole where it is not.
 */
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { attachedTo } from "../fabric-index.ts";
import type { Flow, Link } from "../fabric.ts";
import { policyOf } from "./destination.ts";
import { flowEnds } from "./flow-ends.ts";
import { flowPathIn } from "./flow-path.ts";
import type { Crossing, FlowImpact, FlowPath, Way } from "./way.ts";

type BlackHole = FlowImpact["blackHole"];

/** IEEE 802.1Q-2018, 8.8.3: the recommended ageing time of a filtering database. */
const macAgeingMs = 300_000;

export function blackHoleOf(index: FabricIndex, flow: Flow, placement: Placement, after: FlowPath): BlackHole {
  const holes = (["forward", "reverse"] as const).flatMap((way) => {
    const endpoint = way === "forward" ? flow.to : flow.from;
    const target = attachedTo(index, placement, endpoint);
    if (target === undefined || target === index.endpoint(endpoint)?.device || !arrives(after[way])) return [];
    return [unannounced(index, endpoint, target, after[way]), lateRoutes(index, flow, way, endpoint, placement)];
  });
  // The longest is what the flow sees; one without an end is the longest of all.
  const [worst] = holes
    .filter((hole) => hole.kind === "until")
    .toSorted((left, right) => (right.ms ?? Number.POSITIVE_INFINITY) - (left.ms ?? Number.POSITIVE_INFINITY));
  return worst ?? { kind: "none" };
}

function unannounced(index: FabricIndex, endpoint: string, target: string, way: Way): BlackHole {
  const announces = index.device(target)?.announces ?? "yes";
  const crossings = lastCrossings(way);
  if (announces === "yes" || crossings.length === 0) return { kind: "none" };
  const silent =
    announces === "no"
      ? `${target} does not announce ${endpoint}`
      : `nothing says whether ${target} announces ${endpoint}`;
  const closed = crossings.find(({ link }) => !floods(index.link(link)));
  if (closed !== undefined)
    return {
      kind: "until",
      why: `${silent}, and ${closed.link} does not flood frames to addresses that it has not learned: until ${endpoint} next transmits`,
    };
  return {
    kind: "until",
    ms: macAgeingMs,
    why: `${silent}: until it next transmits, or the switches forget the old place`,
  };
}

/** OTV does not flood unknown unicast unless it is said to. */
function floods(link: Link | undefined): boolean {
  const flooding = link?.dci?.floodsUnknownUnicast ?? (link?.dci?.technology === "otv" ? "no" : "yes");
  return flooding !== "no";
}

function lateRoutes(
  index: FabricIndex,
  flow: Flow,
  way: "forward" | "reverse",
  endpoint: string,
  placement: Placement,
): BlackHole {
  const ends = flowEnds(index, flow, { placement });
  const nic = ends.kind === "known" ? (way === "forward" ? ends.to : ends.from).nic : undefined;
  const policy = nic === undefined ? undefined : policyOf(index, nic.segment);
  if (policy === undefined || policy.mode === "prefix") return { kind: "none" };
  const stale = flowPathIn(index, flow, { placement, routedPlacement: new Map() });
  if (arrives(stale[way])) return { kind: "none" };
  return {
    kind: "until",
    ...(policy.convergeMs === undefined ? {} : { ms: policy.convergeMs }),
    why: `host routes for ${endpoint} point to its old site until the network has heard it in the new one`,
  };
}

const arrives = (way: Way): boolean =>
  way.kind === "known" || (way.kind === "open" && way.ways.some((branch) => arrives(branch.way)));

function lastCrossings(way: Way): readonly Crossing[] {
  if (way.kind === "open") return way.ways.flatMap((branch) => lastCrossings(branch.way));
  return way.kind === "known" ? (way.legs.at(-1)?.crossings ?? []) : [];
}
