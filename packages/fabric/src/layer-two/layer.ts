/**
 * The active topology of one VLAN: which bundles frames may take from each bridge, after VLAN settings and spanning tree.
 *
 * Made once for each VLAN for the bridges that forward; hosts and other ends are looked at when somebody asks about them,
 * so that a fabric of a thousand hosts and hundreds of segments stays small.
 *
 * Invariants: a step is there in both directions or in none. A step that leads into another domain is a link whose native
 * VLANs differ, or that means two segments by one number.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { FabricEnd } from "../ports.ts";
import type { Bridge, BundleView } from "./bridges.ts";
import { bridgeTable } from "./bridges.ts";
import { bundleJoint, bundlePassage, passesBundle } from "./bundle-passage.ts";
import type { BridgingLoop } from "./loops.ts";
import { loopsOf } from "./loops.ts";
import { forwardingTrees, spanningTreeMode } from "./forwarding-trees.ts";
import type { Joint } from "./passage.ts";
import { bundlesOfVlan } from "./vlan-bundles.ts";
import type { VlanDomain } from "./vlan-domain.ts";

/** A bundle that frames of the VLAN may take. */
export interface Step {
  readonly view: BundleView;
  /** What the frames belong to at the far end. */
  readonly domain: VlanDomain;
  /** "unknown": a port could not be read, or a tree that is not sure may close it for a link that lacks the VLAN. */
  readonly carries: "yes" | "unknown";
  /** Why it is not sure that frames take it. */
  readonly doubts: readonly string[];
  /** Ports whose setting somebody assumed. */
  readonly assumed: readonly FabricEnd[];
}

export interface Layer {
  readonly domain: VlanDomain;
  readonly loops: readonly BridgingLoop[];
  /** Steps between forwarding bridges. */
  readonly stepsOf: (bridge: Bridge) => readonly Step[];
}

const layers = memoTable<Layer>("layers");
const ends = memoTable<Map<Bridge, readonly Step[]>>("steps of bridges");

export function layerOf(index: FabricIndex, domain: VlanDomain): Layer {
  return index.remember(layers, domain, () => makeLayer(index, domain));
}

/** All steps from a bridge, those to hosts and from hosts included; sorted by bundle. */
export function stepsFrom(index: FabricIndex, domain: VlanDomain, bridge: Bridge): readonly Step[] {
  const known = index.remember(ends, domain, () => new Map());
  const steps = known.get(bridge) ?? allStepsOf(index, domain, bridge);
  known.set(bridge, steps);
  return steps;
}

function allStepsOf(index: FabricIndex, domain: VlanDomain, bridge: Bridge): readonly Step[] {
  const between = bridge.isForwarding ? layerOf(index, domain).stepsOf(bridge) : [];
  const others = bridgeTable(index)
    .bundlesOf(bridge)
    .filter(({ far }) => !bridge.isForwarding || !far.isForwarding);
  return [...between, ...others.flatMap((view) => stepsOver(index, domain, view))].toSorted((left, right) =>
    left.view.bundle.id < right.view.bundle.id ? -1 : 1,
  );
}

/** Rapid PVST+ at both ends of a trunk compares native VLANs by its BPDUs, and closes the port for both of them. */
export function isJointBlocked(index: FabricIndex, joint: Joint, view: BundleView): boolean {
  return (
    joint.cause === "native-mismatch" &&
    [view.near, view.far].every((bridge) => spanningTreeMode(index, bridge) === "rpvst") &&
    [joint.here.end, joint.there.end].every((end: FabricEnd) => index.port(end)?.vlans.kind === "trunk")
  );
}

function makeLayer(index: FabricIndex, domain: VlanDomain): Layer {
  const { bundlesOf } = bridgeTable(index);
  const between = ({ near, far }: BundleView): boolean => near.isForwarding && far.isForwarding;
  const open = bundlesOfVlan(index, domain).filter((view) => between(view) && isOpen(index, domain, view));
  const loops = loopsOf(index, domain, open);
  const doubtsByLoop = new Map(loops.flatMap((loop) => loop.bundles.map((bundle) => [bundle, loop.message])));
  const steps = new Map<Bridge, readonly Step[]>();
  const stepsOf = (bridge: Bridge): readonly Step[] => {
    const known = steps.get(bridge);
    if (known !== undefined) return known;
    const made = bundlesOf(bridge)
      .filter(between)
      .flatMap((view) => stepsOver(index, domain, view))
      .map((step): Step => {
        const doubt = doubtsByLoop.get(step.view.bundle);
        return doubt === undefined ? step : { ...step, doubts: [...step.doubts, doubt] };
      });
    steps.set(bridge, made);
    return made;
  };
  return { domain, loops, stepsOf };
}

function isOpen(index: FabricIndex, domain: VlanDomain, view: BundleView): boolean {
  return passesBundle(index, domain, view) !== "no" && !forwardingTrees(index, domain).blocked.has(view.bundle);
}

/** The step that leads back where this one comes from. What passes one way passes the other. */
export const stepBack = (step: Step, domain: VlanDomain): Step => ({ ...step, view: step.view.back(), domain });

/** At most one: frames of a VLAN stay what they are on a bundle, or become one other thing. */
export function stepsOver(index: FabricIndex, domain: VlanDomain, view: BundleView): readonly Step[] {
  const trees = forwardingTrees(index, domain);
  if (trees.blocked.has(view.bundle)) return [];
  const doubts = trees.doubtful.get(view.bundle)?.doubts ?? [];
  const carries = passesBundle(index, domain, view);
  if (carries !== "no") {
    const assumed = bundlePassage(index, domain, view)?.assumed ?? [];
    return [{ view, domain, carries: mayBeCutOff(index, domain, view) ? "unknown" : carries, doubts, assumed }];
  }
  const joint = bundleJoint(index, domain, view);
  if (joint === undefined || isJointBlocked(index, joint, view)) return [];
  if (forwardingTrees(index, joint.domain).blocked.has(view.bundle)) return [];
  return [{ view, domain: joint.domain, carries: "yes", doubts, assumed: [] }];
}

const cuts = memoTable<boolean>("rings that may cut a VLAN off");

/** The tree may in truth close this bundle, and leave open one that does not carry the VLAN. */
export function mayBeCutOff(index: FabricIndex, domain: VlanDomain, view: BundleView): boolean {
  const trees = forwardingTrees(index, domain);
  const ring = trees.doubtful.get(view.bundle);
  if (ring === undefined || trees.perVlan.has(view.bundle)) return false;
  return index.remember(cuts, `${domain.key}\n${ring.bundles[0]?.bundle.id ?? ""}`, () =>
    ring.bundles.some((member) => passesBundle(index, domain, member) !== "yes"),
  );
}
