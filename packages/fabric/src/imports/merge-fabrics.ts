/**
 * Two fabrics as one: the base as it was imported, and an overlay with what somebody knows besides. Objects are matched by
 * name (links by both ends, members of a list by what tells them apart), and the overlay wins field by field.
 *
 * Knowledge has three values: what the overlay leaves out or calls unknown never takes anything away, and what it merely
 * assumes gives way to what the base was told or shown. Where both know and differ, a note says what gave way.
 */
import type { Device, Endpoint, Fabric, Gateway, Link, Nic, Port } from "../fabric.ts";
import { linkId } from "../migration-path.ts";
import { noteList, ordered } from "./import-result.ts";
import type { ImportResult } from "./import-result.ts";
import { soundFabric } from "./sound/sound-fabric.ts";
import { mergeFields, mergeKeyed } from "./merge-fields.ts";
import type { AddNote, MergeRules } from "./merge-fields.ts";

export function mergeFabrics(base: Fabric, overlay: Fabric): ImportResult {
  const notes = noteList();
  const add: AddNote = (path, message) => {
    notes.add(path, message);
  };
  const byName = ({ name }: { readonly name: string }): string => name;
  const fabric: Fabric = {
    sites: mergeKeyed("sites", base.sites, overlay.sites, byName, {}, add),
    segments: mergeKeyed("segments", base.segments, overlay.segments, byName, {}, add),
    devices: mergeKeyed("devices", base.devices, overlay.devices, byName, deviceRules, add),
    links: mergeKeyed(
      "links",
      unplugged(base.links, overlay.links, add),
      aligned(base.links, overlay.links, add),
      linkId,
      {},
      add,
    ),
    gateways: mergeKeyed("gateways", base.gateways, overlay.gateways, byName, gatewayRules, add),
    hostRoutes: mergeKeyed("hostRoutes", base.hostRoutes, overlay.hostRoutes, ({ segment }) => segment, {}, add),
    services: mergeKeyed("services", base.services, overlay.services, byName, {}, add),
    endpoints: mergeKeyed("endpoints", base.endpoints, overlay.endpoints, byName, endpointRules, add),
    flows: mergeKeyed("flows", base.flows, overlay.flows, byName, {}, add),
    clusters: mergeKeyed("clusters", base.clusters, overlay.clusters, byName, {}, add),
  };
  // What was sound on its own need not be together: another name for the same VLAN number, a subnet that was corrected.
  const preferred = new Set(base.segments.map(({ name }) => name));
  return { fabric: ordered(soundFabric(fabric, notes, preferred)), notes: notes.sorted() };
}

/** How a port's VLANs are known belongs to them: the two are taken together or not at all. */
function mergePort(path: string, base: Port, overlay: Port, add: AddNote): Port {
  const { vlans, knowledge, ...rest } = base;
  const { vlans: otherVlans, knowledge: otherKnowledge, ...otherRest } = overlay;
  const isWeaker = otherKnowledge === "assumed" && knowledge !== "assumed" && vlans.kind !== "unknown";
  const keepsBase = otherVlans.kind === "unknown" || isWeaker;
  const merged = mergeFields(path, rest, otherRest, {}, add);
  const chosen = keepsBase
    ? vlans
    : mergeFields(path, { vlans }, { vlans: otherVlans }, { atoms: new Set(["vlans"]) }, add).vlans;
  const how = keepsBase ? knowledge : otherKnowledge;
  return { ...merged, vlans: chosen, ...(how === undefined ? {} : { knowledge: how }) };
}

const deviceRules: MergeRules<Device> = {
  lists: {
    ports: (path, left, right, add) => mergeKeyed(path, left, right, ({ name }) => name, { merge: mergePort }, add),
    interfaces: (path, left, right, add) =>
      mergeKeyed(path, left ?? [], right ?? [], ({ segment, address }) => `${segment} ${address}`, {}, add),
    routes: (path, left, right, add) =>
      mergeKeyed(path, left ?? [], right ?? [], ({ prefix, via }) => `${prefix} ${via}`, {}, add),
    networks: (path, left, right, add) => mergeKeyed(path, left ?? [], right ?? [], ({ name }) => name, {}, add),
    shaping: (path, left, right, add) => mergeKeyed(path, left ?? [], right ?? [], ({ name }) => name, {}, add),
  },
};

const gatewayRules: MergeRules<Gateway> = {
  lists: { members: (path, left, right, add) => mergeKeyed(path, left, right, ({ device }) => device, {}, add) },
};

const endpointRules: MergeRules<Endpoint> = { lists: { nics: mergeNics } };

/** A NIC is told by its MAC address, and by its segment where one of the two has none. */
function mergeNics(path: string, base: readonly Nic[], overlay: readonly Nic[], add: AddNote): readonly Nic[] {
  const left = [...overlay];
  const merged = base.map((nic) => {
    const index = left.findIndex((other) =>
      nic.mac === undefined || other.mac === undefined ? nic.segment === other.segment : nic.mac === other.mac,
    );
    const [other] = index < 0 ? [] : left.splice(index, 1);
    return other === undefined ? nic : mergeFields(`${path}.${nic.mac ?? nic.segment}`, nic, other, {}, add);
  });
  return [...merged, ...left];
}

/** A port has one cable: where the overlay plugs another one in, the base's is out. */
function unplugged(base: readonly Link[], overlay: readonly Link[], add: AddNote): readonly Link[] {
  const used = new Map(
    overlay.flatMap((link) => [link.a, link.b].map(({ device, port }) => [`${device}/${port}`, linkId(link)] as const)),
  );
  return base.filter((link) => {
    const id = linkId(link);
    const other = [link.a, link.b]
      .map(({ device, port }) => used.get(`${device}/${port}`))
      .find((rival) => rival !== undefined && rival !== id);
    if (other !== undefined) add(`links.${id}`, `gives way to ${other}`);
    return other === undefined;
  });
}

/** The overlay's links, written from the same end as the base's. */
function aligned(base: readonly Link[], overlay: readonly Link[], add: AddNote): readonly Link[] {
  const known = new Map(base.map((link) => [linkId(link), link] as const));
  return overlay.map((link) => {
    const other = known.get(linkId(link));
    const isTurned = other !== undefined && (other.a.device !== link.a.device || other.a.port !== link.a.port);
    return isTurned ? turned(link, add) : link;
  });
}

/** A figure for the way from a to b stands for the way back as well, unless that has one of its own. */
function turned(link: Link, add: AddNote): Link {
  const { a, b, capacityBps, capacityBackBps, latencyUs, latencyBackUs, ...rest } = link;
  if (
    (capacityBps === undefined && capacityBackBps !== undefined) ||
    (latencyUs === undefined && latencyBackUs !== undefined)
  )
    add(
      `links.${linkId(link)}`,
      "says something of one way only, from the other end than the base; it is taken for both",
    );
  const [capacity, capacityBack] = swapped(capacityBps, capacityBackBps);
  const [latency, latencyBack] = swapped(latencyUs, latencyBackUs);
  return {
    ...rest,
    a: b,
    b: a,
    ...(capacity === undefined ? {} : { capacityBps: capacity }),
    ...(capacityBack === undefined ? {} : { capacityBackBps: capacityBack }),
    ...(latency === undefined ? {} : { latencyUs: latency }),
    ...(latencyBack === undefined ? {} : { latencyBackUs: latencyBack }),
  };
}

function swapped(
  forward: number | undefined,
  back: number | undefined,
): readonly [number | undefined, number | undefined] {
  return back === undefined ? [forward, undefined] : [back, forward];
}
