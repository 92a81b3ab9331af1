/**
 * Where machines were seen, against the document: by MAC tables of hosts, by frames with which they announce themselves, and by
 * LISP mappings. A MAC address behind a port with a cable is somewhere beyond it; at any other port of a host it is there.
 */
import type { Endpoint, Nic } from "../fabric.ts";
import { isSameAddress } from "../imports/addresses.ts";
import type { Difference } from "./difference.ts";
import { endText, grouped, latestBy } from "./lookup.ts";
import type { Lookup } from "./lookup.ts";
import type { AnnouncementSeen, MacEntrySeen, MappingSeen } from "./observation.ts";

type MacSeen = MacEntrySeen | AnnouncementSeen;

interface Owner {
  readonly endpoint: Endpoint;
  readonly nics: readonly Nic[];
}

export function endpointDifferences(
  lookup: Lookup,
  macs: readonly MacSeen[],
  mappings: readonly MappingSeen[],
): readonly Difference[] {
  const owners = ownersByMac(lookup);
  const seen = macs.flatMap((one) => {
    const owner = owners.get(one.mac.toLowerCase());
    return owner === undefined ? [] : [{ one, owner }];
  });
  const groups = [...grouped(seen, ({ one }) => one.mac.toLowerCase()).values()];
  return [
    ...groups.flatMap((group) => {
      const owner = group[0]?.owner;
      const ofOwner = group.map(({ one }) => one);
      return owner === undefined
        ? []
        : [...placeDifferences(lookup, owner, ofOwner), ...vlanDifferences(lookup, owner, ofOwner)];
    }),
    ...siteDifferences(lookup, mappings),
  ];
}

function ownersByMac(lookup: Lookup): ReadonlyMap<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const endpoint of lookup.index.fabric.endpoints)
    for (const nic of endpoint.nics) {
      if (nic.mac === undefined) continue;
      const mac = nic.mac.toLowerCase();
      owners.set(mac, { endpoint, nics: [...(owners.get(mac)?.nics ?? []), nic] });
    }
  return owners;
}

/** A MAC table keeps an address for minutes after a move, so that only the newest sighting tells. */
function placeDifferences(lookup: Lookup, { endpoint }: Owner, seen: readonly MacSeen[]): readonly Difference[] {
  const attached = seen.filter(
    ({ where: { device, port } }) =>
      port !== undefined &&
      lookup.index.device(device)?.kind === "host" &&
      lookup.linksAt({ device, port }).length === 0,
  );
  const [last] = latestBy(attached, () => "");
  if (last === undefined || last.where.device === endpoint.device) return [];
  const isDisputed = attached.some(({ atMs, where }) => atMs === last.atMs && where.device !== last.where.device);
  return [
    {
      kind: "endpoint-place",
      subjects: [endpoint.name, last.where.device],
      message: `${endpoint.name} (${last.mac}) is attached at ${endText(last.where)}, and the document has it on ${endpoint.device}.`,
      document: endpoint.device,
      observed: last.where.device,
      certainty: isDisputed ? "unknown" : "yes",
      seenAtMs: last.atMs,
    },
  ];
}

function vlanDifferences(lookup: Lookup, { endpoint, nics }: Owner, seen: readonly MacSeen[]): readonly Difference[] {
  return latestBy(seen, ({ where }) => where.device).flatMap((one) => {
    const { device } = one.where;
    const vlan = lookup.vlanOf(one.where, one.vlan);
    const meant = nics.flatMap(({ segment }) => lookup.index.vlanOf(segment, device) ?? []);
    if (vlan === undefined || lookup.index.device(device) === undefined || meant.includes(vlan)) return [];
    const document = nics
      .map(({ segment }) => segment)
      .toSorted()
      .join(", ");
    return [
      {
        kind: "endpoint-vlan" as const,
        subjects: [endpoint.name, endText(one.where)],
        message: `${endpoint.name} (${one.mac}) was seen in VLAN ${vlan} at ${endText(one.where)}, and the document has it in ${document}, which is ${meant.length === 0 ? "no VLAN" : `VLAN ${meant.join(", ")}`} there.`,
        document,
        observed: String(vlan),
        certainty: "yes" as const,
        seenAtMs: one.atMs,
      },
    ];
  });
}

/** A mapping follows a move after a while, so that another site is a hint and no proof. */
function siteDifferences(lookup: Lookup, mappings: readonly MappingSeen[]): readonly Difference[] {
  return latestBy(mappings, ({ prefix }) => prefix).flatMap((mapping) => {
    const [address = "", length = ""] = mapping.prefix.split("/");
    const isHostRoute = length === (address.includes(":") ? "128" : "32");
    const endpoint = lookup.index.fabric.endpoints.find(({ nics }) =>
      nics.some(({ addresses }) => addresses.some((own) => isSameAddress(own, address))),
    );
    const site = endpoint === undefined ? undefined : lookup.index.siteOf(endpoint.device);
    const sites = mapping.locators
      .flatMap(lookup.index.devicesOfAddress)
      .flatMap((device) => lookup.index.siteOf(device) ?? []);
    if (!isHostRoute || endpoint === undefined || site === undefined || sites.length === 0 || sites.includes(site))
      return [];
    const observed = [...new Set(sites)].toSorted().join(", ");
    return [
      {
        kind: "endpoint-place" as const,
        subjects: [endpoint.name, observed],
        message: `${mapping.prefix} is registered at ${mapping.locators.join(", ")} in ${observed}, and the document has ${endpoint.name} on ${endpoint.device} in ${site}; the mapping may lag behind a move.`,
        document: site,
        observed,
        certainty: "unknown" as const,
        seenAtMs: mapping.atMs,
      },
    ];
  });
}
