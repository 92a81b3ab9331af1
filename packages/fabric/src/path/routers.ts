/**
 * The fabric as routers see it: which devices route, in which segments they have a foot, who is whose neighbour, and how
 * far it is from each to each.
 *
 * Neighbours exchange routes over transit segments: those that have no gateway, because routing protocols are passive
 * towards hosts by custom. Only where no transit segment leads are the segments of hosts taken as well. What is outside
 * routes from and to itself and never carries the fabric's own traffic between sites.
 *
 * VRFs are kept apart: a router has one face in each. Firewalls, load balancers and the outside have the same face in
 * all, because they are what joins VRFs.
 */
import { assert } from "@trunkline/model";
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Device } from "../fabric.ts";
import { limits } from "../limits.ts";
import { isMemberUp } from "../gateway/election.ts";
import { bridged } from "./bridged-stretch.ts";
import type { KnownWay } from "./compose.ts";

/** A router in a VRF; `vrf` is left out where it is the same in all. */
export interface Face {
  readonly device: string;
  readonly vrf?: string;
}

export interface Neighbour {
  readonly segment: string;
  readonly face: Face;
}

/** Which segments routes are exchanged over. */
export type RoutingPlane = "transit" | "any";

export interface Distance {
  readonly hops: number;
  /** Of the fastest of the shortest ways, as far as latencies are described. Breaks ties between targets. */
  readonly latencyUs: number;
}

const feet = memoTable<readonly string[]>("segments of a router");
const routersTable = memoTable<readonly string[]>("routers of a segment");
const neighbourTable = memoTable<readonly Neighbour[]>("neighbours of a router");
const distanceTable = memoTable<ReadonlyMap<string, Distance>>("distances to a router");

/** Does the device pass on packets that are not its own? */
export function isRouter(index: FabricIndex, name: string): boolean {
  const device = index.device(name);
  return device !== undefined && device.kind !== "external" && feetOf(index, name).length > 0;
}

/** The segments in which the device has an address, sorted: by interface, as a gateway, or from outside. */
export function feetOf(index: FabricIndex, name: string): readonly string[] {
  return index.remember(feet, name, () => {
    const device = index.device(name);
    if (device === undefined) return [];
    const gateways = memberships(index).get(name) ?? [];
    const own = (device.interfaces ?? []).map(({ segment }) => segment);
    const isHost = device.kind === "host" && gateways.length === 0;
    const outside =
      device.kind === "external"
        ? index.endpointsAt(name).flatMap(({ nics }) => nics.map(({ segment }) => segment))
        : [];
    // A host's own addresses make it no router.
    return [...new Set(isHost ? [] : [...own, ...gateways, ...outside])].toSorted();
  });
}

/** The routers with a foot in the segment, sorted. */
export function routersIn(index: FabricIndex, segment: string): readonly string[] {
  return index.remember(routersTable, segment, () => footTable(index).get(segment) ?? []);
}

export function faceOf(index: FabricIndex, name: string, segment: string): Face {
  const vrf = index.segment(segment)?.vrf;
  return vrf === undefined || joinsVrfs(index.device(name)) ? { device: name } : { device: name, vrf };
}

/** Of the router at the end of a way: in the VRF of the segment by which the packet came. */
export function faceAfter(index: FabricIndex, way: Pick<KnownWay, "waypoints" | "legs">, start: Face): Face {
  const [device, segment] = [way.waypoints.at(-1)?.device, way.legs.at(-1)?.segment];
  return device === undefined || segment === undefined ? start : faceOf(index, device, segment);
}

/** The face that stands for a device as a target: its own traffic is in no VRF. */
export const plainFace = (device: string): Face => ({ device });

/** May a packet that is in the face's VRF leave by the segment? */
export function mayEnter(index: FabricIndex, face: Face, segment: string): boolean {
  return joinsVrfs(index.device(face.device)) || index.segment(segment)?.vrf === face.vrf;
}

/** Sorted by device, then by segment. */
export function neighboursOf(index: FabricIndex, face: Face, plane: RoutingPlane): readonly Neighbour[] {
  return index.remember(neighbourTable, `${faceKey(face)}\u0000${plane}`, () => {
    const found = new Map<string, Neighbour>();
    for (const segment of feetOf(index, face.device)) {
      if (!mayEnter(index, face, segment) || (plane === "transit" && !isTransit(index, segment))) continue;
      for (const name of routersIn(index, segment)) {
        const neighbour = { segment, face: faceOf(index, name, segment) };
        // Routers share hundreds of segments of hosts; one of them is enough to get there. Transit ones share the load.
        const key = plane === "any" ? faceKey(neighbour.face) : `${faceKey(neighbour.face)}\u0000${segment}`;
        // Where it is not known whether frames get there, the way over it will be unknown: that is the truth.
        if (name === face.device || found.has(key) || bridged(index, segment, face.device, name).kind === "broken")
          continue;
        found.set(key, neighbour);
      }
    }
    return [...found].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, neighbour]) => neighbour);
  });
}

/** From every face that can get there to the device, whichever of its faces. */
export function distancesTo(index: FabricIndex, device: string, plane: RoutingPlane): ReadonlyMap<string, Distance> {
  return index.remember(distanceTable, `${device}\u0000${plane}`, () => {
    const distances = new Map<string, Distance>();
    let front = facesOf(index, device);
    for (const face of front) distances.set(faceKey(face), { hops: 0, latencyUs: 0 });
    for (let hops = 1; front.length > 0; hops += 1) {
      const next = new Map<string, { readonly face: Face; readonly latencyUs: number }>();
      for (const here of front) {
        const start = distances.get(faceKey(here))?.latencyUs ?? 0;
        for (const { segment, face } of neighboursOf(index, here, plane)) {
          const key = faceKey(face);
          if (distances.has(key)) continue;
          const latencyUs = start + latencyOf(index, segment, face.device, here.device);
          if (latencyUs < (next.get(key)?.latencyUs ?? Number.POSITIVE_INFINITY)) next.set(key, { face, latencyUs });
        }
      }
      for (const [key, { latencyUs }] of next) distances.set(key, { hops, latencyUs });
      assert(distances.size <= limits.devicesVisited, "a routing table has a bounded number of routers");
      // What is outside is a place to come from, never one to pass through.
      front = [...next.values()].map(({ face }) => face).filter((face) => isRouter(index, face.device));
    }
    return distances;
  });
}

export const faceKey = ({ device, vrf }: Face): string => (vrf === undefined ? device : `${device}\u0000${vrf}`);

function facesOf(index: FabricIndex, device: string): readonly Face[] {
  const faces = new Map(
    [plainFace(device), ...feetOf(index, device).map((segment) => faceOf(index, device, segment))].map((face) => [
      faceKey(face),
      face,
    ]),
  );
  return [...faces.values()];
}

const isTransit = (index: FabricIndex, segment: string): boolean => index.gatewaysIn(segment).length === 0;

const joinsVrfs = (device: Device | undefined): boolean =>
  device !== undefined && ["firewall", "load-balancer", "external"].includes(device.kind);

function latencyOf(index: FabricIndex, segment: string, from: string, to: string): number {
  const way = bridged(index, segment, from, to);
  return way.kind === "known" && way.latencyUs.known ? way.latencyUs.value : 0;
}

const membershipTable = memoTable<ReadonlyMap<string, readonly string[]>>("gateway memberships");
const footing = memoTable<ReadonlyMap<string, readonly string[]>>("feet in segments");

function memberships(index: FabricIndex): ReadonlyMap<string, readonly string[]> {
  return index.remember(membershipTable, "", () =>
    grouped(
      index.fabric.gateways.flatMap((gateway) =>
        // A router whose part in the protocol is down keeps its own address, and with it the segment.
        gateway.members
          .filter((member) => isMemberUp(member) || member.address !== undefined)
          .map((member) => [member.device, gateway.segment] as const),
      ),
    ),
  );
}

function footTable(index: FabricIndex): ReadonlyMap<string, readonly string[]> {
  return index.remember(footing, "", () =>
    grouped(index.fabric.devices.flatMap(({ name }) => feetOf(index, name).map((segment) => [segment, name] as const))),
  );
}

function grouped(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, readonly string[]> {
  const table = new Map<string, Set<string>>();
  for (const [key, value] of pairs) {
    const known = table.get(key);
    if (known === undefined) table.set(key, new Set([value]));
    else known.add(value);
  }
  return new Map([...table].map(([key, values]) => [key, [...values].toSorted()]));
}
