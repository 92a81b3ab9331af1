/**
 * What a bundle does with the frames of a VLAN. Any member may be the one that a frame takes, so that all of them have to
 * carry it: a group with one faulty member loses the flows that are hashed there.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { BundleView } from "./bridges.ts";
import type { Joint, Passage } from "./passage.ts";
import { jointOf, lacksVlan, passage } from "./passage.ts";
import type { VlanDomain } from "./vlan-domain.ts";

/** @returns undefined where no setting of its ports would let the domain pass. */
export function bundlePassage(index: FabricIndex, domain: VlanDomain, view: BundleView): Passage | undefined {
  const [first, ...others] = view.members;
  const whole = first === undefined ? undefined : passage(index, domain, first);
  if (whole === undefined) return undefined;
  const [gaps, unread, assumed] = [[...whole.gaps], [...whole.unread], [...whole.assumed]];
  for (const member of others) {
    const found = passage(index, domain, member);
    if (found === undefined) return undefined;
    gaps.push(...found.gaps);
    unread.push(...found.unread);
    assumed.push(...found.assumed);
  }
  return { gaps, unread, assumed };
}

/** Ports and the VLAN databases of the devices at both ends. */
export function passesBundle(index: FabricIndex, domain: VlanDomain, view: BundleView): "yes" | "no" | "unknown" {
  const found = bundlePassage(index, domain, view);
  if (found === undefined || found.gaps.length > 0) return "no";
  const isLacking = (device: string): boolean => lacksVlan(index, domain, device);
  if (view.nearDevices.some(isLacking) || view.farDevices.some(isLacking)) return "no";
  return found.unread.length > 0 ? "unknown" : "yes";
}

/** The first of its members that turns frames of the domain into another one. */
export function bundleJoint(
  index: FabricIndex,
  domain: VlanDomain,
  view: BundleView,
): (Joint & { readonly link: string }) | undefined {
  for (const member of view.members) {
    const joint = jointOf(index, domain, member);
    if (joint !== undefined) return { ...joint, link: member.id };
  }
  return undefined;
}
