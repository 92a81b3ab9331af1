/**
 * Segments out of NetBox's VLANs. The key is the VLAN object, not its number: the scope of its group, or its site, says
 * where the number means this segment. Subnets come from the prefixes that name the VLAN.
 */
import type { Segment } from "../../fabric.ts";
import { isInSubnet } from "../addresses.ts";
import type { NoteList } from "../import-result.ts";
import { at, isAbsent, isMapping, maybeNumber, maybeText, numberOf, textOf, vlanOf } from "../source.ts";
import type { Source } from "../source.ts";
import { byId, choiceOf, idOf, nameOf } from "./netbox-export.ts";
import type { NetboxExport } from "./netbox-export.ts";

export interface NetboxVlan {
  readonly segment: string;
  readonly vlan: number;
}

export interface VlanTable {
  readonly segments: () => readonly Segment[];
  /** What a reference to a VLAN stands for; a VLAN that the export lacks is taken from the reference itself. */
  readonly of: (reference: Source) => NetboxVlan | undefined;
  /** The VLAN of that number in that site, where there is exactly one. */
  readonly numbered: (vlan: number, site: string | undefined) => NetboxVlan | undefined;
  /** The VLAN whose prefix holds the address; the longest prefix counts. */
  readonly holding: (address: string) => NetboxVlan | undefined;
}

interface Known extends NetboxVlan {
  readonly sites: readonly string[] | undefined;
  readonly vrf: string | undefined;
  readonly subnets: readonly string[];
}

export function vlanTable(netbox: NetboxExport, notes: NoteList): VlanTable {
  const groups = byId(netbox.list("ipam/vlan-groups"));
  const prefixes = netbox.list("ipam/prefixes");
  const objects = netbox.list("ipam/vlans");
  const siteOf = siteTable(netbox);
  const scopes = new Map(objects.map((vlan) => [vlan, scopeOf(vlan, groups, siteOf, notes)] as const));
  const names = objects.map((vlan) => textOf(at(vlan, "name")));
  const known = new Map<number, Known>();
  const taken = new Set<string>();
  for (const [index, vlan] of objects.entries()) {
    const name = names[index] ?? "";
    const scope = scopes.get(vlan);
    const isUnique = names.indexOf(name) === names.lastIndexOf(name);
    const id = numberOf(at(vlan, "id"));
    const wanted = isUnique ? name : `${name}@${scope?.label ?? `vlan-${id}`}`;
    const segment = taken.has(wanted) ? `${wanted}-${id}` : wanted;
    taken.add(segment);
    const own = prefixes.filter((prefix) => idOf(at(prefix, "vlan")) === id);
    known.set(id, {
      segment,
      vlan: vlanOf(at(vlan, "vid")),
      sites: scope?.sites,
      vrf: own.map((prefix) => nameOf(at(prefix, "vrf"))).find((vrf) => vrf !== undefined),
      subnets: own.map((prefix) => textOf(at(prefix, "prefix"))).toSorted(),
    });
  }
  return {
    segments: () =>
      [...known.values()].map(({ segment, vlan, sites, vrf, subnets }) => ({
        name: segment,
        vlan,
        ...(sites === undefined ? {} : { sites }),
        ...(vrf === undefined ? {} : { vrf }),
        subnets,
      })),
    of: (reference) => {
      const id = idOf(reference);
      if (id === undefined) return undefined;
      const found = known.get(id);
      if (found !== undefined || !isMapping(reference)) return found;
      const name = maybeText(at(reference, "name")) ?? `vlan-${id}`;
      const segment = taken.has(name) ? `${name}-${id}` : name;
      taken.add(segment);
      const added = { segment, vlan: vlanOf(at(reference, "vid")), sites: undefined, vrf: undefined, subnets: [] };
      known.set(id, added);
      notes.add(
        reference.path,
        `is VLAN ${added.vlan} (${name}), which ipam/vlans lacks; where it is valid is unknown`,
      );
      return added;
    },
    numbered: (vlan, site) => {
      const found = [...known.values()].filter(
        (candidate) =>
          candidate.vlan === vlan &&
          (candidate.sites === undefined || (site !== undefined && candidate.sites.includes(site))),
      );
      return found.length === 1 ? found[0] : undefined;
    },
    holding: (address) => {
      const found = [...known.values()].flatMap((candidate) =>
        candidate.subnets
          .filter((subnet) => isInSubnet(address, subnet))
          .map((subnet) => ({ candidate, length: Number(subnet.slice(subnet.indexOf("/") + 1)) })),
      );
      const longest = Math.max(...found.map(({ length }) => length));
      const best = found.filter(({ length }) => length === longest);
      return best.length === 1 ? best[0]?.candidate : undefined;
    },
  };
}

interface Scope {
  /** Tells segments of one name apart. */
  readonly label: string | undefined;
  readonly sites: readonly string[] | undefined;
}

/** Where the objects stand that VLAN groups are valid in. */
const places: Readonly<Record<string, string>> = {
  "dcim.location": "dcim/locations",
  "dcim.rack": "dcim/racks",
  "virtualization.cluster": "virtualization/clusters",
};

type SiteOf = (type: string, id: number | undefined) => string | undefined;

/** A cluster's site is its scope since release 4.2. */
function siteTable(netbox: NetboxExport): SiteOf {
  return (type, id) => {
    const path = places[type];
    const object = path === undefined ? undefined : netbox.list(path).find((one) => numberOf(at(one, "id")) === id);
    if (object === undefined) return undefined;
    return (
      nameOf(at(object, "site")) ??
      (choiceOf(at(object, "scope_type")) === "dcim.site" ? nameOf(at(object, "scope")) : undefined)
    );
  };
}

/** A VLAN's own site counts before the scope of its group. */
function scopeOf(vlan: Source, groups: ReadonlyMap<number, Source>, siteOf: SiteOf, notes: NoteList): Scope {
  const site = nameOf(at(vlan, "site"));
  if (site !== undefined) return { label: site, sites: [site] };
  const reference = at(vlan, "group");
  const id = idOf(reference);
  if (id === undefined) return { label: undefined, sites: undefined };
  const group = groups.get(id);
  const label = nameOf(group ?? reference);
  if (group === undefined) {
    notes.add(reference.path, "is a VLAN group that ipam/vlan-groups lacks; its scope is unknown");
    return { label, sites: undefined };
  }
  const type = choiceOf(at(group, "scope_type"));
  const scope = nameOf(at(group, "scope"));
  if (type === "dcim.site" && scope !== undefined) return { label, sites: [scope] };
  const placed =
    type === undefined ? undefined : siteOf(type, maybeNumber(at(group, "scope_id")) ?? idOf(at(group, "scope")));
  if (placed !== undefined) return { label, sites: [placed] };
  if (type !== undefined && !isAbsent(at(group, "scope")))
    notes.add(group.path, `is valid in ${type} ${scope ?? ""}, and the export does not say in which site that is`);
  return { label, sites: undefined };
}
