/**
 * Filters around gateways, and what they really do. Keeping a gateway local takes hellos and the frames of its virtual
 * MAC off a link, both; half of it makes two actives that the switches confuse, or none that can be reached.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Gateway, Tri } from "../fabric.ts";
import { segmentTopology } from "../layer-two/segment-topology.ts";
import type { GatewayChoice } from "./choice.ts";
import { gatewayChoice } from "./choice.ts";
import type { GatewayFrame } from "./frame-reach.ts";
import { dropsFrame } from "./frame-reach.ts";

export interface GatewayBarrier {
  readonly gateway: string;
  /** By linkId(); several where they act as one. */
  readonly links: readonly string[];
  readonly drops: Readonly<Record<GatewayFrame, Tri>>;
  /** What devices at its two ends get for a gateway. */
  readonly sides: readonly [BarrierSide, BarrierSide];
  readonly effect: BarrierEffect;
}

export interface BarrierSide {
  readonly device: string;
  readonly choice: GatewayChoice;
}

export type BarrierEffect =
  /** Each side has a gateway of its own, and hears no other. */
  | "isolated"
  /** At one side at least, more than one gateway is heard, and nothing says which of them is used. */
  | "nondeterministic"
  /** One side at least has no gateway: frames to it are dropped. */
  | "cut-off"
  /** Both sides use the same gateway all the same. */
  | "none"
  | "unknown";

/**
 * The links in the gateway's segment that drop, or may drop, something of it; sorted by link. Only for HSRP and VRRP:
 * the members of the other kinds are not meant to hear each other.
 */
export function gatewayBarriers(index: FabricIndex, gateway: Gateway): readonly GatewayBarrier[] {
  if (gateway.kind !== "hsrp" && gateway.kind !== "vrrp") return [];
  return segmentTopology(index, gateway.segment).edges.flatMap((edge): readonly GatewayBarrier[] => {
    const drops = {
      hello: dropsFrame(index, gateway, "hello", edge),
      virtualMac: dropsFrame(index, gateway, "virtualMac", edge),
      gatewayArp: dropsFrame(index, gateway, "gatewayArp", edge),
    };
    const [here, there] = [edge.a[0], edge.b[0]];
    if (here === undefined || there === undefined || Object.values(drops).every((drop) => drop === "no")) return [];
    const sides = [sideOf(index, gateway, here), sideOf(index, gateway, there)] as const;
    return [{ gateway: gateway.name, links: edge.links, drops, sides, effect: effectOf(sides) }];
  });
}

function sideOf(index: FabricIndex, gateway: Gateway, device: string): BarrierSide {
  return { device, choice: gatewayChoice(index, gateway, device) };
}

function effectOf([{ choice: here }, { choice: there }]: readonly [BarrierSide, BarrierSide]): BarrierEffect {
  if (here.kind === "none" || there.kind === "none") return "cut-off";
  if (here.kind === "one-of" || there.kind === "one-of") return "nondeterministic";
  if (here.kind === "unknown" || there.kind === "unknown") return "unknown";
  return here.device === there.device ? "none" : "isolated";
}
