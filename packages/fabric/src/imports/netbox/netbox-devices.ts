/**
 * Devices and their ports out of NetBox's devices and interfaces. Patch panels have no interfaces and vanish; management
 * interfaces carry nothing of a VM and are left out. What NetBox does not say about a port's VLANs stays unknown.
 */
import type { Device, DeviceInterface, DeviceKind, Platform, Port } from "../../fabric.ts";
import type { PortVlans } from "../../ports.ts";
import { macText } from "../addresses.ts";
import type { NoteList } from "../import-result.ts";
import { at, isAbsent, itemsOf, maybeFlag, maybeNumber, maybeText, numberOf, textOf } from "../source.ts";
import type { Source } from "../source.ts";
import { byId, choiceOf, idOf, nameOf } from "./netbox-export.ts";
import type { NetboxExport } from "./netbox-export.ts";
import type { NetboxVlan, VlanTable } from "./netbox-segments.ts";

export interface DeviceTable {
  readonly devices: readonly Device[];
  readonly sites: readonly string[];
  readonly nameOf: (id: number) => string | undefined;
  /** Device, name and site of an interface; only of devices that were imported. */
  readonly interfaceAt: (id: number) => NetboxInterface | undefined;
  readonly hostsOf: (cluster: number) => readonly string[];
}

export interface NetboxInterface {
  readonly source: Source;
  readonly device: string;
  readonly name: string;
  readonly isPort: boolean;
  /** What it can carry at most, by its speed or its type. */
  readonly rateBps: number | undefined;
  /** The VLAN that its addresses belong to. */
  readonly segment: string | undefined;
}

/** Interface types without a plug. */
const virtualTypes: ReadonlySet<string> = new Set(["virtual", "bridge", "lag"]);
/** Devices that are not there (yet). */
const absentStates: ReadonlySet<string> = new Set(["planned", "inventory"]);

const roles: readonly { readonly pattern: RegExp; readonly kind: DeviceKind }[] = [
  { pattern: /fire-?wall|\bfw\b/, kind: "firewall" },
  { pattern: /load-?balancer|\blb\b|\badc\b/, kind: "load-balancer" },
  { pattern: /switch|leaf|spine|\btor\b|aggregation|distribution|access|\bcore\b/, kind: "switch" },
  { pattern: /router|\bedge\b|\bgateway\b/, kind: "router" },
  { pattern: /server|host|hypervisor|compute|\bnode\b/, kind: "host" },
];

const platforms: readonly { readonly pattern: RegExp; readonly platform: Platform }[] = [
  { pattern: /\beos\b/, platform: "eos" },
  { pattern: /nx-?os/, platform: "nx-os" },
  { pattern: /\bios(?:-xe)?\b/, platform: "ios" },
  { pattern: /junos/, platform: "junos" },
  { pattern: /open-?v-?switch|\bovs\b/, platform: "open-vswitch" },
];

export function deviceTable(
  netbox: NetboxExport,
  vlans: VlanTable,
  addresses: ReadonlyMap<string, readonly string[]>,
  notes: NoteList,
): DeviceTable {
  const interfaces = netbox.list("dcim/interfaces");
  const interfacesById = byId(interfaces);
  const byDevice = new Map<number, Source[]>();
  for (const port of interfaces) {
    const id = idOf(at(port, "device"));
    if (id !== undefined) byDevice.set(id, [...(byDevice.get(id) ?? []), port]);
  }
  const all = netbox.list("dcim/devices").filter((device) => byDevice.has(numberOf(at(device, "id"))));
  const present = all.filter((device) => !absentStates.has(choiceOf(at(device, "status")) ?? ""));
  for (const device of all.filter((candidate) => !present.includes(candidate)))
    notes.add(device.path, `is ${choiceOf(at(device, "status")) ?? ""}, and left out`);
  const names = uniqueNames(present);
  const withMachines = new Set(
    netbox.list("virtualization/virtual-machines").flatMap((vm) => idOf(at(vm, "device")) ?? []),
  );
  const read = new Map<number, NetboxInterface>();
  for (const device of present)
    for (const port of byDevice.get(numberOf(at(device, "id"))) ?? []) {
      const name = names.get(numberOf(at(device, "id"))) ?? "";
      read.set(numberOf(at(port, "id")), readInterface(port, device, name));
    }
  const sites = [...new Set(present.flatMap((device) => nameOf(at(device, "site")) ?? []))];
  return {
    devices: present.map(deviceOf),
    sites,
    nameOf: (id) => names.get(id),
    interfaceAt: (id) => read.get(id),
    hostsOf: (cluster) =>
      present
        .filter((device) => idOf(at(device, "cluster")) === cluster)
        .flatMap((device) => names.get(numberOf(at(device, "id"))) ?? []),
  };

  function deviceOf(device: Source): Device {
    const id = numberOf(at(device, "id"));
    const own = byDevice.get(id) ?? [];
    const name = names.get(id) ?? "";
    const site = nameOf(at(device, "site"));
    const platform = platformOf(device);
    const chassis = nameOf(at(device, "virtual_chassis"));
    if (chassis !== undefined)
      notes.add(
        `${device.path}.virtual_chassis`,
        `is ${chassis}: NetBox has no links between members of a chassis; add them`,
      );
    const feet = own.flatMap(interfacesOf);
    const ports = own.filter(isPort).map(portOf);
    return {
      name,
      kind: isVirtualised(device) ? "host" : kindOf(device, name),
      ...(site === undefined ? {} : { site }),
      ports,
      ...(chassis === undefined ? {} : { mlag: chassis }),
      ...(feet.length === 0 ? {} : { interfaces: feet }),
      ...(platform === undefined ? {} : { platform }),
    };
  }

  /** What runs VMs or stands in a cluster of hosts is a host, whatever its role is called. */
  function isVirtualised(device: Source): boolean {
    return idOf(at(device, "cluster")) !== undefined || withMachines.has(numberOf(at(device, "id")));
  }

  function kindOf(device: Source, name: string): DeviceKind {
    const role = isAbsent(at(device, "role")) ? at(device, "device_role") : at(device, "role");
    const words = `${maybeText(at(role, "slug")) ?? ""} ${(nameOf(role) ?? "").toLowerCase()}`;
    const known = roles.find(({ pattern }) => pattern.test(words));
    if (known === undefined)
      notes.add(device.path, `${name} has a role that says nothing here (${words.trim()}); it is taken for a switch`);
    return known?.kind ?? "switch";
  }

  function portOf(port: Source): Port {
    const group = groupOf(port);
    const mtu = maybeNumber(at(port, "mtu")) ?? (group === undefined ? undefined : maybeNumber(at(group, "mtu")));
    const isEnabled = maybeFlag(at(port, "enabled"));
    return {
      name: textOf(at(port, "name")),
      vlans: vlansOf(choiceOf(at(port, "mode")) === undefined && group !== undefined ? group : port),
      ...(mtu === undefined ? {} : { mtu }),
      ...(isEnabled === false ? { isEnabled: false } : {}),
      ...(group === undefined ? {} : { lag: textOf(at(group, "name")) }),
    };
  }

  function groupOf(port: Source): Source | undefined {
    const reference = at(port, "lag");
    const id = idOf(reference);
    if (id === undefined) return undefined;
    const group = interfacesById.get(id);
    if (group === undefined) notes.add(reference.path, "is an aggregation group that dcim/interfaces lacks");
    return group;
  }

  function vlansOf(port: Source): PortVlans {
    const mode = choiceOf(at(port, "mode"));
    const policy = nameOf(at(port, "vlan_translation_policy"));
    const native = vlans.of(at(port, "untagged_vlan"))?.vlan;
    if (policy !== undefined) return unknown(port, `VLAN translation policy ${policy} applies, and is not followed`);
    if (mode === undefined) return { kind: "unknown", why: "NetBox gives it no 802.1Q mode" };
    if (mode === "access")
      return native === undefined ? unknown(port, "an access port without a VLAN") : { kind: "access", tag: native };
    const tail = native === undefined ? {} : { native };
    if (mode === "tagged-all") return { kind: "trunk", trunks: "all", ...tail };
    if (mode !== "tagged") return unknown(port, `802.1Q mode ${mode} is not known here`);
    const trunks = itemsOf(at(port, "tagged_vlans")).flatMap((vlan) => vlans.of(vlan)?.vlan ?? []);
    return { kind: "trunk", trunks: [...new Set(trunks)].toSorted((a, b) => a - b), ...tail };
  }

  function unknown(port: Source, why: string): PortVlans {
    notes.add(port.path, why);
    return { kind: "unknown", why };
  }

  function interfacesOf(port: Source): readonly DeviceInterface[] {
    const known = read.get(numberOf(at(port, "id")));
    const own = addresses.get(`dcim.interface:${numberOf(at(port, "id"))}`) ?? [];
    if (own.length === 0 || isManagement(port)) return [];
    const { segment } = known ?? {};
    if (segment === undefined) {
      notes.add(port.path, `has ${own.join(", ")}, which belongs to no VLAN that NetBox names; left out`);
      return [];
    }
    const mac = macText(maybeText(at(port, "mac_address")) ?? "");
    return own.map((address) => ({ segment, address, ...(mac === undefined ? {} : { mac }) }));
  }

  function readInterface(port: Source, device: Source, name: string): NetboxInterface {
    return {
      source: port,
      device: name,
      name: textOf(at(port, "name")),
      isPort: isPort(port),
      rateBps: rateOf(port),
      segment: vlanOfInterface(port, nameOf(at(device, "site")))?.segment,
    };
  }

  /** By its untagged VLAN, by its name (Vlan10, irb.10), by the prefix that holds its first address. */
  function vlanOfInterface(port: Source, site: string | undefined): NetboxVlan | undefined {
    const untagged = vlans.of(at(port, "untagged_vlan"));
    if (untagged !== undefined) return untagged;
    const number = /^(?:vlan|vl|irb|bvi)[-. ]?(\d{1,4})$/i.exec(textOf(at(port, "name")))?.[1];
    const named = number === undefined ? undefined : vlans.numbered(Number(number), site);
    if (named !== undefined) return named;
    const [address] = addresses.get(`dcim.interface:${numberOf(at(port, "id"))}`) ?? [];
    return address === undefined ? undefined : vlans.holding(address);
  }
}

function isManagement(port: Source): boolean {
  return maybeFlag(at(port, "mgmt_only")) === true;
}

function isPort(port: Source): boolean {
  return !isManagement(port) && !virtualTypes.has(choiceOf(at(port, "type")) ?? "");
}

/** Names are unique within a site and a tenant only, and may be left out. */
function uniqueNames(devices: readonly Source[]): ReadonlyMap<number, string> {
  const given = devices.map((device) => maybeText(at(device, "name")) ?? `device-${numberOf(at(device, "id"))}`);
  const names = new Map<number, string>();
  const taken = new Set<string>();
  for (const [index, device] of devices.entries()) {
    const name = given[index] ?? "";
    const id = numberOf(at(device, "id"));
    const isUnique = given.indexOf(name) === given.lastIndexOf(name);
    const wanted = isUnique ? name : `${name}@${nameOf(at(device, "site")) ?? id}`;
    const unique = taken.has(wanted) ? `${wanted}-${id}` : wanted;
    taken.add(unique);
    names.set(id, unique);
  }
  return names;
}

function platformOf(device: Source): Platform | undefined {
  const platform = at(device, "platform");
  const words = `${maybeText(at(platform, "slug")) ?? ""} ${(nameOf(platform) ?? "").toLowerCase()}`;
  return platforms.find(({ pattern }) => pattern.test(words))?.platform;
}

/** `speed` in kbit/s; without it the type tells: `10gbase-x-sfpp`, `1000base-t`. */
function rateOf(port: Source): number | undefined {
  const speedKbps = maybeNumber(at(port, "speed"));
  if (speedKbps !== undefined) return speedKbps * 1000;
  const { amount, giga } =
    /^(?<amount>\d+(?:\.\d+)?)(?<giga>g?)base/.exec(choiceOf(at(port, "type")) ?? "")?.groups ?? {};
  return amount === undefined ? undefined : Number(amount) * (giga === "g" ? 1_000_000_000 : 1_000_000);
}
