/**
 * Neighbours, as LLDP and CDP name them, against the document's links, and what they say of their ports.
 *
 * A name that the document does not have may be another name of what it has, so a contradiction is certain only where the
 * document knows both the device and the port that were seen. VLAN names prove membership, and their absence nothing; CDP
 * knows the native VLAN alone.
 */
import { linkId } from "../migration-path.ts";
import { carries } from "../ports.ts";
import type { FabricEnd } from "../ports.ts";
import { rangeText } from "../fix/vlan-sets.ts";
import type { Difference } from "./difference.ts";
import { endText, grouped, latestBy } from "./lookup.ts";
import type { Lookup } from "./lookup.ts";
import { deviceNamed, portNamed } from "./names.ts";
import type { NeighborSeen, VtpDomainSeen } from "./observation.ts";
import { untaggedVlan, vlansText } from "./vlan-text.ts";

/** Who was seen, as far as the document knows. */
interface Identified {
  readonly seen: NeighborSeen;
  readonly device: string | undefined;
  readonly port: string | undefined;
}

/** Header, check sequence and two tags that a frame has around its packet (IEEE 802.3-2018, 3.2.7; 802.1Q for tags). */
const frameOverheadBytes = 18 + 2 * 4;

export function linkDifferences(
  lookup: Lookup,
  neighbors: readonly NeighborSeen[],
  domains: readonly VtpDomainSeen[],
): readonly Difference[] {
  const latest = latestBy(neighbors, ({ where, protocol, names, ports }) =>
    [endText(where), protocol, names[0] ?? "", ports[0] ?? ""].join("\u0000"),
  );
  const identified = latest.map((seen) => identify(lookup, seen));
  const spots = grouped(identified, ({ seen }) => endText(seen.where));
  return [
    ...[...spots.values()].flatMap((group) => cableDifferences(lookup, group)),
    ...identified.flatMap((one) => farPortDifferences(lookup, one)),
    ...vtpDifferences(lookup, identified, domains),
  ];
}

function identify(lookup: Lookup, seen: NeighborSeen): Identified {
  const device = deviceNamed(
    lookup.index.fabric.devices.map(({ name }) => name),
    seen.names,
  );
  const ports = device === undefined ? [] : (lookup.index.device(device)?.ports ?? []);
  return {
    seen,
    device,
    port: portNamed(
      ports.map(({ name }) => name),
      seen.ports,
    ),
  };
}

/** Where one of the neighbours at a port is the documented one, others are further away behind something that floods. */
function cableDifferences(lookup: Lookup, group: readonly Identified[]): readonly Difference[] {
  const [last] = group.toSorted(
    (left, right) => right.seen.atMs - left.seen.atMs || compare(seenText(left), seenText(right)),
  );
  if (last === undefined) return [];
  const { where, atMs } = last.seen;
  const near = endText(where);
  if (lookup.index.device(where.device) === undefined) return [];
  const links = lookup.linksAt(where);
  const observed = seenText(last);
  if (links.length === 0)
    return [
      {
        kind: "undocumented-link",
        subjects: [near, observed],
        message: `${near} leads to ${observed}, and the document has no link there.`,
        observed,
        certainty: "yes",
        seenAtMs: atMs,
      },
    ];
  if (group.some((one) => links.some(({ far }) => far.device === one.device && far.port === one.port))) return [];
  const document = links
    .map(({ far }) => endText(far))
    .toSorted()
    .join(", ");
  const isCertain = last.device !== undefined && last.port !== undefined;
  const doubt = isCertain ? "" : ` ${doubtText(last)}`;
  return [
    {
      kind: "link",
      subjects: [near, ...links.map(({ id }) => id).toSorted()],
      message: `${near} leads to ${observed}, and the document says ${document}.${doubt}`,
      document,
      observed,
      certainty: isCertain ? "yes" : "unknown",
      seenAtMs: atMs,
    },
  ];
}

function doubtText({ seen, device }: Identified): string {
  if (device === undefined)
    return `It has no device ${seen.names[0] ?? seen.mac ?? "of that name"}; it may have it under another name.`;
  return `It has no port ${seen.ports[0] ?? "of that name"} of ${device}; it may have it under another name, or its group instead.`;
}

function seenText({ seen, device, port }: Identified): string {
  const name = device ?? seen.names[0] ?? seen.mac ?? "a device without a name";
  return `${name}/${port ?? seen.ports[0] ?? "a port without a name"}`;
}

/** What the neighbour says of its own port, where the document knows that port. */
function farPortDifferences(lookup: Lookup, { seen, device, port }: Identified): readonly Difference[] {
  if (device === undefined || port === undefined) return [];
  const far: FabricEnd = { device, port };
  const known = lookup.index.port(far);
  if (known === undefined) return [];
  const name = endText(far);
  const base = { subjects: [name, endText(seen.where)], certainty: "yes" as const, seenAtMs: seen.atMs };
  const differences: Difference[] = [];
  const said = seen.protocol.toUpperCase();
  const { vlans } = known;
  const untagged = untaggedVlan(vlans);
  // 0 stands for a port without such a VLAN, or a sender that does not say.
  if (
    seen.untaggedVlan !== undefined &&
    seen.untaggedVlan !== 0 &&
    vlans.kind !== "unknown" &&
    untagged !== seen.untaggedVlan
  )
    differences.push({
      ...base,
      kind: "native-vlan",
      message: `${name} says by ${said} that its untagged frames are of VLAN ${seen.untaggedVlan}, and the document has ${untagged === undefined ? "none" : `VLAN ${untagged}`}.`,
      document: vlansText(vlans),
      observed: String(seen.untaggedVlan),
    });
  const strangers = seen.vlanNames.map(({ vlan }) => vlan).filter((vlan) => carries(vlans, vlan) === "no");
  if (strangers.length > 0)
    differences.push({
      ...base,
      kind: "vlan-membership",
      message: `${name} says by ${said} that it is a member of VLAN ${rangeText(strangers)}, which the document does not have there.`,
      document: vlansText(vlans),
      observed: rangeText(seen.vlanNames.map(({ vlan }) => vlan)),
    });
  return [...differences, ...mtuDifferences(seen, name, known.mtu, base)];
}

/** CDP gives the MTU; LLDP the frame size, which some senders fill with the MTU and others with all headers. */
function mtuDifferences(
  seen: NeighborSeen,
  name: string,
  document: number | undefined,
  base: Pick<Difference, "subjects" | "certainty" | "seenAtMs">,
): readonly Difference[] {
  if (document === undefined) return [];
  if (seen.mtu !== undefined && seen.mtu !== document) {
    const message = `${name} says by CDP that its MTU is ${seen.mtu} bytes, and the document says ${document}.`;
    return [{ ...base, kind: "mtu", message, document: String(document), observed: String(seen.mtu) }];
  }
  const frame = seen.maxFrameBytes;
  if (frame === undefined || frame === 0) return [];
  const observed = `${frame} bytes of frame`;
  if (frame < document) {
    const message = `${name} says by LLDP that its frames have at most ${frame} bytes, too few for the document's MTU of ${document}.`;
    return [{ ...base, kind: "mtu", message, document: String(document), observed }];
  }
  if (frame <= document + frameOverheadBytes) return [];
  const message = `${name} says by LLDP that its frames have up to ${frame} bytes, more than the document's MTU of ${document} needs; the port may take larger packets.`;
  return [{ ...base, certainty: "unknown", kind: "mtu", message, document: String(document), observed }];
}

/** Trunks between different VTP domains are not negotiated, and VLANs do not spread over them. */
function vtpDifferences(
  lookup: Lookup,
  identified: readonly Identified[],
  domains: readonly VtpDomainSeen[],
): readonly Difference[] {
  const said = [
    ...identified.flatMap(({ seen, device }) =>
      device === undefined || seen.vtpDomain === undefined ? [] : [{ device, domain: seen.vtpDomain, atMs: seen.atMs }],
    ),
    ...domains.flatMap(({ where, domain, atMs }) => {
      const [link, ...others] = lookup.linksAt(where);
      return link === undefined || others.length > 0 ? [] : [{ device: link.far.device, domain, atMs }];
    }),
  ];
  const byDevice = new Map(latestBy(said, ({ device }) => device).map((one) => [one.device, one] as const));
  return lookup.index.fabric.links.flatMap((link) => {
    const [a, b] = [byDevice.get(link.a.device), byDevice.get(link.b.device)];
    if (a === undefined || b === undefined || a.domain === b.domain) return [];
    const [first, second] = a.device < b.device ? [a, b] : [b, a];
    return [
      {
        kind: "vtp-domain" as const,
        subjects: [linkId(link)],
        message: `${first.device} is in VTP domain ${quoted(first.domain)} and ${second.device} in ${quoted(second.domain)}: a trunk between them is not negotiated.`,
        observed: `${quoted(first.domain)}, ${quoted(second.domain)}`,
        certainty: "yes" as const,
        seenAtMs: Math.max(a.atMs, b.atMs),
      },
    ];
  });
}

const quoted = (text: string): string => JSON.stringify(text);
const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
