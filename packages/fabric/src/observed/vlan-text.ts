/** What a port carries, in words. */
import { rangeText } from "../fix/vlan-sets.ts";
import type { PortVlans } from "../ports.ts";

export function vlansText(vlans: PortVlans): string {
  switch (vlans.kind) {
    case "access":
      return `access ${vlans.tag}`;
    case "trunk": {
      const list = vlans.trunks === "all" ? "all" : vlans.trunks.length === 0 ? "none" : rangeText(vlans.trunks);
      return vlans.native === undefined ? `trunk ${list}` : `trunk ${list}, native ${vlans.native}`;
    }
    case "unknown":
      return `unknown (${vlans.why})`;
  }
}

/** VLAN of frames without a tag; undefined where there is none, and where nobody knows. */
export function untaggedVlan(vlans: PortVlans): number | undefined {
  return vlans.kind === "access" ? vlans.tag : vlans.kind === "trunk" ? vlans.native : undefined;
}
