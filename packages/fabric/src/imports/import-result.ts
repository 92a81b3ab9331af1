/**
 * What an import gives: a fabric in the order of names, and notes about everything that was not understood or is not known.
 * A note is no error: the fabric is sound without it, and the note says what somebody may want to add by hand.
 */
import { TrunklineError } from "@trunkline/model";
import { linkId } from "../migration-path.ts";
import type { Device, Fabric } from "../fabric.ts";

export interface ImportNote {
  /** Where in the input, as `links[3].interfaces[0]`. */
  readonly path: string;
  readonly message: string;
}

export interface ImportResult {
  readonly fabric: Fabric;
  /** By path, then by message; no two alike. */
  readonly notes: readonly ImportNote[];
}

/** Gathers notes while an import runs. */
export interface NoteList {
  add(path: string, message: string): void;
  sorted(): readonly ImportNote[];
}

export function noteList(): NoteList {
  const notes = new Map<string, ImportNote>();
  return {
    add: (path, message) => {
      notes.set(`${path}\u0000${message}`, { path, message });
    },
    sorted: () => [...notes].toSorted(byKey).map(([, note]) => note),
  };
}

export function importError(path: string, what: string, hint?: string): TrunklineError {
  const message = path === "" ? `the input ${what}` : `${path} ${what}`;
  return new TrunklineError("fabric.import", message, { details: { path }, ...(hint === undefined ? {} : { hint }) });
}

/** The same fabric whatever order its source was in. */
export function ordered(fabric: Fabric): Fabric {
  return {
    sites: byName(fabric.sites),
    segments: byName(fabric.segments),
    devices: byName(fabric.devices).map(orderedDevice),
    links: sortedBy(fabric.links, linkId),
    gateways: byName(fabric.gateways).map((gateway) => ({
      ...gateway,
      members: sortedBy(gateway.members, ({ device }) => device),
    })),
    hostRoutes: sortedBy(fabric.hostRoutes, ({ segment }) => segment),
    services: byName(fabric.services),
    endpoints: byName(fabric.endpoints),
    flows: byName(fabric.flows),
    clusters: byName(fabric.clusters).map((cluster) => ({ ...cluster, hosts: cluster.hosts.toSorted() })),
  };
}

function orderedDevice(device: Device): Device {
  const { vlans, interfaces } = device;
  return {
    ...device,
    ports: byName(device.ports),
    ...(vlans === undefined ? {} : { vlans: [...new Set(vlans)].toSorted((a, b) => a - b) }),
    ...(interfaces === undefined
      ? {}
      : { interfaces: sortedBy(interfaces, ({ segment, address }) => `${segment} ${address}`) }),
  };
}

/** In the order of code points, which is the same everywhere; equal keys stay as they were. */
export function sortedBy<T>(items: readonly T[], key: (item: T) => string): readonly T[] {
  return items
    .map((item) => [key(item), item] as const)
    .toSorted(byKey)
    .map(([, item]) => item);
}

function byName<T extends { readonly name: string }>(items: readonly T[]): readonly T[] {
  return sortedBy(items, ({ name }) => name);
}

function byKey(left: readonly [string, unknown], right: readonly [string, unknown]): number {
  return left[0] < right[0] ? -1 : left[0] > right[0] ? 1 : 0;
}
