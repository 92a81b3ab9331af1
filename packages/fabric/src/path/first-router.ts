/**
 * From a sender to the router that takes its packets for other segments: the stretch to it, for each router that may be
 * the one.
 */
import { parseInterfaceAddress } from "../address/ip.ts";
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Gateway } from "../fabric.ts";
import type { GatewayChoice } from "../gateway/choice.ts";
import { gatewayChoice } from "../gateway/choice.ts";
import { bridged } from "./bridged-stretch.ts";
import type { WayPart } from "./compose.ts";
import { andThen, at } from "./compose.ts";
import type { FlowEnd } from "./flow-ends.ts";
import { hashedStretches } from "./hashed-stretch.ts";
import { isRouter, routersIn } from "./routers.ts";
import type { Break, Way } from "./way.ts";

export type FirstRouters =
  /** One of several, of which nothing says which; each way ends at its router. */
  | { readonly kind: "one-of"; readonly parts: readonly WayPart[]; readonly why: string }
  /** Each takes its part of the flows; one that is known takes them all. */
  | { readonly kind: "hashed"; readonly parts: readonly WayPart[]; readonly why: string }
  | { readonly kind: "broken"; readonly why: Break }
  | { readonly kind: "unknown"; readonly why: string };

const firstRouterTable = memoTable<FirstRouters>("first routers");

export function firstRouters(index: FabricIndex, from: FlowEnd): FirstRouters {
  return index.remember(firstRouterTable, from.senderKey, () => find(index, from));
}

function find(index: FabricIndex, from: FlowEnd): FirstRouters {
  const { segment, device } = from;
  if (segment === undefined) return { kind: "unknown", why: `nothing says in which segment a sender at ${device} is` };
  const gateways = gatewaysFor(index, from, segment);
  if (gateways.length > 1) {
    const names = gateways.map((gateway) => gateway.name).join(" and ");
    return { kind: "unknown", why: `${segment} has the gateways ${names}, and nothing says which one is used` };
  }
  const gateway = gateways[0];
  const role = gateway === undefined ? { role: "router" as const } : { role: "gateway" as const, name: gateway.name };
  const to = (router: string, stretch: Way): Way => andThen(stretch, () => at({ device: router, ...role }));
  const choice = gateway === undefined ? onlyRouter(index, segment) : gatewayChoice(index, gateway, device, from.nic);
  switch (choice.kind) {
    case "known": {
      const way = to(choice.device, bridged(index, segment, device, choice.device));
      return { kind: "hashed", parts: [{ probability: 1, way }], why: "" };
    }
    case "one-of": {
      const { why, candidates } = choice;
      const routers = candidates.map((candidate) => candidate.device);
      const parts = choice.isHashed
        ? hashedStretches(index, segment, device, routers)
        : candidates.map((one) => ({ ...one, way: bridged(index, segment, device, one.device) }));
      return {
        kind: choice.isHashed ? "hashed" : "one-of",
        parts: parts.map(({ device: router, probability, way }) => ({ probability, way: to(router, way) })),
        why,
      };
    }
    case "none":
      return {
        kind: "broken",
        why: { kind: "no-gateway", gateway: gateway?.name ?? segment, message: choice.why },
      };
    case "unknown":
      return choice;
  }
}

/** The gateways that the sender may mean: the one that its NIC names, or all of its segment for its family of addresses. */
function gatewaysFor(index: FabricIndex, from: FlowEnd, segment: string): readonly Gateway[] {
  const all = index.gatewaysIn(segment);
  const named = all.filter(({ name }) => name === from.nic?.gateway);
  if (named.length > 0) return named;
  const version = from.address === undefined ? undefined : parseInterfaceAddress(from.address)?.version;
  return all.filter(({ address }) => version === undefined || parseInterfaceAddress(address)?.version === version);
}

/** Without a gateway that is described, the one router of the segment must be it. */
function onlyRouter(index: FabricIndex, segment: string): GatewayChoice {
  const routers = routersIn(index, segment).filter((device) => isRouter(index, device));
  const [only] = routers;
  if (only === undefined) return { kind: "none", why: `${segment} has no gateway and no router` };
  if (routers.length === 1) return { kind: "known", device: only };
  return {
    kind: "unknown",
    why: `${segment} has the routers ${routers.join(", ")} and no gateway: nothing says which one is used`,
  };
}
