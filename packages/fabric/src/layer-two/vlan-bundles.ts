/**
 * Which bundles have anything to do with a VLAN: those at which some port carries it, or may. Most trunks of a large fabric
 * list a few VLANs of many, so whoever looks at one VLAN need not look at all bundles.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { PortVlans } from "../ports.ts";
import type { BundleView } from "./bridges.ts";
import { bridgeTable } from "./bridges.ts";
import type { VlanDomain } from "./vlan-domain.ts";

interface BundlesByVlan {
  /** Places in the list of all bundles. */
  readonly listed: ReadonlyMap<number, ReadonlySet<number>>;
  /** Of ports that carry everything, or that nobody could read. */
  readonly always: ReadonlySet<number>;
  /** One device of each site: a VLAN has one number in all of a site. */
  readonly examples: readonly string[];
}

const tables = memoTable<BundlesByVlan>("bundles by VLAN");

/** In the order of all bundles. At every other bundle the VLAN is on none of the ports. */
export function bundlesOfVlan(index: FabricIndex, domain: VlanDomain): readonly BundleView[] {
  const { bundles } = bridgeTable(index);
  const { listed, always, examples } = index.remember(tables, "", () => makeTable(index));
  const places = new Set(always);
  for (const vlan of new Set(examples.map((device) => domain.vlanAt(device))))
    for (const place of (vlan === undefined ? undefined : listed.get(vlan)) ?? []) places.add(place);
  return [...places].toSorted((left, right) => left - right).flatMap((place) => bundles[place] ?? []);
}

function makeTable(index: FabricIndex): BundlesByVlan {
  const listed = new Map<number, Set<number>>();
  const always = new Set<number>();
  for (const [place, { members }] of bridgeTable(index).bundles.entries())
    for (const { nearPort, farPort } of members)
      for (const port of [nearPort, farPort]) {
        const vlans = port === undefined ? undefined : numbersOf(port.vlans);
        if (vlans === undefined) always.add(place);
        for (const vlan of vlans ?? []) {
          const known = listed.get(vlan);
          if (known === undefined) listed.set(vlan, new Set([place]));
          else known.add(place);
        }
      }
  const bySite = new Map(index.fabric.devices.map(({ name, site }) => [site, name]));
  return { listed, always, examples: [...bySite.values()] };
}

/** @returns undefined where the port may carry any. */
function numbersOf(vlans: PortVlans): readonly number[] | undefined {
  switch (vlans.kind) {
    case "access":
      return [vlans.tag];
    case "trunk":
      if (vlans.trunks === "all") return undefined;
      return vlans.native === undefined ? vlans.trunks : [...vlans.trunks, vlans.native];
    case "unknown":
      return undefined;
  }
}
