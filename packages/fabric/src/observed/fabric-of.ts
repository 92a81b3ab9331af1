/**
 * A fabric of what was observed alone, to begin a document from. It has less than the network: who was not heard is not in it,
 * and what a neighbour says of its VLANs is a part, so that its port stays unknown with that part in the reason.
 */
import { emptyFabric } from "../fabric.ts";
import type { Device, DeviceKind, Fabric, Link, Port } from "../fabric.ts";
import { rangeText } from "../fix/vlan-sets.ts";
import { noteList, ordered, sortedBy } from "../imports/import-result.ts";
import type { ImportResult, NoteList } from "../imports/import-result.ts";
import { soundFabric } from "../imports/sound/sound-fabric.ts";
import { linkId } from "../migration-path.ts";
import type { FabricEnd, PortVlans } from "../ports.ts";
import { ofKind } from "./diff-fabric.ts";
import { observedGateways } from "./fabric-of-gateways.ts";
import { observedSegments } from "./fabric-of-segments.ts";
import { endText, latestBy } from "./lookup.ts";
import { deviceNamed, portNamed } from "./names.ts";
import type { NeighborSeen, Observation, PortSeen } from "./observation.ts";

/** Notes say what could not be placed. The same result for any order of the observations. */
export function fabricOf(observations: readonly Observation[]): ImportResult {
  const notes = noteList();
  const devices = new Map<string, Draft>();
  const neighbors = latestBy(ofKind(observations, "neighbor"), ({ where, protocol, names, ports }) =>
    [endText(where), protocol, names[0] ?? "", ports[0] ?? ""].join("\u0000"),
  );
  for (const seen of latestBy(ofKind(observations, "port"), ({ where }) => endText(where))) addPort(devices, seen);
  for (const { where } of observations)
    if (where.port !== undefined) addSilentPort(devices, { device: where.device, port: where.port });
  const links = linksOf(devices, sortedBy(neighbors, neighborKey), notes);
  const drafted: Fabric = { ...emptyFabric, devices: [...devices.values()].map(deviceOf), links };
  const segments = observedSegments(drafted, observations, notes);
  const { gateways, routers } = observedGateways(drafted, segments, observations, notes);
  const macs = new Set(
    [...ofKind(observations, "mac-entry"), ...ofKind(observations, "announcement")].map(({ mac }) => mac),
  );
  if (macs.size > 0)
    notes.add("", `${macs.size} MAC addresses were seen; machines are to be added, they do not tell their names`);
  const fabric = { ...drafted, segments, gateways, devices: [...drafted.devices, ...routers] };
  return { fabric: ordered(soundFabric(fabric, notes)), notes: notes.sorted() };
}

interface Draft extends Omit<Device, "ports"> {
  readonly ports: Map<string, Port>;
}

const deviceOf = ({ ports, ...rest }: Draft): Device => ({ ...rest, ports: [...ports.values()] });

function addPort(devices: Map<string, Draft>, seen: PortSeen): void {
  const { device, port } = seen.where;
  const known = devices.get(device) ?? {
    name: device,
    kind: seen.deviceKind ?? "switch",
    ports: new Map<string, Port>(),
  };
  devices.set(device, {
    ...known,
    ...(seen.bridge === undefined ? {} : { bridge: seen.bridge }),
    ...(seen.ovsdb === undefined ? {} : { ovsdb: seen.ovsdb, platform: "open-vswitch" }),
  });
  known.ports.set(port, {
    name: port,
    vlans: seen.vlans ?? { kind: "unknown", why: "nobody read its VLANs" },
    ...(seen.mtu === undefined ? {} : { mtu: seen.mtu }),
    knowledge: "observed",
  });
}

/** A port that somebody listened at is there, whatever it carries. */
function addSilentPort(devices: Map<string, Draft>, { device, port }: FabricEnd): void {
  const known = devices.get(device) ?? { name: device, kind: "switch", ports: new Map<string, Port>() };
  devices.set(device, known);
  if (!known.ports.has(port))
    known.ports.set(port, { name: port, vlans: { kind: "unknown", why: "nobody read its VLANs" } });
}

function linksOf(devices: Map<string, Draft>, neighbors: readonly NeighborSeen[], notes: NoteList): readonly Link[] {
  const links = new Map<string, Link>();
  // LLDP and CDP may call one port by two names; the first that is heard of a device at a port counts.
  const heard = new Map<string, string>();
  for (const seen of neighbors) {
    const name = deviceNamed([...devices.keys()], seen.names) ?? seen.names[0] ?? seen.mac;
    const [wanted] = seen.ports;
    if (name === undefined || wanted === undefined) {
      notes.add(
        endText(seen.where),
        "has a neighbour that does not say what it or its port is called; no link was made",
      );
      continue;
    }
    const known = devices.get(name) ?? { name, kind: kindOf(seen), ports: new Map<string, Port>() };
    devices.set(name, known);
    const spot = `${endText(seen.where)} ${name}`;
    const port = heard.get(spot) ?? portNamed([...known.ports.keys()], seen.ports) ?? wanted;
    heard.set(spot, port);
    const before = known.ports.get(port);
    if (before === undefined || before.vlans.kind === "unknown") known.ports.set(port, farPort(port, seen, before));
    const link = { a: seen.where, b: { device: name, port } };
    if (!links.has(linkId(link))) links.set(linkId(link), link);
  }
  return [...links.values()];
}

function farPort(name: string, seen: NeighborSeen, before: Port | undefined): Port {
  const mtu = seen.mtu ?? before?.mtu;
  return { ...before, name, vlans: partOf(seen, before), ...(mtu === undefined ? {} : { mtu }) };
}

/** Some of its VLANs are known, others may be missing: that is no list of VLANs. */
function partOf(seen: NeighborSeen, before: Port | undefined): PortVlans {
  const parts = [
    ...(seen.vlanNames.length === 0 ? [] : [`at least VLAN ${rangeText(seen.vlanNames.map(({ vlan }) => vlan))}`]),
    ...(seen.untaggedVlan === undefined || seen.untaggedVlan === 0
      ? []
      : [`untagged frames in VLAN ${seen.untaggedVlan}`]),
  ];
  if (parts.length === 0) return before?.vlans ?? { kind: "unknown", why: "it did not say what it carries" };
  return { kind: "unknown", why: `by ${seen.protocol.toUpperCase()} it has ${parts.join(", ")}` };
}

function kindOf({ roles }: NeighborSeen): DeviceKind {
  if (roles.includes("bridge")) return "switch";
  if (roles.includes("router")) return "router";
  return roles.includes("station") ? "host" : "switch";
}

const neighborKey = (seen: NeighborSeen): string =>
  [endText(seen.where), seen.protocol === "lldp" ? "0" : "1", seen.names[0] ?? "", seen.ports[0] ?? ""].join("\u0000");
