/**
 * The way of a frame over ports that are known to carry its segment: from the accesses of the two ends, over the active
 * topology between them. See bridged-way.ts for what it means.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { FabricEnd } from "../ports.ts";
import type { Bridge } from "./bridges.ts";
import { bridgeTable } from "./bridges.ts";
import type { Step } from "./layer.ts";
import { stepsFrom } from "./layer.ts";
import type { Hop, Place } from "./next-hops.ts";
import { hopsTo } from "./next-hops.ts";
import { overlayTable } from "./overlay.ts";
import type { Spread } from "./spread.ts";
import type { KnownBridgedWay, Stretch } from "./stretches.ts";
import { stretchesOf, summed } from "./stretches.ts";
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
  if (from === to) return summed(index, [], { doubts: [], assumed: [] });
  const starts = spread(accesses(index, { domain, bridge: start }, end));
  const stretches: Stretch[] = [];
  const doubts = new Set<string>();
  const assumed = new Set<FabricEnd>();
  for (const { option: first, part } of starts) {
    const ends = spread(first.isArrived ? [first] : accesses(index, { domain, bridge: end }, start));
    if (ends.length === 0) return undefined;
    for (const { option: last, part: lastPart } of ends) {
      const hops = joined(index, first, last, end);
      if (hops === undefined) return undefined;
      const found = stretchesOf(index, domain, hops, from, to, part * lastPart, spread);
      if (found === undefined) return undefined;
      stretches.push(...found);
      for (const { step } of hops.filter((hop) => hop.kind === "bundle")) {
        for (const doubt of step.doubts) doubts.add(doubt);
        for (const port of step.assumed) assumed.add(port);
      }
      for (const doubt of [...first.doubts, ...last.doubts]) doubts.add(doubt);
    }
  }
  return starts.length === 0
    ? undefined
    : summed(index, stretches, { doubts: [...doubts].toSorted(), assumed: sortedEnds(assumed) });
}

/** How frames come from a device to a bridge that forwards: not at all if it is one itself. */
interface Access {
  /** Between the device and `core`, towards `core`. */
  readonly step: Step | undefined;
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
    return [{ step: undefined, core: place, isArrived: isAtEnd, doubts: [] }];
  const usable = stepsFrom(index, place.domain, place.bridge).filter(({ carries }) => carries === "yes");
  const direct = usable.filter(({ view, domain }) => view.far === otherEnd && domain === place.domain);
  const steps = direct.length > 0 ? direct : usable.filter(({ view }) => view.far.isForwarding);
  const doubts =
    usable.length > 1
      ? [
          `${place.bridge.name} has ${usable.length} uplinks for ${place.domain.name} that are not one group: which one a VM uses is not described`,
        ]
      : [];
  return steps.map((step) => ({
    step,
    core: { domain: step.domain, bridge: step.view.far },
    isArrived: direct.length > 0,
    doubts,
  }));
}

function joined(index: FabricIndex, first: Access, last: Access, end: Bridge): readonly Hop[] | undefined {
  const head: readonly Hop[] = first.step === undefined ? [] : [{ kind: "bundle", step: first.step }];
  if (first.isArrived) return head;
  const middle = hopsTo(index, first.core, last.core, true);
  if (middle === undefined) return undefined;
  if (last.step === undefined) return [...head, ...middle];
  const { view, domain } = last.step;
  const back = stepsFrom(index, domain, view.far).find(
    (step) => step.view.bundle === view.bundle && step.view.far === end,
  );
  return back === undefined ? undefined : [...head, ...middle, { kind: "bundle", step: back }];
}

function sortedEnds(ends: ReadonlySet<FabricEnd>): readonly FabricEnd[] {
  const byText = new Map([...ends].map((end) => [`${end.device}/${end.port}`, end]));
  return [...byText].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, end]) => end);
}
