/** Port and VLAN commands in which Cisco's systems and Arista's agree. Interface blocks are indented by one space. */
import type { Fabric } from "../fabric.ts";
import type { PortVlans } from "../ports.ts";
import type { ConfigChange } from "./config-change.ts";
import { vlanPortOf } from "./target.ts";
import { passing, rangeChunks, vlansAfter } from "./vlan-sets.ts";
import type { VlanChange } from "./vlan-sets.ts";

export function interfaceBlock(name: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`interface ${name}`, ...lines.map((line) => ` ${line}`)];
}

/**
 * The list is written before the mode, so that the port never carries more than it should in between. The native VLAN
 * stands in the list as well: a trunk carries no VLAN that is not allowed, native or not.
 */
export function switchportLines(fabric: Fabric, change: VlanChange): readonly string[] {
  const { before } = change;
  const after = vlansAfter(change);
  return interfaceBlock(
    vlanPortOf(fabric, change.port),
    ((): readonly string[] => {
      switch (change.kind) {
        case "allow-vlan":
          if (before.kind === "access") return before.tag === change.vlan ? [] : whole(after);
          if (before.kind === "trunk" && (before.trunks === "all" || before.native === change.vlan)) return [];
          return [`switchport trunk allowed vlan add ${change.vlan}`];
        case "remove-vlans":
          return rangeChunks(change.vlans).map((list) => `switchport trunk allowed vlan remove ${list}`);
        case "set-native":
          return before.kind === "access" ? [`switchport access vlan ${change.vlan}`] : native(after, change.vlan);
        case "set-vlans":
          return whole(change.vlans);
      }
    })(),
  );
}

function native(after: PortVlans, vlan: number): readonly string[] {
  const isListed = after.kind === "trunk" && (after.trunks === "all" || after.trunks.includes(vlan));
  return [...(isListed ? [] : [`switchport trunk allowed vlan add ${vlan}`]), `switchport trunk native vlan ${vlan}`];
}

function whole(vlans: PortVlans): readonly string[] {
  switch (vlans.kind) {
    case "access":
      return [`switchport access vlan ${vlans.tag}`, "switchport mode access"];
    case "trunk":
      return [
        vlans.native === undefined ? "no switchport trunk native vlan" : `switchport trunk native vlan ${vlans.native}`,
        ...allowedList(passing(vlans)),
        "switchport mode trunk",
      ];
    case "unknown":
      return [];
  }
}

function allowedList(vlans: readonly number[] | "all"): readonly string[] {
  if (vlans === "all") return ["switchport trunk allowed vlan all"];
  const [first, ...more] = rangeChunks(vlans);
  if (first === undefined) return ["switchport trunk allowed vlan none"];
  return [`switchport trunk allowed vlan ${first}`, ...more.map((list) => `switchport trunk allowed vlan add ${list}`)];
}

export function vlanDatabaseLines(
  change: Extract<ConfigChange, { readonly kind: "define-vlan" | "undefine-vlan" }>,
): readonly string[] {
  if (change.kind === "undefine-vlan") return [`no vlan ${change.vlan}`];
  return [`vlan ${change.vlan}`, ...(change.name === undefined ? [] : [` name ${change.name}`])];
}

export const dotted = (mac: string): string => mac.replaceAll(":", "").replace(/^(.{4})(.{4})(.{4})$/, "$1.$2.$3");

/** An access list's name: letters, digits and dashes are allowed everywhere. */
export const filterName = (gateway: string): string => `TRUNKLINE-${gateway.replaceAll(/[^A-Za-z0-9-]/g, "-")}`;
