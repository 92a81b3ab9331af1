/**
 * Gateways out of netlab's `gateway` module: those with a protocol from the interfaces of the routers that run it, and the
 * single routers without one from what hosts were given as their next hop.
 */
import type { Gateway, GatewayMember } from "../../fabric.ts";
import { bareAddress, isSameAddress } from "../addresses.ts";
import type { NoteList } from "../import-result.ts";
import type { Cabling } from "./cabling.ts";
import { isHost, nodesOf, segmentAt } from "./devices.ts";
import type { SegmentTable } from "./segments.ts";
import type { NetlabGateway, NetlabInterface, NetlabNode, NetlabTopology } from "./topology.ts";

export interface GatewayTable {
  readonly gateways: readonly Gateway[];
  /** By name, for a host that was given these addresses; the first that is known. */
  readonly find: (segment: string, addresses: readonly string[], path: string) => string | undefined;
}

/** VRRP's and netlab's default group (netsim, module gateway). */
const defaultGroup = 1;

export function gatewayTable(
  topology: NetlabTopology,
  cabling: Cabling,
  segments: SegmentTable,
  notes: NoteList,
): GatewayTable {
  const gateways = new Map<string, Gateway>();
  const keyOf = (segment: string, address: string): string => `${segment}-${bareAddress(address)}`;
  for (const node of nodesOf(topology).filter((candidate) => !isHost(candidate)))
    for (const port of node.interfaces) {
      const { gateway } = port;
      const segment = segmentAt(node, port, cabling, segments);
      if (gateway?.protocol === undefined || segment === undefined) continue;
      const kind = kindOf(gateway.protocol);
      if (kind === undefined) {
        notes.add(gateway.path, `has protocol ${gateway.protocol}, which is not known here`);
        continue;
      }
      for (const address of gateway.addresses) {
        const name = keyOf(segment, address);
        const known = gateways.get(name) ?? emptyGateway(name, segment, kind, address, node, gateway);
        gateways.set(name, { ...known, members: [...known.members, memberOf(node, port, gateway, address)] });
      }
    }
  addSingleRouters();
  return {
    gateways: [...gateways.values()],
    find: (segment, addresses, path) => {
      const found = addresses.map((address) => keyOf(segment, address)).find((name) => gateways.has(name));
      if (found === undefined && addresses.length > 0)
        notes.add(path, `is ${addresses.join(", ")}, an address that no node of segment ${segment} has`);
      return found;
    },
  };

  function emptyGateway(
    name: string,
    segment: string,
    kind: Gateway["kind"],
    address: string,
    node: NetlabNode,
    said: NetlabGateway,
  ): Gateway {
    const group = said.group ?? node.vrrpGroup ?? topology.vrrpGroup ?? defaultGroup;
    return {
      name,
      segment,
      kind,
      address: bareAddress(address),
      ...(kind === "anycast" && said.mac !== undefined ? { mac: said.mac } : {}),
      ...(kind === "vrrp" ? { group } : {}),
      members: [],
    };
  }

  /** A host's next hop without a protocol is the address of one router. */
  function addSingleRouters(): void {
    for (const host of nodesOf(topology).filter(isHost))
      for (const port of host.interfaces) {
        const segment = segmentAt(host, port, cabling, segments);
        if (segment === undefined || port.gateway === undefined) continue;
        for (const address of port.gateway.addresses) {
          const name = keyOf(segment, address);
          const router = gateways.has(name) ? undefined : routerWith(segment, address);
          if (router === undefined) continue;
          const bare = bareAddress(address);
          const members = [{ device: router, address: bare }];
          gateways.set(name, { name, segment, kind: "static", address: bare, members });
        }
      }
  }

  function routerWith(segment: string, address: string): string | undefined {
    return nodesOf(topology).find(
      (node) =>
        !isHost(node) &&
        node.interfaces.some(
          (port) =>
            port.addresses.some((own) => isSameAddress(own, address)) &&
            segmentAt(node, port, cabling, segments) === segment,
        ),
    )?.name;
  }
}

function kindOf(protocol: string): "vrrp" | "anycast" | undefined {
  return protocol === "vrrp" || protocol === "anycast" ? protocol : undefined;
}

function memberOf(node: NetlabNode, port: NetlabInterface, gateway: NetlabGateway, address: string): GatewayMember {
  const isV6 = address.includes(":");
  const own = port.addresses.find((candidate) => candidate.includes(":") === isV6);
  return {
    device: node.name,
    ...(own === undefined ? {} : { address: bareAddress(own) }),
    ...(gateway.priority === undefined ? {} : { priority: gateway.priority }),
    ...(gateway.preempts === undefined ? {} : { preempts: gateway.preempts }),
  };
}
