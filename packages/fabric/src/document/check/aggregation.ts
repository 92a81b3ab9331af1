/**
 * Link aggregation: the ports of a group are one link, so they carry the same VLANs and lead to one neighbour; an MLAG
 * domain has more than one device. A neighbour is a device or an MLAG domain.
 */
import { isSamePortVlans } from "../../ports.ts";
import type { PortVlans } from "../../ports.ts";
import { portVlans } from "../build-device.ts";
import type { DevicePart, PortPart } from "../device-schema.ts";
import { nearestOf } from "../nearest.ts";
import type { DocumentPath } from "../problem.ts";
import type { Scope } from "./scope.ts";

export function checkAggregation(scope: Scope): void {
  const devices = scope.document.devices ?? [];
  checkDomains(scope, devices);
  const groups = new Map<string, { readonly vlans: PortVlans; readonly port: string }>();
  const groupOfPort = new Map<string, string>();
  for (const [index, device] of devices.entries())
    for (const [at, port] of (device.ports ?? []).entries()) {
      if (port.lag === undefined) continue;
      const group = `${port.lag} of ${domainOf(device)}`;
      const name = `${device.name}/${port.name}`;
      groupOfPort.set(name, group);
      if (!isResolved(port, device.site, scope)) continue;
      const vlans = portVlans(port, device.site, scope.resolver);
      const first = groups.get(group);
      if (first === undefined) groups.set(group, { vlans, port: name });
      else if (isContradiction(first.vlans, vlans))
        scope.complain(
          ["devices", index, "ports", at],
          `${name} and ${first.port} are one link aggregation group, ${group}, and do not carry the same VLANs`,
          "Write the same trunk, native or access at each of its ports.",
        );
    }
  checkNeighbours(scope, groupOfPort);
}

/** A name that stands for no VLAN has been told already. */
function isResolved({ trunk, native, access }: PortPart, site: string | undefined, scope: Scope): boolean {
  const items = [...(trunk === undefined || trunk === "all" ? [] : trunk), native, access];
  return items.every((item) => item === undefined || scope.resolver.one(item, site).problems.length === 0);
}

/** One that nobody could read contradicts nothing. */
function isContradiction(one: PortVlans, other: PortVlans): boolean {
  return one.kind !== "unknown" && other.kind !== "unknown" && !isSamePortVlans(one, other);
}

const domainOf = (device: DevicePart): string => device.mlag ?? device.name;

function checkDomains(scope: Scope, devices: readonly DevicePart[]): void {
  const sizes = new Map<string, number>();
  for (const { mlag } of devices) if (mlag !== undefined) sizes.set(mlag, (sizes.get(mlag) ?? 0) + 1);
  for (const [index, { name, mlag }] of devices.entries()) {
    if (mlag === undefined || sizes.get(mlag) !== 1) continue;
    scope.complain(["devices", index, "mlag"], `${name} is the only device of the MLAG domain ${mlag}`, () => {
      const others = [...sizes.keys()].filter((domain) => domain !== mlag);
      const nearest = nearestOf(mlag, others);
      return nearest === undefined ? "Give its peer the same mlag." : `Did you mean "${nearest}"?`;
    });
  }
}

function checkNeighbours(scope: Scope, groupOfPort: ReadonlyMap<string, string>): void {
  const neighbours = new Map<string, string>();
  for (const [index, link] of (scope.document.links ?? []).entries())
    for (const [near, far] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      const device = scope.devices.get(link[far].device);
      const group = groupOfPort.get(`${link[near].device}/${link[near].port}`);
      if (device === undefined || group === undefined) continue;
      const neighbour = domainOf(device);
      const first = neighbours.get(group) ?? neighbour;
      neighbours.set(group, first);
      if (first !== neighbour) tellSplit(scope, ["links", index, far], group, first, neighbour);
    }
}

function tellSplit(scope: Scope, path: DocumentPath, group: string, first: string, second: string): void {
  scope.complain(
    path,
    `the link aggregation group ${group} leads to ${first} and to ${second}`,
    "A group leads to one device, or to devices with the same mlag: correct this end, or name the domain.",
  );
}
