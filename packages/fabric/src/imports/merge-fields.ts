/** Merges plain data field by field, with what is unknown giving way to what is known. */
import { sortedBy } from "./import-result.ts";

export type AddNote = (path: string, message: string) => void;

type MergeList<V> = (path: string, base: V, overlay: V, add: AddNote) => V;

export interface MergeRules<T> {
  /** Fields whose members are matched and merged, instead of the whole list giving way. */
  readonly lists?: { readonly [K in keyof T]?: MergeList<T[K]> };
  /** Mappings that are one value: they give way as a whole. */
  readonly atoms?: ReadonlySet<string>;
  /** Merges two objects itself. */
  readonly merge?: (path: string, base: T, overlay: T, add: AddNote) => T;
}

/** Fields with the values yes, no and unknown (fabric.ts, `Tri`). Elsewhere "unknown" may be somebody's name. */
const threeValued: ReadonlySet<string> = new Set([
  "announces",
  "carriesBpdus",
  "floodsUnknownUnicast",
  "gatewayArp",
  "hasAddress",
  "hello",
  "isStateful",
  "peerGateway",
  "syncsState",
  "virtualMac",
]);

export function mergeKeyed<T extends object>(
  path: string,
  base: readonly T[],
  overlay: readonly T[],
  key: (item: T) => string,
  rules: MergeRules<T>,
  add: AddNote,
): readonly T[] {
  const merged = new Map(base.map((item) => [key(item), item] as const));
  for (const item of overlay) {
    const known = merged.get(key(item));
    const place = `${path}.${key(item)}`;
    const merge = rules.merge ?? ((where, left, right) => mergeFields(where, left, right, rules, add));
    merged.set(key(item), known === undefined ? item : merge(place, known, item, add));
  }
  return sortedBy([...merged.values()], key);
}

export function mergeFields<T extends object>(
  path: string,
  base: T,
  overlay: T,
  rules: MergeRules<T>,
  add: AddNote,
): T {
  const merged: Partial<T> = { ...base };
  for (const field of Object.keys(overlay) as (keyof T & string)[]) {
    const value = mergeValue(`${path}.${field}`, field, base[field], overlay[field], rules, add);
    if (value !== undefined) merged[field] = value;
  }
  return merged as T;
}

function mergeValue<T extends object, K extends keyof T & string>(
  path: string,
  field: K,
  base: T[K],
  overlay: T[K],
  rules: MergeRules<T>,
  add: AddNote,
): T[K] {
  if (isUnknown(field, overlay)) return isUnknown(field, base) ? overlay : base;
  const list = Object.entries(rules.lists ?? {}).find(([name]) => name === field)?.[1] as MergeList<T[K]> | undefined;
  if (list !== undefined) return list(path, base, overlay, add);
  if (isUnknown(field, base)) return overlay;
  if (isMapping(base) && isMapping(overlay) && rules.atoms?.has(field) !== true)
    return mergeFields(path, base, overlay, {}, add);
  const [before, after] = [textOf(base), textOf(overlay)];
  if (before !== after) add(path, `${before} gives way to ${after}`);
  return overlay;
}

/** An empty list says as little as a list that is not there. */
function isUnknown(field: string, value: unknown): boolean {
  if (value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return value === "unknown" && threeValued.has(field);
}

function isMapping<V>(value: V): value is V & object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same text for values that mean the same, whatever the order of their fields. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(sortedBy(Object.entries(inner), ([key]) => key))
      : inner,
  );
}
