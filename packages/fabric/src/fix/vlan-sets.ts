/** Sets of VLANs as switches write them, and what a port carries after a change. */
import { limits } from "../limits.ts";
import type { PortVlans } from "../ports.ts";
import type { ConfigChange } from "./config-change.ts";

/** IEEE 802.1Q-2018, 9.6: 0 means no VLAN, 4095 is reserved. */
export const vlanMin = 1;
export const vlanMax = 4094;

/** The change of a port's VLANs, and of nothing else. */
export type VlanChange = Extract<
  ConfigChange,
  { readonly kind: "allow-vlan" | "remove-vlans" | "set-native" | "set-vlans" }
>;

/** What the port carries once the change was made; what nobody could read stays unread. */
export function vlansAfter(change: VlanChange): PortVlans {
  const { before } = change;
  if (change.kind === "set-vlans") return change.vlans;
  if (before.kind === "unknown") return before;
  switch (change.kind) {
    case "allow-vlan":
      return allowed(before, change.vlan);
    case "remove-vlans":
      return removed(before, change.vlans);
    case "set-native":
      return before.kind === "access" ? { kind: "access", tag: change.vlan } : { ...before, native: change.vlan };
  }
}

function allowed(before: Exclude<PortVlans, { readonly kind: "unknown" }>, vlan: number): PortVlans {
  if (before.kind === "access")
    return before.tag === vlan ? before : { kind: "trunk", trunks: [vlan], native: before.tag };
  if (before.trunks === "all" || before.native === vlan || before.trunks.includes(vlan)) return before;
  return { ...before, trunks: sorted([...before.trunks, vlan]) };
}

function removed(before: Exclude<PortVlans, { readonly kind: "unknown" }>, vlans: readonly number[]): PortVlans {
  if (before.kind === "access") return before;
  const gone = new Set(vlans);
  const trunks = listed(before.trunks).filter((vlan) => !gone.has(vlan));
  return before.native === undefined || gone.has(before.native)
    ? { kind: "trunk", trunks }
    : { kind: "trunk", trunks, native: before.native };
}

/** Every VLAN that a trunk lists, in ascending order. */
export function listed(trunks: readonly number[] | "all"): readonly number[] {
  if (trunks === "all") return Array.from({ length: vlanMax - vlanMin + 1 }, (_, index) => vlanMin + index);
  return sorted(trunks);
}

/** Every VLAN that passes, the native one included, in ascending order. */
export function passing(vlans: PortVlans): readonly number[] | "all" {
  switch (vlans.kind) {
    case "access":
      return [vlans.tag];
    case "trunk":
      return vlans.trunks === "all"
        ? "all"
        : sorted([...vlans.trunks, ...(vlans.native === undefined ? [] : [vlans.native])]);
    case "unknown":
      return [];
  }
}

/** `1`, `10-12`, `20`: runs of three or more become a range, as every switch prints them. */
export function rangesOf(vlans: readonly number[]): readonly string[] {
  const ranges: string[] = [];
  let run: number[] = [];
  const close = (): void => {
    const [first = 0] = run;
    if (run.length > 2) ranges.push(`${first}-${run.at(-1) ?? first}`);
    else ranges.push(...run.map(String));
    run = [];
  };
  for (const vlan of sorted(vlans)) {
    if (run.length > 0 && vlan !== (run.at(-1) ?? 0) + 1) close();
    run.push(vlan);
  }
  close();
  return ranges;
}

export const rangeText = (vlans: readonly number[]): string => rangesOf(vlans).join(",");

/** The same, cut into pieces that a command line takes. */
export function rangeChunks(vlans: readonly number[]): readonly string[] {
  const chunks: string[] = [];
  let chunk = "";
  for (const range of rangesOf(vlans)) {
    const longer = chunk === "" ? range : `${chunk},${range}`;
    if (longer.length > limits.vlanListCharacters) {
      chunks.push(chunk);
      chunk = range;
    } else chunk = longer;
  }
  return chunk === "" ? chunks : [...chunks, chunk];
}

const sorted = (vlans: readonly number[]): readonly number[] => [...new Set(vlans)].sort((a, b) => a - b);
