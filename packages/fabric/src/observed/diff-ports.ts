/** Ports as their devices describe them, against the document: VLANs and MTU. */
import { passing, rangeText } from "../fix/vlan-sets.ts";
import type { PortVlans } from "../ports.ts";
import type { Difference } from "./difference.ts";
import { endText, latestBy } from "./lookup.ts";
import type { Lookup } from "./lookup.ts";
import type { PortSeen } from "./observation.ts";
import { untaggedVlan, vlansText } from "./vlan-text.ts";

export function portDifferences(lookup: Lookup, seen: readonly PortSeen[]): readonly Difference[] {
  return latestBy(seen, ({ where }) => endText(where)).flatMap((port) => {
    const device = lookup.index.device(port.where.device);
    if (device === undefined) return [];
    const known = lookup.index.port(port.where);
    // Ports of VMs come and go on a host, and no document names them.
    if (known === undefined) return device.kind === "host" ? [] : [undocumented(port)];
    return [...vlanDifference(port, known.vlans), ...mtuDifference(port, known.mtu)];
  });
}

function undocumented(port: PortSeen): Difference {
  const name = endText(port.where);
  return {
    kind: "undocumented-port",
    subjects: [name],
    message: `${name} exists, and the document does not have it.`,
    observed: port.vlans === undefined ? "a port" : vlansText(port.vlans),
    certainty: "yes",
    seenAtMs: port.atMs,
  };
}

function vlanDifference(port: PortSeen, document: PortVlans): readonly Difference[] {
  const { vlans } = port;
  if (vlans === undefined || vlans.kind === "unknown" || document.kind === "unknown") return [];
  const parts = [...listParts(document, vlans), ...untaggedPart(document, vlans)];
  if (parts.length === 0) return [];
  const name = endText(port.where);
  return [
    {
      kind: "port-vlans",
      subjects: [name],
      message: `${name} ${parts.join("; it ")}.`,
      document: vlansText(document),
      observed: vlansText(vlans),
      certainty: "yes",
      seenAtMs: port.atMs,
    },
  ];
}

function listParts(document: PortVlans, observed: PortVlans): readonly string[] {
  const [meant, real] = [passing(document), passing(observed)];
  if (meant === "all")
    return real === "all" ? [] : [`carries ${plural(real)} only, and the document has all VLANs there`];
  if (real === "all") return [`carries all VLANs, and the document has ${plural(meant)} only`];
  const missing = meant.filter((vlan) => !real.includes(vlan));
  const extra = real.filter((vlan) => !meant.includes(vlan));
  return [
    ...(missing.length === 0 ? [] : [`does not carry ${plural(missing)}, which the document has there`]),
    ...(extra.length === 0 ? [] : [`carries ${plural(extra)}, which the document does not have there`]),
  ];
}

function untaggedPart(document: PortVlans, observed: PortVlans): readonly string[] {
  const [meant, real] = [untaggedVlan(document), untaggedVlan(observed)];
  if (meant === real) return [];
  return [`takes untagged frames for ${vlanText(real)}, and the document has ${vlanText(meant)}`];
}

const vlanText = (vlan: number | undefined): string => (vlan === undefined ? "no VLAN" : `VLAN ${vlan}`);

function plural(vlans: readonly number[]): string {
  return vlans.length === 0 ? "no VLAN" : `VLAN${vlans.length === 1 ? "" : "s"} ${rangeText(vlans)}`;
}

function mtuDifference(port: PortSeen, document: number | undefined): readonly Difference[] {
  if (port.mtu === undefined || document === undefined || port.mtu === document) return [];
  const name = endText(port.where);
  return [
    {
      kind: "mtu",
      subjects: [name],
      message: `${name} has an MTU of ${port.mtu} bytes, and the document says ${document}.`,
      document: String(document),
      observed: String(port.mtu),
      certainty: "yes",
      seenAtMs: port.atMs,
    },
  ];
}
