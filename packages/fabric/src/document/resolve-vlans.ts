/**
 * VLANs as numbers. A segment's name stands for the number that the segment has in the site of the device: the same list
 * may mean different numbers on two devices. Equal lists share one result, so that a fabric of equal ports stays small.
 */
import { limits } from "../limits.ts";
import { didYouMean } from "./nearest.ts";
import type { FabricDocument, SegmentPart } from "./schema.ts";
import { vlanSet } from "./vlan-list.ts";
import type { VlanItem } from "./vlan-list.ts";

export interface Unresolved {
  /** Which item of the list. */
  readonly index: number;
  readonly message: string;
  readonly hint: () => string;
}

export interface ResolvedVlans {
  /** Sorted, each once. */
  readonly vlans: readonly number[];
  readonly problems: readonly Unresolved[];
}

export interface VlanResolver {
  /** @param site that of the device, if it has one. */
  readonly all: (items: readonly VlanItem[], site: string | undefined) => ResolvedVlans;
  readonly one: (item: VlanItem, site: string | undefined) => ResolvedVlans;
}

export function vlanResolver(document: FabricDocument): VlanResolver {
  const segments = new Map((document.segments ?? []).map((segment) => [segment.name, segment]));
  const known = new Map<string, ResolvedVlans>();
  let numbers = 0;
  const all = (items: readonly VlanItem[], site: string | undefined): ResolvedVlans => {
    const key = [site ?? "", ...items.map(textOf)].join("/");
    const before = known.get(key);
    if (before !== undefined) return before;
    const result = resolve(items, site, segments);
    numbers += result.vlans.length;
    if (numbers > limits.documentVlans) return { vlans: [], problems: [tooMany] };
    known.set(key, result);
    return result;
  };
  return { all, one: (item, site) => all([item], site) };
}

const tooMany: Unresolved = {
  index: 0,
  message: `the VLAN lists of the document have more than ${limits.documentVlans} numbers together`,
  hint: () => "Write all where every VLAN is meant.",
};

/** Names of segments have no slash, so that texts joined by slashes stay apart. */
function textOf(item: VlanItem): string {
  return item.kind === "segment" ? item.name : `${item.first}-${item.last}`;
}

function resolve(
  items: readonly VlanItem[],
  site: string | undefined,
  segments: ReadonlyMap<string, SegmentPart>,
): ResolvedVlans {
  const vlans: number[] = [];
  const problems: Unresolved[] = [];
  for (const [index, item] of items.entries()) {
    if (item.kind === "numbers") {
      for (let vlan = item.first; vlan <= item.last; vlan += 1) vlans.push(vlan);
      continue;
    }
    const found = numberOf(item.name, site, segments);
    if (typeof found === "number") vlans.push(found);
    else problems.push({ index, ...found });
  }
  return { vlans: vlanSet(vlans), problems };
}

function numberOf(
  name: string,
  site: string | undefined,
  segments: ReadonlyMap<string, SegmentPart>,
): number | Omit<Unresolved, "index"> {
  const segment = segments.get(name);
  if (segment === undefined)
    return { message: `there is no segment "${name}"`, hint: () => didYouMean(name, [...segments.keys()], "segments") };
  if (site === undefined) {
    if (segment.vlanBySite === undefined) return segment.vlan;
    return {
      message: `the segment ${name} has a number for each site, and the device has no site`,
      hint: () => "Give the device a site, or write the number.",
    };
  }
  if (segment.sites !== undefined && !segment.sites.includes(site))
    return {
      message: `the segment ${name} does not exist in the site ${site}`,
      hint: () => `Add ${site} to its sites, or write the number if another VLAN is meant.`,
    };
  return segment.vlanBySite?.[site] ?? segment.vlan;
}
