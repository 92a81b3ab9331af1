/**
 * What the parts of a topology owe each other. Works on the parts that satisfied their schema and on the names of all,
 * so that one typo is one error.
 *
 * A trunk that leaves a VLAN out is not an error: such a lab is how one shows what a forgotten VLAN does.
 */
import { addressClaims } from "./address-claims.ts";
import type { Claim } from "./address-claims.ts";
import { checkLink } from "./check-link.ts";
import { checkRouting } from "./check-routing.ts";
import { isInSubnet } from "./ipv4.ts";
import type { Complaint, Part } from "./complaint.ts";
import type { TopologyParts, WrittenNames } from "./parts.ts";
import { DEFAULT_SEGMENT } from "./schema.ts";

export function checkReferences(parts: TopologyParts, names: WrittenNames): Complaint[] {
  return [
    ...checkUnique(parts),
    ...checkAddresses(parts, names),
    ...parts.links.flatMap((link) => checkLink(link, parts, names)),
    ...checkCabling(parts),
    ...checkLoops(parts),
    ...checkRouting(parts, names),
    ...checkVms(parts, names),
  ];
}

function checkUnique(parts: TopologyParts): Complaint[] {
  const devices = [
    ...parts.hosts,
    ...parts.switches,
    ...parts.routers,
    ...(parts.san ? [parts.san] : []),
    ...parts.clients,
  ];
  const nameOf = (part: Part<{ readonly name: string }>): Claim => ({
    path: [...part.path, "name"],
    value: part.value.name,
  });
  const vmClaims = (key: "mac" | "address") =>
    parts.vms.map((vm) => ({ path: [...vm.path, key], value: vm.value[key] }));
  return [
    ...duplicates("name", devices.map(nameOf)),
    ...duplicates("VM name", parts.vms.map(nameOf)),
    ...duplicates("gateway", parts.gateways.map(nameOf)),
    ...duplicates("site", parts.sites),
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

function checkAddresses(parts: TopologyParts, names: WrittenNames): Complaint[] {
  return addressClaims(parts).flatMap(({ path, value, segment, segmentPath }) => {
    // The default segment is not written where it is used; that it is missing was said of the VLANs.
    if (segmentPath !== undefined && segment !== DEFAULT_SEGMENT && !names.vlans.includes(segment)) {
      const hint = `Known are ${names.vlans.join(", ")}.`;
      return [{ path: segmentPath, message: `there is no VLAN "${segment}"`, hint }];
    }
    const subnet = parts.vlans.get(segment)?.value.subnet;
    if (subnet === undefined || isInSubnet(value, subnet)) return [];
    const message = `${value} is not in ${subnet}, the subnet of the VLAN "${segment}"`;
    return [{ path, message, hint: "Choose an address of that subnet." }];
  });
}

function checkCabling(parts: TopologyParts): Complaint[] {
  const linked = parts.links.flatMap((link) => [link.value.a.device, link.value.b.device]);
  const count = (name: string) => linked.filter((device) => device === name).length;
  const plain = [...(parts.san ? [parts.san] : []), ...parts.clients];
  const hint = "Add a link that ends at it.";
  return [
    ...[...parts.hosts, ...parts.switches, ...parts.routers]
      .filter((part) => count(part.value.name) === 0)
      .map((part) => ({ path: part.path, message: `${part.value.name} has no link`, hint })),
    ...plain
      .filter((part) => count(part.value.name) !== 1)
      .map((part) => ({ path: part.path, message: `${part.value.name} must have exactly one link`, hint })),
  ];
}

/**
 * The lab's switches run no spanning tree: a loop would be a broadcast storm on the user's machine. Routers end a loop.
 * Filters do not, and neither does an MLAG pair: Open vSwitch would forward what a real pair keeps back.
 */
function checkLoops(parts: TopologyParts): Complaint[] {
  const routers = new Set(parts.routers.map((router) => router.value.name));
  const groups = new Map<string, string>();
  const groupOf = (device: string): string => {
    const parent = groups.get(device) ?? device;
    return parent === device ? device : groupOf(parent);
  };
  const bridged = parts.links.filter(({ value }) => !routers.has(value.a.device) && !routers.has(value.b.device));
  return bridged.flatMap((link) => {
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
