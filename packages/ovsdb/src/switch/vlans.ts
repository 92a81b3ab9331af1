/**
 * What may be done to the VLANs of a port, as a pure decision over the row that was read.
 *
 * Three rules of ovs-vswitchd.conf.db(5) make this more than set arithmetic:
 * - an empty `trunks` means *every* VLAN. Adding one to an open trunk must change nothing, or it would cut all others; removing the
 *   last one would open the port to all of them;
 * - an access port ignores `trunks`;
 * - the native VLAN of a native-tagged or native-untagged port passes whether `trunks` has it or not.
 */
import { OvsdbError } from "../errors.ts";
import { MAX_VLAN, MIN_VLAN } from "../limits.ts";
import type { PortRow, VlanMode } from "../rows/tables.ts";

/** The whole VLAN state of a port. Without `tag` there is none; without `trunks`, or with an empty list, all VLANs are carried. */
export interface PortVlans {
  readonly tag?: number;
  readonly trunks?: readonly number[];
  /** Left out: Open vSwitch decides (a tag makes an access port); with both tag and trunks, native-untagged. */
  readonly vlanMode?: VlanMode;
}

export type TrunkChange =
  | { readonly kind: "unchanged" }
  | { readonly kind: "replace"; readonly trunks: readonly number[] };

type PortState = Pick<PortRow, "name" | "vlanMode" | "tag" | "trunks">;

export function trunksWith(port: PortState, vlan: number): TrunkChange {
  requireVlan(vlan);
  requireTrunk(port, `VLAN ${vlan} cannot be added to its trunk`);
  if (port.trunks.length === 0 || port.trunks.includes(vlan) || isNative(port, vlan)) return { kind: "unchanged" };
  return { kind: "replace", trunks: [...port.trunks, vlan].sort((a, b) => a - b) };
}

export function trunksWithout(port: PortState, vlan: number): TrunkChange {
  requireVlan(vlan);
  requireTrunk(port, `VLAN ${vlan} cannot be taken off its trunk`);
  if (port.trunks.length === 0) throw refusal(port, `carries every VLAN, so VLAN ${vlan} alone cannot be taken off`);
  if (isNative(port, vlan)) throw refusal(port, `has VLAN ${vlan} as its native VLAN, which no list can take off`);
  if (!port.trunks.includes(vlan)) return { kind: "unchanged" };
  const trunks = port.trunks.filter((carried) => carried !== vlan);
  if (trunks.length === 0) {
    throw refusal(
      port,
      `carries VLAN ${vlan} alone, and an empty list would open it to every VLAN`,
      "Leave one VLAN on the trunk, or set its trunks to [0]: untagged frames only.",
    );
  }
  return { kind: "replace", trunks };
}

/** The columns of table Port that `vlans` stands for. */
export function columnsFor(vlans: PortVlans): {
  readonly tag?: number;
  readonly trunks: readonly number[];
  readonly vlanMode?: VlanMode;
} {
  const trunks = [...new Set(vlans.trunks)].sort((a, b) => a - b);
  if (vlans.tag !== undefined) requireVlan(vlans.tag, 0);
  for (const vlan of trunks) requireVlan(vlan, 0);
  const vlanMode = vlans.vlanMode ?? (vlans.tag !== undefined && trunks.length > 0 ? "native-untagged" : undefined);
  return {
    trunks,
    ...(vlans.tag === undefined ? {} : { tag: vlans.tag }),
    ...(vlanMode === undefined ? {} : { vlanMode }),
  };
}

function requireVlan(vlan: number, lowest = MIN_VLAN): void {
  if (Number.isInteger(vlan) && vlan >= lowest && vlan <= MAX_VLAN) return;
  throw new OvsdbError("ovsdb.refused", `${vlan} is not a VLAN.`, {
    hint: `A VLAN is a whole number from ${lowest} to ${MAX_VLAN}.`,
    details: { vlan },
  });
}

function requireTrunk(port: PortState, what: string): void {
  const mode = port.vlanMode ?? (port.tag === undefined ? "trunk" : "access");
  if (mode === "access")
    throw refusal(port, `is an access port${port.tag === undefined ? "" : ` of VLAN ${port.tag}`}, so ${what}`);
  if (mode === "dot1q-tunnel") throw refusal(port, `is a tunnel port, so ${what}`);
}

function isNative(port: PortState, vlan: number): boolean {
  return (port.vlanMode === "native-tagged" || port.vlanMode === "native-untagged") && port.tag === vlan;
}

function refusal(port: PortState, what: string, hint?: string): OvsdbError {
  return new OvsdbError("ovsdb.refused", `Port ${port.name} ${what}.`, {
    details: { port: port.name },
    ...(hint === undefined ? {} : { hint }),
  });
}
