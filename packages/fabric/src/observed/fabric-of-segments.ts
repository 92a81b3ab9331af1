/** Segments out of the VLAN numbers that were seen, called by the name that LLDP gives them where it gives one. */
import type { Fabric, Segment } from "../fabric.ts";
import { isVlan } from "../imports/addresses.ts";
import type { NoteList } from "../imports/import-result.ts";
import type { PortVlans } from "../ports.ts";
import type { Observation } from "./observation.ts";

export function observedSegments(
  drafted: Fabric,
  observations: readonly Observation[],
  notes: NoteList,
): readonly Segment[] {
  const names = new Map<number, Set<string>>();
  const add = (vlan: number | undefined, name?: string): void => {
    if (vlan === undefined || !isVlan(vlan)) return;
    const known = names.get(vlan) ?? new Set<string>();
    names.set(vlan, known);
    if (name !== undefined && name !== "") known.add(name);
  };
  for (const device of drafted.devices)
    for (const { vlans } of device.ports) for (const vlan of listed(vlans)) add(vlan);
  for (const one of observations)
    switch (one.kind) {
      case "neighbor":
        add(one.untaggedVlan);
        for (const { vlan, name } of one.vlanNames) add(vlan, name);
        break;
      case "gateway-hello":
      case "announcement":
      case "mac-entry":
        add(one.vlan);
        break;
      case "port":
      case "mapping":
      case "vtp-domain":
        break;
    }
  const counts = new Map<string, number>();
  for (const known of names.values()) for (const name of known) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...names].map(([vlan, known]) => {
    if (known.size > 1)
      notes.add(
        `VLAN ${vlan}`,
        `is called ${[...known].toSorted().join(", ")}; it may be several segments under one number`,
      );
    const [name] = known;
    const isUnique = known.size === 1 && name !== undefined && counts.get(name) === 1;
    return { name: isUnique ? name : `vlan-${vlan}`, vlan, subnets: [] };
  });
}

/** A trunk of all VLANs names none. */
function listed(vlans: PortVlans): readonly number[] {
  if (vlans.kind === "access") return [vlans.tag];
  if (vlans.kind === "unknown") return [];
  return [...(vlans.trunks === "all" ? [] : vlans.trunks), ...(vlans.native === undefined ? [] : [vlans.native])];
}
