/**
 * What a VLAN number means at a device. Within one site it is a segment, or, where the fabric names none, just a number;
 * the same number in another site may be something else. Frames that leave one of these by a faulty link go on in another.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";

/** One object for each meaning: compare by identity. */
export interface VlanDomain {
  /** Unlike that of any other domain. */
  readonly key: string;
  /** For people: the segment, or "VLAN 20 in dc1". */
  readonly name: string;
  readonly segment?: string;
  /** Its number at the device; undefined where it does not exist. */
  readonly vlanAt: (device: string) => number | undefined;
}

const segmentDomains = memoTable<VlanDomain>("VLAN domains of segments");
const numberDomains = memoTable<VlanDomain>("VLAN domains without a segment");

export function domainOfSegment(index: FabricIndex, segment: string): VlanDomain {
  return index.remember(segmentDomains, segment, () => ({
    key: `segment ${segment}`,
    name: segment,
    segment,
    vlanAt: bySite(index, (device) => index.vlanOf(segment, device)),
  }));
}

/** @param preferred a domain that wins where the document gives its number to another segment too. */
export function domainAt(index: FabricIndex, vlan: number, device: string, preferred: VlanDomain): VlanDomain {
  if (preferred.vlanAt(device) === vlan) return preferred;
  const [segment] = index.segmentsOfVlan(vlan, device);
  if (segment !== undefined) return domainOfSegment(index, segment.name);
  const site = index.siteOf(device);
  const key = site === undefined ? `number ${vlan}` : `number ${vlan} ${site}`;
  return index.remember(numberDomains, key, () => ({
    key,
    name: site === undefined ? `VLAN ${vlan}` : `VLAN ${vlan} in ${site}`,
    vlanAt: (other) => (index.siteOf(other) === site && index.device(other) !== undefined ? vlan : undefined),
  }));
}

/** Numbers depend on the site alone, and are asked for at every port. */
function bySite(index: FabricIndex, vlanAt: (device: string) => number | undefined): VlanDomain["vlanAt"] {
  const known = new Map<string | undefined, number | undefined>();
  return (name) => {
    const device = index.device(name);
    if (device === undefined) return undefined;
    if (!known.has(device.site)) known.set(device.site, vlanAt(name));
    return known.get(device.site);
  };
}
