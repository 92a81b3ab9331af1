/** A change in one plain sentence, for messages and for devices whose language nobody knows. */
import type { PortVlans } from "../ports.ts";
import type { ConfigChange } from "./config-change.ts";
import { rangeText } from "./vlan-sets.ts";

export function describeChange(change: ConfigChange): string {
  switch (change.kind) {
    case "allow-vlan":
      return `${portText(change)}: allow VLAN ${change.vlan}`;
    case "remove-vlans":
      return `${portText(change)}: remove VLAN ${rangeText(change.vlans)}`;
    case "set-native":
      return `${portText(change)}: native VLAN ${change.vlan}`;
    case "set-vlans":
      return `${portText(change)}: ${vlansText(change.vlans)}`;
    case "define-vlan":
      return `${change.device}: define VLAN ${change.vlan}`;
    case "undefine-vlan":
      return `${change.device}: take VLAN ${change.vlan} off the list of VLANs`;
    case "set-mtu":
      return change.mtu === undefined ? `${portText(change)}: default MTU` : `${portText(change)}: MTU ${change.mtu}`;
    case "filter-gateway":
      return `${portText(change)}: ${change.isAdded ? "drop" : "let through"} ${change.what.join(", ")} of gateway ${change.gateway}`;
    case "add-gateway-address":
      return `${change.device}: address ${change.address} of gateway ${change.gateway}`;
    case "remove-gateway-address":
      return `${change.device}: without address ${change.address} of gateway ${change.gateway}`;
  }
}

function vlansText(vlans: PortVlans): string {
  switch (vlans.kind) {
    case "access":
      return `access VLAN ${vlans.tag}`;
    case "trunk": {
      const list = vlans.trunks === "all" ? "all VLANs" : `VLANs ${rangeText(vlans.trunks) || "none"}`;
      return vlans.native === undefined ? `trunk with ${list}` : `trunk with ${list}, native ${vlans.native}`;
    }
    case "unknown":
      return "what nobody could read";
  }
}

const portText = ({ port }: Extract<ConfigChange, { readonly port: unknown }>): string => `${port.device}/${port.port}`;
