/**
 * The way of a frame over ports that are known to carry its segment: from the accesses of the two ends, over the active
 * topology between them. See bridged-way.ts for what it means.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { FabricEnd } from "../ports.ts";
import type { Bridge } from "./bridges.ts";
import { bridgeTable } from "./bridges.ts";
import type { Step } from "./layer.ts";
import { stepBack, stepsFrom } from "./layer.ts";
import type { Hop, Place } from "./next-hops.ts";
import { hopsTo } from "./next-hops.ts";
import { overlayTable } from "./overlay.ts";
import type { Spread } from "./spread.ts";
import { evenly } from "./spread.ts";
import type { KnownBridgedWay, Stretch, Trip } from "./stretches.ts";
import { stretchesOf, summed } from "./stretches.ts";
import type { VlanDomain } from "./vlan-domain.ts";
import { domainOfSegment } from "./vlan-domain.ts";

/** @returns undefined where no way is known for sure. */
export function knownWay(
  index: FabricIndex,
  segment: string,
  from: string,
  to: string,
  spread: Spread,
): KnownBridgedWay | undefined {
  const domain = domainOfSegment(index, segment);
  const { bridgeOf } = bridgeTable(index);
  const [start, end] = [bridgeOf(from), bridgeOf(to)];
  if (start === undefined || end === undefined) return undefined;
  if ([from, to].some((device) => domain.vlanAt(device) === undefined)) return undefined;
  if (from === to) return summed([], { doubts: [], assumed: [] });
  const lasts = accesses(index, { domain, bridge: end }, start);
  const trip: Trip = { index, domain, from, to };
  const routes = accesses(index, { domain, bridge: start }, end).map((first) => routesOf(trip, first, lasts));
  const viable = routes.filter(({ ways }) => ways.length > 0);
  if (viable.length === 0) return undefined;
  const stretches: Stretch[] = [];
  const doubts = new Set<string>(routes.flatMap((route) => route.doubts));
  const assumed = new Set<FabricEnd>();
  spread(viable, (route, part) => {
    spread(route.ways, (way, lastPart) => {
      const share = part * lastPart;
      const found = spread === evenly ? scaled(way.evenly, share) : stretchesOf(trip, way.hops, share, spread);
      for (const stretch of found ?? []) stretches.push(stretch);
      for (const hop of way.hops) {
        if (hop.kind !== "bundle") continue;
        for (const doubt of hop.step.doubts) doubts.add(doubt);
        for (const port of hop.step.assumed) assumed.add(port);
      }
    });
  });
  return summed(stretches, { doubts: [...doubts].toSorted(), assumed: sortedEnds(assumed) });
}

/** The ways that begin with one access of the start: one for each access of the end that all frames get to. */
interface Routes {
  readonly ways: readonly { readonly hops: readonly Hop[]; readonly evenly: readonly Stretch[] }[];
  readonly doubts: readonly string[];
}

function routesOf(trip: Trip, first: Access, lasts: readonly Access[]): Routes {
  const ways: { hops: readonly Hop[]; evenly: readonly Stretch[] }[] = [];
  const doubts = [...first.doubts];
  for (const last of first.isArrived ? [first] : lasts) {
    const hops = joined(trip.index, first, last);
    const even = hops === undefined ? undefined : stretchesOf(trip, hops, 1, evenly);
    if (hops !== undefined && even !== undefined) ways.push({ hops, evenly: even });
    else doubts.push(`frames by ${uplinkOf(first)} do not get to ${uplinkOf(last)}`);
    doubts.push(...last.doubts);
  }
  return { ways, doubts };
}

const scaled = (stretches: readonly Stretch[], share: number): readonly Stretch[] =>
  share === 1 ? stretches : stretches.map((stretch) => ({ ...stretch, share: stretch.share * share }));

const uplinkOf = ({ step, core }: Access): string => step?.view.bundle.id ?? core.bridge.name;

/** How frames come from a device to a bridge that forwards: not at all if it is one itself. */
interface Access {
  /** Between the device and `core`, towards `core`. */
  readonly step: Step | undefined;
  /** At the device. */
  readonly domain: VlanDomain;
  readonly core: Place;
  /** The step leads to the other end of the way directly. */
  readonly isArrived: boolean;
  readonly doubts: readonly string[];
}

function accesses(index: FabricIndex, place: Place, otherEnd: Bridge): readonly Access[] {
  const isAtEnd = place.bridge === otherEnd;
  // A host that is a VTEP of the segment sends its frames into the tunnel, whatever its uplinks trunk.
  const isVtep = overlayTable(index, place.domain).membershipsOf(place.bridge).length > 0;
  if (place.bridge.isForwarding || isVtep || isAtEnd)
    return [{ step: undefined, domain: place.domain, core: place, isArrived: isAtEnd, doubts: [] }];
  const steps = stepsFrom(index, place.domain, place.bridge);
  // A cable between two hosts is taken before any switch.
  const direct = steps.filter(({ view, domain, carries }) => {
    return view.far === otherEnd && !otherEnd.isForwarding && domain === place.domain && carries === "yes";
  });
  const usable =
    direct.length > 0 ? direct : steps.filter(({ view, carries }) => view.far.isForwarding && carries === "yes");
  const doubts =
    steps.length > 1
      ? [
          `${place.bridge.name} has ${steps.length} uplinks for ${place.domain.name} that are not one group: which one a VM uses is not described`,
        ]
      : [];
  return usable.map((step) => ({
    step,
    domain: place.domain,
    core: { domain: step.domain, bridge: step.view.far },
    isArrived: direct.length > 0,
    doubts,
  }));
}

function joined(index: FabricIndex, first: Access, last: Access): readonly Hop[] | undefined {
  const head: readonly Hop[] = first.step === undefined ? [] : [{ kind: "bundle", step: first.step }];
  if (first.isArrived) return head;
  const middle = hopsTo(index, first.core, last.core);
  if (middle === undefined) return undefined;
  if (last.step === undefined) return [...head, ...middle];
  return [...head, ...middle, { kind: "bundle", step: stepBack(last.step, last.domain) }];
}

function sortedEnds(ends: ReadonlySet<FabricEnd>): readonly FabricEnd[] {
  const byText = new Map([...ends].map((end) => [`${end.device}/${end.port}`, end]));
  return [...byText].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, end]) => end);
}
