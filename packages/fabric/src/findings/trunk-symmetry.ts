/**
 * Rule trunk-symmetry: the two ends of a link carry different VLANs, or take untagged frames for different ones. Each end
 * is configured on its own, so this is the commonest fault of all.
 *
 * A trunk that lists nothing has nothing to compare, and ports that nobody could read are not judged. VLANs are compared
 * by what they mean: a segment may have another number in another site.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Link } from "../fabric.ts";
import { describeChange } from "../fix/describe.ts";
import type { ConfigChange } from "../fix/config-change.ts";
import { rangeText } from "../fix/vlan-sets.ts";
import { linkId } from "../migration-path.ts";
import type { FabricEnd, PortVlans } from "../ports.ts";
import type { Finding } from "./finding.ts";
import { memberDevices } from "./members.ts";
import { partOf } from "./segment-parts.ts";
import { ordered } from "./ordered.ts";
import { endName } from "../path/text.ts";

export function trunkSymmetry(index: FabricIndex): readonly Finding[] {
  return ordered(index).links.flatMap((link) => [...listFinding(index, link), ...nativeFinding(index, link)]);
}

interface Side {
  readonly end: FabricEnd;
  readonly vlans: PortVlans;
  readonly isAssumed: boolean;
}

function sidesOf(index: FabricIndex, link: Link): readonly [Side, Side] | undefined {
  if (link.isUp === false) return undefined;
  const [a, b] = [link.a, link.b]
    .toSorted((left, right) => (endName(left) < endName(right) ? -1 : 1))
    .map((end): Side | undefined => {
      const port = index.port(end);
      if (port === undefined || port.isEnabled === false || port.vlans.kind === "unknown") return undefined;
      return { end, vlans: port.vlans, isAssumed: port.knowledge === "assumed" };
    });
  return a === undefined || b === undefined ? undefined : [a, b];
}

function listFinding(index: FabricIndex, link: Link): readonly Finding[] {
  const sides = sidesOf(index, link);
  const [a, b] = sides ?? [];
  if (a?.vlans.kind !== "trunk" || b?.vlans.kind !== "trunk") return [];
  if (a.vlans.trunks === "all" || b.vlans.trunks === "all") return [];
  const onlyA = missingOn(index, a, b);
  const onlyB = missingOn(index, b, a);
  const parts = [
    ...(onlyA.length > 0 ? [`VLANs {${rangeText(onlyA.map(({ vlan }) => vlan))}} only on ${endName(a.end)}`] : []),
    ...(onlyB.length > 0 ? [`VLANs {${rangeText(onlyB.map(({ vlan }) => vlan))}} only on ${endName(b.end)}`] : []),
  ];
  if (parts.length === 0) return [];
  const fix = [...repairs(index, onlyA, b), ...repairs(index, onlyB, a)];
  const isNeeded = fix.length > 0;
  return [
    {
      rule: "trunk-symmetry",
      severity: isNeeded ? "warn" : "info",
      certainty: a.isAssumed || b.isAssumed ? "unknown" : "yes",
      subjects: [endName(a.end), endName(b.end), linkId(link)],
      message: parts.join(", "),
      evidence: [
        ...[a, b].flatMap(({ end, isAssumed }) => (isAssumed ? [`what ${endName(end)} carries was assumed`] : [])),
        ...fix.map((change) => `members on both sides: ${describeChange(change)}`),
      ],
      ...(isNeeded
        ? { fix }
        : { advice: "no member needs them over this link: take them off, or allow them on both ends" }),
    },
  ];
}

interface Meant {
  /** Its number on the end that has it. */
  readonly vlan: number;
  readonly segment?: string;
  /** Its number on the other end. */
  readonly there: number | undefined;
}

/** What `side` carries with a tag and `other` does not carry at all. */
function missingOn(index: FabricIndex, side: Side, other: Side): readonly Meant[] {
  if (side.vlans.kind !== "trunk" || side.vlans.trunks === "all" || other.vlans.kind !== "trunk") return [];
  const carried = new Set([
    ...(other.vlans.trunks === "all" ? [] : other.vlans.trunks),
    ...(other.vlans.native === undefined ? [] : [other.vlans.native]),
  ]);
  return [...new Set(side.vlans.trunks)].flatMap((vlan): readonly Meant[] => {
    if (side.vlans.kind === "trunk" && side.vlans.native === vlan) return [];
    const segment = index.segmentsOfVlan(vlan, side.end.device)[0]?.name;
    const there = segment === undefined ? vlan : index.vlanOf(segment, other.end.device);
    // A segment that does not exist in the other site is not missing there.
    if (there === undefined || carried.has(there)) return [];
    return [{ vlan, there, ...(segment === undefined ? {} : { segment }) }];
  });
}

/** Where members stand on both sides, letting the VLAN through gives them this way. */
function repairs(index: FabricIndex, missing: readonly Meant[], lacking: Side): readonly ConfigChange[] {
  return missing.flatMap(({ segment, there }): readonly ConfigChange[] => {
    if (segment === undefined || there === undefined || !hasMembersBehind(index, segment, lacking.end)) return [];
    return [{ kind: "allow-vlan", port: lacking.end, vlan: there, before: lacking.vlans }];
  });
}

function hasMembersBehind(index: FabricIndex, segment: string, end: FabricEnd): boolean {
  const far = index.linksOf(end.device).find(({ near }) => near.port === end.port)?.far;
  if (far === undefined) return false;
  const members = [...memberDevices(index, segment)];
  const isThere = (device: string): boolean => {
    const part = partOf(index, segment, device);
    return members.some(
      (member) => member === device || (part !== undefined && partOf(index, segment, member) === part),
    );
  };
  return isThere(end.device) && isThere(far.device);
}

function nativeFinding(index: FabricIndex, link: Link): readonly Finding[] {
  const [a, b] = sidesOf(index, link) ?? [];
  if (a === undefined || b === undefined) return [];
  const [left, right] = [untagged(a.vlans), untagged(b.vlans)];
  if (left === undefined || right === undefined || meansTheSame(index, a, left, b, right)) return [];
  return [
    {
      rule: "trunk-symmetry",
      severity: "warn",
      certainty: a.isAssumed || b.isAssumed ? "unknown" : "yes",
      subjects: [endName(a.end), endName(b.end), linkId(link)],
      message: `native ${left} on ${endName(a.end)}, native ${right} on ${endName(b.end)}: untagged frames change from one VLAN into the other`,
      evidence: [`${endName(a.end)}: ${a.vlans.kind}`, `${endName(b.end)}: ${b.vlans.kind}`],
      advice: "agree on one native VLAN for both ends",
    },
  ];
}

const untagged = (vlans: PortVlans): number | undefined => {
  if (vlans.kind === "access") return vlans.tag;
  return vlans.kind === "trunk" ? vlans.native : undefined;
};

function meansTheSame(index: FabricIndex, a: Side, left: number, b: Side, right: number): boolean {
  const segments = new Set(index.segmentsOfVlan(left, a.end.device).map(({ name }) => name));
  const others = index.segmentsOfVlan(right, b.end.device);
  if (segments.size === 0 || others.length === 0) return left === right;
  return others.some(({ name }) => segments.has(name));
}
