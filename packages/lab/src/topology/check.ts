/**
 * What the parts of a topology owe each other. Works on the parts that satisfied their schema and on the names of all,
 * so that one typo is one error.
 *
 * A trunk that leaves a VLAN out is not an error: such a lab is how one shows what a forgotten VLAN does.
 */
import { isInSubnet } from "./ipv4.ts";
import type { Complaint, DocumentPath, Part } from "./complaint.ts";
import type {
  ClientSpec,
  HostSpec,
  LinkEndSpec,
  LinkSpec,
  SanSpec,
  SwitchSpec,
  VlanRole,
  VlanSpec,
  VmSpec,
} from "./schema.ts";

export type TopologyParts = {
  readonly vlans: ReadonlyMap<string, Part<VlanSpec>>;
  readonly hosts: readonly Part<HostSpec>[];
  readonly switches: readonly Part<SwitchSpec>[];
  readonly san: Part<SanSpec> | undefined;
  readonly clients: readonly Part<ClientSpec>[];
  readonly links: readonly Part<LinkSpec>[];
  readonly vms: readonly Part<VmSpec>[];
};

export type WrittenNames = {
  readonly vlans: readonly string[];
  readonly hosts: readonly string[];
  readonly devices: readonly string[];
};

export function checkReferences(parts: TopologyParts, names: WrittenNames): Complaint[] {
  return [
    ...checkUnique(parts),
    ...checkAddresses(parts),
    ...parts.links.flatMap((link) => checkLink(link, parts, names)),
    ...checkCabling(parts),
    ...checkLoops(parts),
    ...checkVms(parts, names),
  ];
}

type Claim = { readonly path: DocumentPath; readonly value: string };

function checkUnique(parts: TopologyParts): Complaint[] {
  const devices = [...parts.hosts, ...parts.switches, ...(parts.san ? [parts.san] : []), ...parts.clients];
  const nameOf = (part: Part<{ readonly name: string }>): Claim => ({
    path: [...part.path, "name"],
    value: part.value.name,
  });
  const vmClaims = (key: "mac" | "address") =>
    parts.vms.map((vm) => ({ path: [...vm.path, key], value: vm.value[key] }));
  return [
    ...duplicates("name", devices.map(nameOf)),
    ...duplicates("VM name", parts.vms.map(nameOf)),
    ...duplicates("MAC address", vmClaims("mac")),
    ...duplicates(
      "VLAN id",
      [...parts.vlans.values()].map((vlan) => ({ path: [...vlan.path, "id"], value: String(vlan.value.id) })),
    ),
    ...duplicates("address", addressClaims(parts)),
    ...duplicates(
      "port",
      parts.links.flatMap((link) =>
        (["a", "b"] as const).map((side) => {
          const end = link.value[side];
          return { path: [...link.path, side, "port"], value: `${end.device} ${end.port}` };
        }),
      ),
    ),
  ];
}

function duplicates(what: string, claims: readonly Claim[]): Complaint[] {
  const seen = new Set<string>();
  return claims.flatMap(({ path, value }) => {
    const isFirst = !seen.has(value);
    seen.add(value);
    return isFirst ? [] : [{ path, message: `the ${what} "${value}" is used twice`, hint: "Choose another one." }];
  });
}

type AddressClaim = Claim & { readonly role: VlanRole };

function addressClaims(parts: TopologyParts): AddressClaim[] {
  const roles = ["management", "migration", "storage"] as const;
  return [
    ...parts.hosts.flatMap((host) =>
      roles.map((role) => ({ path: [...host.path, "addresses", role], value: host.value.addresses[role], role })),
    ),
    ...(parts.san
      ? [{ path: [...parts.san.path, "address"], value: parts.san.value.address, role: "storage" as const }]
      : []),
    ...[...parts.clients, ...parts.vms].map((part) => ({
      path: [...part.path, "address"],
      value: part.value.address,
      role: "tenant" as const,
    })),
  ];
}

function checkAddresses(parts: TopologyParts): Complaint[] {
  return addressClaims(parts).flatMap(({ path, value, role }) => {
    const subnet = parts.vlans.get(role)?.value.subnet;
    if (subnet === undefined || isInSubnet(value, subnet)) return [];
    const message = `${value} is not in ${subnet}, the subnet of the VLAN "${role}"`;
    return [{ path, message, hint: "Choose an address of that subnet." }];
  });
}

function checkLink(link: Part<LinkSpec>, parts: TopologyParts, names: WrittenNames): Complaint[] {
  return (["a", "b"] as const).flatMap((side) => {
    const [end, path] = [link.value[side], [...link.path, side]];
    const complaints: Complaint[] = [];
    const complain = (key: string, message: string, hint: string) =>
      complaints.push({ path: [...path, key], message, hint });
    if (!names.devices.includes(end.device)) {
      complain("device", `there is no device "${end.device}"`, `Known are ${names.devices.join(", ")}.`);
      return complaints;
    }
    for (const vlan of [...(end.trunk ?? []), ...(end.access === undefined ? [] : [end.access])]) {
      if (names.vlans.includes(vlan)) continue;
      complain(
        end.access === vlan ? "access" : "trunk",
        `there is no VLAN "${vlan}"`,
        `Known are ${names.vlans.join(", ")}.`,
      );
    }
    if (/^(br0|lo|v[0-9]+|vnet[0-9]+|ovs-.*)$/.test(end.port)) {
      complain("port", `"${end.port}" is a name the lab uses itself`, "Choose another one, such as up1 or p-sw2.");
    }
    const isSwitching = isSwitchingDevice(end, parts);
    if (isSwitching && (end.trunk === undefined) === (end.access === undefined)) {
      const hint = "Give trunk: [VLANs] towards a host or switch, access: VLAN towards a SAN or client.";
      complain("port", "a port of a host or switch is either a trunk or an access port", hint);
    }
    if (isSwitching === false && (end.trunk !== undefined || end.access !== undefined)) {
      complain("port", `${end.device} knows no VLANs`, "Give trunk or access at the other end of the link.");
    }
    return complaints;
  });
}

/** Undefined when the device's own part has errors. */
function isSwitchingDevice(end: LinkEndSpec, parts: TopologyParts): boolean | undefined {
  if ([...parts.hosts, ...parts.switches].some((part) => part.value.name === end.device)) return true;
  const plain = [...(parts.san ? [parts.san] : []), ...parts.clients];
  return plain.some((part) => part.value.name === end.device) ? false : undefined;
}

function checkCabling(parts: TopologyParts): Complaint[] {
  const linked = parts.links.flatMap((link) => [link.value.a.device, link.value.b.device]);
  const count = (name: string) => linked.filter((device) => device === name).length;
  const plain = [...(parts.san ? [parts.san] : []), ...parts.clients];
  const hint = "Add a link that ends at it.";
  return [
    ...[...parts.hosts, ...parts.switches]
      .filter((part) => count(part.value.name) === 0)
      .map((part) => ({ path: part.path, message: `${part.value.name} has no link`, hint })),
    ...plain
      .filter((part) => count(part.value.name) !== 1)
      .map((part) => ({ path: part.path, message: `${part.value.name} must have exactly one link`, hint })),
  ];
}

/** The lab's switches run no spanning tree: a loop would be a broadcast storm on the user's machine. */
function checkLoops(parts: TopologyParts): Complaint[] {
  const groups = new Map<string, string>();
  const groupOf = (device: string): string => {
    const parent = groups.get(device) ?? device;
    return parent === device ? device : groupOf(parent);
  };
  return parts.links.flatMap((link) => {
    const [a, b] = [groupOf(link.value.a.device), groupOf(link.value.b.device)];
    groups.set(a, b);
    if (a !== b) return [];
    const message = `the link from ${link.value.a.device} to ${link.value.b.device} closes a loop`;
    return [
      { path: link.path, message, hint: "Remove one link of the loop: the lab's switches run no spanning tree." },
    ];
  });
}

function checkVms(parts: TopologyParts, names: WrittenNames): Complaint[] {
  const unknownHosts = parts.vms
    .filter((vm) => !names.hosts.includes(vm.value.host))
    .map((vm) => ({
      path: [...vm.path, "host"],
      message: `there is no host "${vm.value.host}"`,
      hint: `Known are ${names.hosts.join(", ")}.`,
    }));
  const overfull = parts.hosts.flatMap((host) => {
    const placed = parts.vms.filter((vm) => vm.value.host === host.value.name);
    const neededMiB = placed.reduce((sum, vm) => sum + vm.value.memoryMiB, 0);
    if (neededMiB <= host.value.memoryMiB) return [];
    const message = `its VMs need ${neededMiB} MiB, more than its ${host.value.memoryMiB} MiB`;
    return [{ path: [...host.path, "memoryMiB"], message, hint: "Give it more, or place a VM elsewhere." }];
  });
  const crowded = parts.vms
    .filter((vm) => vm.value.patrol.bufferMiB > vm.value.memoryMiB - 64)
    .map((vm) => ({
      path: [...vm.path, "patrol", "bufferMiB"],
      message: `a buffer of ${vm.value.patrol.bufferMiB} MiB does not fit into ${vm.value.memoryMiB} MiB`,
      hint: "Leave 64 MiB to the guest's kernel.",
    }));
  return [...unknownHosts, ...overfull, ...crowded];
}
