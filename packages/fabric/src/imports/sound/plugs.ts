/**
 * Ports and what is plugged into them: a port has one cable and carries VLANs that exist; the ports of an aggregation group
 * carry the same and lead to one neighbour. Two switches that one group leads to are an MLAG pair, whether or not the source
 * says so: no other two accept a group between them.
 */
import type { Device, Fabric, Link, Port } from "../../fabric.ts";
import { linkId } from "../../migration-path.ts";
import { isSamePortVlans } from "../../ports.ts";
import type { FabricEnd, PortVlans } from "../../ports.ts";
import { isVlan } from "../addresses.ts";
import { sortedBy } from "../import-result.ts";
import type { NoteList } from "../import-result.ts";

/** document/device-schema.ts: what IPv4 allows. */
const mtuMin = 68;
const mtuMax = 65_535;

export function withSoundPlugs(fabric: Fabric, notes: NoteList): Fabric {
  const plugged = onePlugAPort(fabric, notes);
  const devices = plugged.devices.map((device) => ({ ...device, ports: device.ports.map((port) => soundPort(port)) }));
  return withSoundGroups({ ...plugged, devices: withPairs({ ...plugged, devices }, notes) }, notes);
}

function onePlugAPort(fabric: Fabric, notes: NoteList): Fabric {
  const sites = new Map(fabric.devices.map(({ name, site }) => [name, site] as const));
  const domains = new Map(fabric.devices.map(({ name, mlag }) => [name, mlag] as const));
  const ids = new Set<string>();
  const counts = new Map<string, string[]>();
  const apart = fabric.links.filter((link) => {
    const id = linkId(link);
    const isLoop = link.a.device === link.b.device;
    if (isLoop) notes.add(`link ${id}`, "joins a device with itself; left out");
    if (isLoop || ids.has(id)) return false;
    ids.add(id);
    for (const end of [link.a, link.b]) counts.set(text(end), [...(counts.get(text(end)) ?? []), id]);
    return true;
  });
  const links = apart.flatMap((link): readonly Link[] => {
    const crowded = [link.a, link.b].filter((end) => (counts.get(text(end))?.length ?? 0) > 1);
    for (const end of crowded)
      notes.add(
        text(end),
        `has ${counts.get(text(end))?.length ?? 0} neighbours; something joins them that is not known, and no link was made`,
      );
    if (crowded.length > 0) return [];
    const { kind, ...rest } = link;
    const [siteA, siteB] = [sites.get(link.a.device), sites.get(link.b.device)];
    const isWithin = kind === "dci" && siteA !== undefined && siteA === siteB;
    const isUnpaired =
      kind === "peer-link" && (domains.get(link.a.device) ?? "a") !== (domains.get(link.b.device) ?? "b");
    return [kind === undefined || isWithin || isUnpaired ? rest : { ...rest, kind }];
  });
  return { ...fabric, links };
}

/** 0 and 4095 are what switches write for no VLAN and for a port that forwards nothing. */
function soundPort(port: Port): Port {
  const { mtu, ...rest } = port;
  const isMtu = mtu !== undefined && Number.isInteger(mtu) && mtu >= mtuMin && mtu <= mtuMax;
  return { ...rest, vlans: soundVlans(port.vlans), ...(isMtu ? { mtu } : {}) };
}

function soundVlans(vlans: PortVlans): PortVlans {
  switch (vlans.kind) {
    case "access":
      return isVlan(vlans.tag) ? vlans : { kind: "unknown", why: `an access port of VLAN ${vlans.tag}, which is none` };
    case "trunk": {
      const { native, trunks } = vlans;
      const list = trunks === "all" ? trunks : [...new Set(trunks.filter(isVlan))].toSorted((a, b) => a - b);
      return { kind: "trunk", trunks: list, ...(native !== undefined && isVlan(native) ? { native } : {}) };
    }
    case "unknown":
      return { kind: "unknown", why: vlans.why.replaceAll(/\p{C}/gu, " ").slice(0, 1000) };
  }
}

/** Devices with the MLAG domains that their neighbours' groups show. */
function withPairs(fabric: Fabric, notes: NoteList): readonly Device[] {
  const domains = new Map(
    fabric.devices.flatMap(({ name, mlag }) => (mlag === undefined ? [] : [[name, mlag] as const])),
  );
  const switches = new Set(
    fabric.devices.filter(({ kind }) => kind === "switch" || kind === "router").map(({ name }) => name),
  );
  for (const group of groupsOf(fabric)) {
    const far = [...new Set(group.far.map(({ device }) => device))].toSorted();
    const [first, second] = far;
    const isOfOne = group.ports.every(({ device }) => device === group.owner);
    const isPair = isOfOne && far.length === 2 && far.every((name) => switches.has(name) && !domains.has(name));
    if (!isPair || first === undefined || second === undefined) continue;
    const name = `${first}+${second}`;
    domains.set(first, name);
    domains.set(second, name);
    notes.add(
      `group ${group.name} of ${group.owner}`,
      `leads to ${first} and ${second}; they are taken for an MLAG pair`,
    );
  }
  const sizes = new Map<string, number>();
  for (const domain of domains.values()) sizes.set(domain, (sizes.get(domain) ?? 0) + 1);
  return fabric.devices.map((device) => {
    const { mlag: _told, ...rest } = device;
    const domain = domains.get(device.name);
    if (domain === undefined) return rest;
    if ((sizes.get(domain) ?? 0) > 1) return { ...rest, mlag: domain };
    notes.add(device.name, `is the only device of ${domain} that is known; that it is one of several is left out`);
    return rest;
  });
}

interface Group {
  readonly owner: string;
  readonly name: string;
  readonly ports: readonly { readonly device: string; readonly port: Port }[];
  readonly far: readonly FabricEnd[];
}

/** Groups by their owner, a device or its MLAG domain, in the order of names. */
function groupsOf(fabric: Fabric): readonly Group[] {
  const far = new Map(fabric.links.flatMap(({ a, b }) => [[text(a), b] as const, [text(b), a] as const]));
  const groups = new Map<string, { owner: string; name: string; ports: { device: string; port: Port }[] }>();
  for (const device of fabric.devices)
    for (const port of device.ports) {
      if (port.lag === undefined) continue;
      const owner = device.mlag ?? device.name;
      const group = groups.get(`${owner}\u0000${port.lag}`) ?? { owner, name: port.lag, ports: [] };
      groups.set(`${owner}\u0000${port.lag}`, group);
      group.ports.push({ device: device.name, port });
    }
  return sortedBy([...groups], ([key]) => key).map(([, group]) => ({
    ...group,
    far: group.ports.flatMap(({ device, port }) => far.get(text({ device, port: port.name })) ?? []),
  }));
}

/** One name after the other: which ports are a group at all, then whether it has one neighbour, then what it carries. */
function withSoundGroups(fabric: Fabric, notes: NoteList): Fabric {
  const domains = new Map(fabric.devices.map(({ name, mlag }) => [name, mlag ?? name] as const));
  // How many neighbours a group has; an MLAG domain is one.
  const neighbours = ({ far }: Group): number => new Set(far.map(({ device }) => domains.get(device))).size;
  const apart = withPorts(fabric, (group) => {
    const isOfPair = new Set(group.ports.map(({ device }) => device)).size > 1;
    // In a pair one name is one group; these only happen to have the same one.
    return isOfPair && neighbours(group) > 1
      ? (port, device) => ({ ...port, lag: `${device}:${group.name}` })
      : undefined;
  });
  const joined = withPorts(apart, (group) => {
    if (neighbours(group) < 2) return undefined;
    notes.add(titleOf(group), "leads to several neighbours that are no MLAG pair; its ports are taken one by one");
    return ({ lag: _none, ...port }) => port;
  });
  return withPorts(joined, (group) => {
    const [first, ...others] = group.ports.map(({ port }) => port.vlans).filter(({ kind }) => kind !== "unknown");
    if (first === undefined || others.every((vlans) => isSamePortVlans(vlans, first))) return undefined;
    notes.add(titleOf(group), "has ports that do not carry the same VLANs; which of them hold is unknown");
    const vlans: PortVlans = { kind: "unknown", why: `the ports of ${titleOf(group)} do not carry the same VLANs` };
    return (port) => ({ ...port, vlans });
  });
}

const titleOf = ({ name, owner }: Group): string => `group ${name} of ${owner}`;

/** @param changeOf how the ports of a group change; undefined where they do not. */
function withPorts(
  fabric: Fabric,
  changeOf: (group: Group) => ((port: Port, device: string) => Port) | undefined,
): Fabric {
  const changes = new Map<string, Port>();
  for (const group of groupsOf(fabric)) {
    const change = changeOf(group);
    if (change === undefined) continue;
    for (const { device, port } of group.ports) changes.set(text({ device, port: port.name }), change(port, device));
  }
  const devices = fabric.devices.map((device) => ({
    ...device,
    ports: device.ports.map((port) => changes.get(text({ device: device.name, port: port.name })) ?? port),
  }));
  return { ...fabric, devices };
}

const text = ({ device, port }: FabricEnd): string => `${device}/${port}`;
