/**
 * The fabric with a change made, to ask the rules again before anybody types a command. A change of something that the
 * fabric does not have leaves it as it is.
 *
 * Filters stand on links in the fabric and on ports in a change: a filter on either end counts for the link, because one
 * end that drops a hello already parts the two routers.
 */
import type { Device, Fabric, Gateway, Link, LinkFilters, Port } from "../fabric.ts";
import type { FabricEnd } from "../ports.ts";
import type { ConfigChange } from "./config-change.ts";
import { vlansAfter } from "./vlan-sets.ts";

export function applyChange(fabric: Fabric, change: ConfigChange): Fabric {
  switch (change.kind) {
    case "allow-vlan":
    case "remove-vlans":
    case "set-native":
    case "set-vlans":
      return withPort(fabric, change.port, (port) => ({
        ...port,
        vlans: vlansAfter({ ...change, before: port.vlans }),
      }));
    case "set-mtu":
      return withPort(fabric, change.port, (port) => withMtu(port, change.mtu));
    case "define-vlan":
      return withDevice(fabric, change.device, (device) =>
        device.vlans === undefined || device.vlans.includes(change.vlan)
          ? device
          : { ...device, vlans: [...device.vlans, change.vlan].sort((a, b) => a - b) },
      );
    case "undefine-vlan":
      return withDevice(fabric, change.device, (device) =>
        device.vlans === undefined ? device : { ...device, vlans: device.vlans.filter((vlan) => vlan !== change.vlan) },
      );
    case "filter-gateway":
      return {
        ...fabric,
        links: fabric.links.map((link) =>
          isEndOf(link, change.port) ? { ...link, filters: filtered(link, change) } : link,
        ),
      };
    case "add-gateway-address":
    case "remove-gateway-address":
      return {
        ...fabric,
        gateways: fabric.gateways.map((gateway) =>
          gateway.name === change.gateway
            ? withAddress(gateway, change.device, change.kind === "add-gateway-address")
            : gateway,
        ),
      };
  }
}

export function applyChanges(fabric: Fabric, changes: readonly ConfigChange[]): Fabric {
  return changes.reduce(applyChange, fabric);
}

function withDevice(fabric: Fabric, name: string, edit: (device: Device) => Device): Fabric {
  return { ...fabric, devices: fabric.devices.map((device) => (device.name === name ? edit(device) : device)) };
}

function withPort(fabric: Fabric, end: FabricEnd, edit: (port: Port) => Port): Fabric {
  return withDevice(fabric, end.device, (device) => ({
    ...device,
    ports: device.ports.map((port) => (port.name === end.port ? edit(port) : port)),
  }));
}

function withMtu(port: Port, mtu: number | undefined): Port {
  if (mtu !== undefined) return { ...port, mtu };
  const { mtu: _default, ...rest } = port;
  return rest;
}

function filtered(link: Link, change: Extract<ConfigChange, { readonly kind: "filter-gateway" }>): LinkFilters {
  const value = change.isAdded ? "yes" : "no";
  const named = link.filters === undefined ? [] : link.filters.gateways;
  const parts: LinkFilters = {
    ...(change.what.includes("hello") ? { hello: value } : {}),
    ...(change.what.includes("virtual-mac") ? { virtualMac: value } : {}),
    ...(change.what.includes("gateway-arp") ? { gatewayArp: value } : {}),
  };
  // Filters without a list are for every gateway, and stay so.
  if (named === undefined) return { ...link.filters, ...parts };
  return { ...link.filters, ...parts, gateways: [...new Set([...named, change.gateway])].sort() };
}

function withAddress(gateway: Gateway, device: string, hasAddress: boolean): Gateway {
  const value = hasAddress ? "yes" : "no";
  if (gateway.members.some((member) => member.device === device))
    return {
      ...gateway,
      members: gateway.members.map((member) => (member.device === device ? { ...member, hasAddress: value } : member)),
    };
  return hasAddress ? { ...gateway, members: [...gateway.members, { device, hasAddress: value }] } : gateway;
}

const isEndOf = ({ a, b }: Link, end: FabricEnd): boolean =>
  [a, b].some(({ device, port }) => device === end.device && port === end.port);
