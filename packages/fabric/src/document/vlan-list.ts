/**
 * Lists of VLANs as they are written: numbers, ranges such as 100-199, and names of segments, which stand for the number
 * that the segment has in the device's site. In the fabric they are sorted numbers, each once: such a list is a set.
 */
import { z } from "zod";
import { rangesOf, vlanMax, vlanMin } from "../fix/vlan-sets.ts";
import { notA } from "./lesson.ts";

export type VlanItem =
  | { readonly kind: "numbers"; readonly first: number; readonly last: number }
  | { readonly kind: "segment"; readonly name: string };

const bounds = `A VLAN is a whole number from ${vlanMin} to ${vlanMax}`;

/** One VLAN: a number, or a segment by name. */
export const vlanItem = item(false);

/** In a list also a range. */
export const vlanItems = z.union([z.array(item(true)), item(true).transform((one) => [one])], {
  error: ({ input }) => notA(input, "list of VLANs", `${bounds}; a list is [10, 100-199, web].`),
});

function item(mayBeRange: boolean) {
  const hint = mayBeRange
    ? `${bounds}; a range is 100-199, a name that of a segment.`
    : `${bounds}, or the name of a segment.`;
  return z
    .union([z.number(), z.string()], { error: ({ input }) => notA(input, "VLAN", hint) })
    .transform((written, context): VlanItem => {
      const read = parseItem(written, mayBeRange);
      if (read !== undefined) return read;
      context.addIssue({ code: "custom", message: notA(written, "VLAN", hint) });
      return z.NEVER;
    })
    .meta({ description: mayBeRange ? "VLAN number, range or segment" : "VLAN number or segment" });
}

/** A key of a mapping by VLAN: a number or a segment's name. */
export function parseVlanKey(key: string): VlanItem | undefined {
  return parseItem(key, false);
}

function parseItem(written: number | string, mayBeRange: boolean): VlanItem | undefined {
  if (typeof written === "number")
    return isVlan(written) ? { kind: "numbers", first: written, last: written } : undefined;
  const [, first, last] = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(written) ?? [];
  if (first === undefined) return written === "" ? undefined : { kind: "segment", name: written };
  const range = { kind: "numbers", first: Number(first), last: Number(last ?? first) } as const;
  if (last !== undefined && !mayBeRange) return undefined;
  return isVlan(range.first) && isVlan(range.last) && range.first <= range.last ? range : undefined;
}

const isVlan = (value: number): boolean => Number.isInteger(value) && value >= vlanMin && value <= vlanMax;

/** Sorted, each once. */
export function vlanSet(vlans: Iterable<number>): readonly number[] {
  return [...new Set(vlans)].toSorted((one, other) => one - other);
}

/** As vlanItems reads it: numbers, and ranges where three and more stand in a row. */
export function contracted(vlans: readonly number[]): readonly (number | string)[] {
  return rangesOf(vlans).map((range) => (range.includes("-") ? range : Number(range)));
}
