/** What takes a change back. Made from the change alone: it names what was there before. */
import { carries, isSamePortVlans } from "../ports.ts";
import type { ConfigChange } from "./config-change.ts";
import { vlansAfter } from "./vlan-sets.ts";

/**
 * Undefined when there is nothing to take back: the change did nothing, or nobody had read what was there before and so
 * nobody knows what to go back to.
 */
export function inverse(change: ConfigChange): ConfigChange | undefined {
  switch (change.kind) {
    case "allow-vlan": {
      const { port, vlan, before } = change;
      if (carries(before, vlan) !== "no") return undefined;
      if (before.kind === "access")
        return {
          kind: "set-vlans",
          port,
          vlans: before,
          before: { kind: "trunk", trunks: [vlan], native: before.tag },
        };
      return { kind: "remove-vlans", port, vlans: [vlan], before: vlansAfter(change) };
    }
    case "remove-vlans":
    case "set-native": {
      const after = vlansAfter(change);
      if (change.before.kind === "unknown" || isSamePortVlans(change.before, after)) return undefined;
      return { kind: "set-vlans", port: change.port, vlans: change.before, before: after };
    }
    case "set-vlans":
      if (change.before.kind === "unknown" || isSamePortVlans(change.before, change.vlans)) return undefined;
      return { ...change, vlans: change.before, before: change.vlans };
    case "define-vlan":
      return { ...change, kind: "undefine-vlan" };
    case "undefine-vlan":
      return { ...change, kind: "define-vlan" };
    case "set-mtu": {
      const { kind, port, mtu, before } = change;
      return {
        kind,
        port,
        ...(before === undefined ? {} : { mtu: before }),
        ...(mtu === undefined ? {} : { before: mtu }),
      };
    }
    case "filter-gateway":
      return { ...change, isAdded: !change.isAdded };
    case "add-gateway-address":
      return { ...change, kind: "remove-gateway-address" };
    case "remove-gateway-address":
      return { ...change, kind: "add-gateway-address" };
  }
}
