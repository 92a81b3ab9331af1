/**
 * In one site a VLAN number is one segment: ports carry numbers, so that two segments of one number would be one wherever
 * they met. Sources that keep them apart by other means (a rack, a tenant) lose that here, with a note. Subnets of a VRF do not
 * overlap either; where they do, the smaller one is the one that is in use, and the larger a container.
 */
import { compareAddresses, parsePrefix, prefixContains } from "../../address/ip.ts";
import type { IpPrefix } from "../../address/ip.ts";
import type { Fabric, Segment } from "../../fabric.ts";
import { networkOf } from "../addresses.ts";
import { sortedBy } from "../import-result.ts";
import type { NoteList } from "../import-result.ts";
import { renamed } from "./renamed.ts";

/** @param preferred names of segments that stay where two become one; otherwise the first by name does. */
export function withOneSegmentANumber(fabric: Fabric, preferred: ReadonlySet<string>, notes: NoteList): Fabric {
  const sites = fabric.sites.length === 0 ? [""] : fabric.sites.map(({ name }) => name);
  const inOrder = sortedBy(fabric.segments, ({ name }) => `${preferred.has(name) ? "0" : "1"}${name}`);
  const taken = new Map<string, string>();
  const gone = new Map<string, string>();
  const kept = new Map<string, Segment>();
  for (const segment of inOrder) {
    const keys = (segment.sites ?? sites).map((site) => `${site}\u0000${segment.vlanBySite?.[site] ?? segment.vlan}`);
    const other = keys.map((key) => taken.get(key)).find((name) => name !== undefined);
    if (other === undefined) {
      for (const key of keys) taken.set(key, segment.name);
      kept.set(segment.name, segment);
      continue;
    }
    gone.set(segment.name, other);
    const survivor = kept.get(other);
    if (survivor !== undefined) {
      kept.set(other, { ...survivor, subnets: [...new Set([...survivor.subnets, ...segment.subnets])] });
      // A segment of more sites makes the one that stays a segment of them too.
      for (const key of keys) if (!taken.has(key)) taken.set(key, other);
      if (survivor.sites !== undefined) kept.set(other, widened(kept.get(other) ?? survivor, segment));
    }
    notes.add(
      `segment ${segment.name}`,
      `has VLAN ${segment.vlan}, which is ${other} there as well; the two are one segment here`,
    );
  }
  const merged = renamed({ ...fabric, segments: [] }, { segments: gone });
  const policies = merged.hostRoutes.filter(
    ({ segment }, index) => merged.hostRoutes.findIndex((other) => other.segment === segment) === index,
  );
  return { ...merged, hostRoutes: policies, segments: withoutOverlaps([...kept.values()], notes) };
}

function widened(survivor: Segment, other: Segment): Segment {
  const { sites, ...rest } = survivor;
  return other.sites === undefined || sites === undefined
    ? rest
    : { ...rest, sites: [...new Set([...sites, ...other.sites])] };
}

interface Claim {
  readonly segment: string;
  readonly vrf: string;
  readonly text: string;
  readonly prefix: IpPrefix;
}

/** Index of the next claim of another subnet; equal ones stand side by side. */
function nextOther(claims: readonly Claim[], from: number): number {
  let index = from + 1;
  while (claims[index]?.text === claims[from]?.text && claims[index]?.vrf === claims[from]?.vrf) index += 1;
  return index;
}

function withoutOverlaps(segments: readonly Segment[], notes: NoteList): readonly Segment[] {
  const vnis = new Set<number>();
  const claims = segments.flatMap(({ name, vrf = "", subnets }) =>
    subnets.flatMap((subnet): readonly Claim[] => {
      const text = networkOf(subnet);
      const prefix = text === undefined ? undefined : parsePrefix(text);
      if (text === undefined || prefix === undefined) notes.add(`segment ${name}`, `has ${subnet}, which is no subnet`);
      return text === undefined || prefix === undefined ? [] : [{ segment: name, vrf, text, prefix }];
    }),
  );
  // What lies inside a subnet comes right behind it.
  const inOrder = claims.toSorted(
    (left, right) =>
      (left.vrf < right.vrf ? -1 : left.vrf > right.vrf ? 1 : 0) ||
      compareAddresses(left.prefix.network, right.prefix.network) ||
      left.prefix.length - right.prefix.length,
  );
  const kept = inOrder.filter((claim, index) => {
    const before = inOrder[index - 1];
    const isSecond = before?.vrf === claim.vrf && before.text === claim.text;
    const next = inOrder[nextOther(inOrder, index)];
    const isContainer = next?.vrf === claim.vrf && prefixContains(claim.prefix, next.prefix.network);
    if (isContainer)
      notes.add(`segment ${claim.segment}`, `has ${claim.text}, which holds ${next.text} of ${next.segment}; left out`);
    else if (isSecond && before.segment !== claim.segment)
      notes.add(`segment ${claim.segment}`, `has ${claim.text}, which ${before.segment} has as well; left out`);
    return !isContainer && !isSecond;
  });
  return segments.map((segment) => {
    const { vni, ...rest } = segment;
    const isSecond = vni !== undefined && vnis.has(vni);
    if (isSecond) notes.add(`segment ${segment.name}`, `has VNI ${vni}, which another segment has; left out`);
    if (vni !== undefined) vnis.add(vni);
    const subnets = kept.filter((claim) => claim.segment === segment.name).map(({ text }) => text);
    return { ...rest, ...(vni === undefined || isSecond ? {} : { vni }), subnets };
  });
}
