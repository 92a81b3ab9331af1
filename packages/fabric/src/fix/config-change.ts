/**
 * A change of a device's configuration, free of any vendor's words. fix/ writes it as commands; for Open vSwitch it can be
 * carried out, verified and undone. Every change says how it is undone by naming what was there before.
 */
import type { FabricEnd, PortVlans } from "../ports.ts";

export type ConfigChange =
  /** Lets a VLAN through a port. Takes nothing away: an access port becomes a trunk with its VLAN untagged. */
  | { readonly kind: "allow-vlan"; readonly port: FabricEnd; readonly vlan: number; readonly before: PortVlans }
  /** Takes VLANs off a trunk: only ever a proposal (VLAN sprawl), or what undoes `allow-vlan`. */
  | {
      readonly kind: "remove-vlans";
      readonly port: FabricEnd;
      readonly vlans: readonly number[];
      readonly before: PortVlans;
    }
  | { readonly kind: "set-native"; readonly port: FabricEnd; readonly vlan: number; readonly before: PortVlans }
  /** Everything that a port carries, at once: what undoes a change that a smaller one cannot take back. */
  | { readonly kind: "set-vlans"; readonly port: FabricEnd; readonly vlans: PortVlans; readonly before: PortVlans }
  | { readonly kind: "define-vlan"; readonly device: string; readonly vlan: number; readonly name?: string }
  | { readonly kind: "undefine-vlan"; readonly device: string; readonly vlan: number; readonly name?: string }
  /** Without `mtu` the port goes back to what its device has by default. */
  | { readonly kind: "set-mtu"; readonly port: FabricEnd; readonly mtu?: number; readonly before?: number }
  /**
   * Drops hellos, virtual-MAC frames or gateway ARP that come in at a port, so that each side has a gateway of its own.
   * A link is isolated when both of its ends do it.
   */
  | {
      readonly kind: "filter-gateway";
      readonly port: FabricEnd;
      readonly gateway: string;
      readonly what: readonly GatewayFilterPart[];
      readonly isAdded: boolean;
    }
  | {
      readonly kind: "add-gateway-address";
      readonly device: string;
      readonly gateway: string;
      readonly address: string;
    }
  | {
      readonly kind: "remove-gateway-address";
      readonly device: string;
      readonly gateway: string;
      readonly address: string;
    };

export type GatewayFilterPart = "hello" | "virtual-mac" | "gateway-arp";
