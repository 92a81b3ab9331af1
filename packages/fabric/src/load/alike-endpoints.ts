/**
 * Endpoints that differ in nothing that a way depends on: NICs in the same segments, with the same gateways, and addresses
 * that no prefix of the fabric tells apart. MAC addresses and names are their own.
 */
import { parseInterfaceAddress, parsePrefix, prefixKey, prefixOf } from "../address/ip.ts";
import { memoTable } from "../fabric-index.ts";
import type { FabricIndex } from "../fabric-index.ts";
import type { Endpoint, Nic } from "../fabric.ts";

const prefixTables = memoTable<Prefixes>("prefixes of segments and routes");

interface Prefixes {
  readonly keys: ReadonlySet<string>;
  readonly lengths: readonly number[];
}

/** Equal for endpoints that are alike. */
export function alikeEndpoint(index: FabricIndex, { name, kind, nics }: Endpoint): string {
  const segments = new Set(nics.map(({ segment }) => segment));
  const texts = nics.map((nic) => nicText(index, nic));
  // Between NICs in one segment their MAC addresses decide.
  const isOneOfAKind = segments.size < nics.length || texts.includes(undefined);
  return isOneOfAKind ? `only ${name}` : JSON.stringify([kind, texts]);
}

/** @returns undefined where the addresses of a family are not all in the same prefixes: which of them is used decides. */
function nicText(index: FabricIndex, { segment, network, gateway, forwarder, addresses }: Nic): string | undefined {
  const prefixes = index.remember(prefixTables, "", () => prefixesOf(index));
  const byFamily = new Map<number, Set<string>>();
  for (const text of addresses) {
    const address = parseInterfaceAddress(text);
    const family = address?.version ?? 0;
    const known = byFamily.get(family) ?? new Set<string>();
    byFamily.set(family, known);
    const holding = address === undefined ? [] : prefixes.lengths.map((length) => prefixKey(prefixOf(address, length)));
    known.add(holding.filter((key) => prefixes.keys.has(key)).join(" "));
  }
  if ([...byFamily.values()].some((places) => places.size > 1)) return undefined;
  const places = [...byFamily].map(([family, known]) => `${family} ${[...known].join("")}`).toSorted();
  return JSON.stringify([segment, network, gateway, forwarder, places]);
}

function prefixesOf({ fabric }: FabricIndex): Prefixes {
  const texts = [
    ...fabric.segments.flatMap(({ subnets }) => subnets),
    ...fabric.devices.flatMap(({ routes = [] }) => routes.map(({ prefix }) => prefix)),
  ];
  const prefixes = texts.flatMap((text) => parsePrefix(text) ?? []);
  return {
    keys: new Set(prefixes.map(prefixKey)),
    lengths: [...new Set(prefixes.map(({ length }) => length))].toSorted((left, right) => left - right),
  };
}
