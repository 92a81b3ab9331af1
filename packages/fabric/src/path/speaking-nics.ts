/**
 * By which of their NICs two ends speak to each other.
 *
 * Two ends in one segment use it. Otherwise each speaks by a NIC whose segment has a gateway; between several, the name of
 * the segment decides, so that the order of the document does not. Addresses are of one family on both sides, IPv4 where
 * both have it.
 */
import { assert } from "@trunkline/model";
import { parseInterfaceAddress } from "../address/ip.ts";
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Endpoint, Nic } from "../fabric.ts";

export type Family = 4 | 6;

/** What is worked out about a NIC once for all flows; `nic` is undefined for an endpoint without any. */
export interface NicFacts {
  readonly nic: Nic | undefined;
  /** Sorted, with the version of each. */
  readonly addresses: readonly { readonly text: string; readonly version: Family | undefined }[];
  /** Unlike that of any other NIC and family. */
  readonly keyOf: (family: Family | undefined) => string;
  readonly order: string;
  readonly families: ReadonlySet<Family>;
  readonly isRouted: boolean;
}

export interface NicPair {
  readonly from: NicFacts;
  readonly to: NicFacts;
  /** Undefined where neither end says an address, or none that the other could speak to. */
  readonly family: Family | undefined;
}

const factsTable = memoTable<readonly NicFacts[]>("NICs of an endpoint");

export function speakingNics(index: FabricIndex, from: Endpoint, to: Endpoint): NicPair {
  let best: RankedPair | undefined;
  for (const here of nicsOf(index, from))
    for (const there of nicsOf(index, to)) {
      const pair = rankedPair(here, there);
      if (best === undefined || isBefore(pair, best)) best = pair;
    }
  assert(best !== undefined, "an endpoint speaks by a NIC, or by none");
  return best;
}

interface RankedPair extends NicPair {
  readonly merit: number;
}

function rankedPair(from: NicFacts, to: NicFacts): RankedPair {
  const family = commonFamily(from, to);
  const isOneSegment = from.nic !== undefined && from.nic.segment === to.nic?.segment;
  const merit = (family === "none" ? 8 : 0) + (isOneSegment ? 0 : from.isRouted && to.isRouted ? 2 : 4);
  return { from, to, family: family === "none" ? undefined : family, merit };
}

function isBefore(left: RankedPair, right: RankedPair): boolean {
  if (left.merit !== right.merit) return left.merit < right.merit;
  if (left.from.order !== right.from.order) return left.from.order < right.from.order;
  return left.to.order < right.to.order;
}

/** "none" where both have addresses and nothing fits; undefined where neither says one. */
function commonFamily({ families: here }: NicFacts, { families: there }: NicFacts): Family | undefined | "none" {
  const isOpen = here.size === 0 || there.size === 0;
  for (const family of [4, 6] as const) {
    const count = Number(here.has(family)) + Number(there.has(family));
    if (count === 2 || (isOpen && count === 1)) return family;
  }
  return isOpen ? undefined : "none";
}

function nicsOf(index: FabricIndex, { name, nics }: Endpoint): readonly NicFacts[] {
  return index.remember(factsTable, name, () =>
    (nics.length === 0 ? [undefined] : nics).map((nic, place) => factsOf(index, name, nic, place)),
  );
}

function factsOf(index: FabricIndex, endpoint: string, nic: Nic | undefined, place: number): NicFacts {
  const addresses = (nic?.addresses ?? [])
    .toSorted()
    .map((text) => ({ text, version: parseInterfaceAddress(text)?.version }));
  const key = `${endpoint}\u0000${place}`;
  const keys = new Map([4, 6, undefined].map((family) => [family, `${key}\u0000${family ?? ""}`]));
  return {
    nic,
    addresses,
    keyOf: (family) => keys.get(family) ?? key,
    order: nic === undefined ? "" : [nic.segment, nic.mac ?? "", ...addresses.map(({ text }) => text)].join("\u0000"),
    families: new Set(addresses.flatMap(({ version }) => version ?? [])),
    isRouted: nic === undefined || index.gatewaysIn(nic.segment).length > 0,
  };
}
