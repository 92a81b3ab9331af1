/**
 * VLANs that trunks carry for nobody. A VLAN on a trunk costs floods on the link and, with a spanning tree for each VLAN,
 * an instance on the port; and where a VLAN is everywhere, a loop in it is everywhere too.
 *
 * A VLAN is in use on a trunk when members of its segment need the link to reach each other, or to keep a second way.
 * It is kept by policy when a VM of a cluster may land on a host that only this link leads to. Everything else could be
 * taken off without anybody noticing, as far as members are described: this is a proposal, never a repair.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Device, Port } from "../fabric.ts";
import type { ConfigChange } from "../fix/config-change.ts";
import type { FabricEnd, PortVlans } from "../ports.ts";
import { bridgeName, carryGraph } from "./carry-graph.ts";
import { edgesInUse, neededEdges } from "./needed-edges.ts";
import { memberDevices, segmentMembers } from "./members.ts";
import { ordered } from "./ordered.ts";
import { endName } from "../path/text.ts";

export interface SprawlReport {
  /** Trunks whose list could be read, sorted by device and port. */
  readonly ports: readonly SprawlPort[];
  /** Of all those ports. */
  readonly removable: number;
  /** Spanning-tree instances, one for each VLAN, port and device that runs a tree for each VLAN. */
  readonly instancesBefore: number;
  readonly instancesAfter: number;
}

export interface SprawlPort {
  readonly end: FabricEnd;
  /** How many VLANs the port lets through. */
  readonly allowed: number;
  /** VLAN numbers at this port, sorted. */
  readonly inUse: readonly number[];
  readonly neededByPolicy: readonly number[];
  readonly removable: number;
  /** Undefined where nothing is to be removed. */
  readonly proposal?: ConfigChange;
  readonly instancesBefore: number;
  readonly instancesAfter: number;
}

const reports = memoTable<SprawlReport>("VLAN sprawl");

export function sprawlReport(index: FabricIndex): SprawlReport {
  return index.remember(reports, "", () => {
    const needs = findNeeds(index);
    const ports = ordered(index)
      .devices.toSorted((left, right) => (left.name < right.name ? -1 : 1))
      .flatMap((device) =>
        device.ports
          .toSorted((left, right) => (left.name < right.name ? -1 : 1))
          .flatMap((port) => trunkReport(index, device, port, needs)),
      );
    const sum = (of: (port: SprawlPort) => number): number => ports.reduce((total, port) => total + of(port), 0);
    return {
      ports,
      removable: sum((port) => port.removable),
      instancesBefore: sum((port) => port.instancesBefore),
      instancesAfter: sum((port) => port.instancesAfter),
    };
  });
}

/** VLAN numbers by port, as `device/port`. */
interface Needs {
  readonly use: ReadonlyMap<string, ReadonlySet<number>>;
  readonly policy: ReadonlyMap<string, ReadonlySet<number>>;
}

function findNeeds(index: FabricIndex): Needs {
  const use = new Map<string, Set<number>>();
  const policy = new Map<string, Set<number>>();
  const mark = (table: Map<string, Set<number>>, links: readonly string[], segment: string): void => {
    for (const id of links) {
      const link = index.link(id);
      if (link === undefined) continue;
      for (const end of [link.a, link.b]) {
        const vlan = index.vlanOf(segment, end.device);
        if (vlan === undefined) continue;
        const known = table.get(endName(end));
        if (known === undefined) table.set(endName(end), new Set([vlan]));
        else known.add(vlan);
      }
    }
  };
  for (const { name } of ordered(index).segments) {
    const inUse = edgesInUse(index, name);
    for (const { links } of inUse) mark(use, links, name);
    const bridges = (devices: Iterable<string>): readonly string[] =>
      [...devices].map((device) => bridgeName(index, device));
    const present = new Set(bridges(memberDevices(index, name)));
    const landing = bridges(segmentMembers(index, name).byPolicy).filter((bridge) => !present.has(bridge));
    if (landing.length === 0) continue;
    for (const { links } of neededEdges(carryGraph(index, name), new Set([...present, ...landing])))
      mark(policy, links, name);
  }
  keepOnPeerLinks(index, use, policy);
  return { use, policy };
}

/**
 * A peer-link carries what either member of its domain carries: an orphan of one of them is reached by it, and so is every
 * host whose own link to the other has failed. Within the domain, which is one bridge elsewhere, nothing else says so.
 */
function keepOnPeerLinks(
  index: FabricIndex,
  ...tables: readonly [Map<string, Set<number>>, Map<string, Set<number>>]
): void {
  for (const { kind, a, b } of index.fabric.links) {
    if (kind !== "peer-link") continue;
    for (const table of tables) {
      const kept = new Set(
        [a, b].flatMap(({ device, port }) =>
          (index.device(device)?.ports ?? [])
            .filter(({ name }) => name !== port)
            .flatMap(({ name }) => [...(table.get(endName({ device, port: name })) ?? [])]),
        ),
      );
      if (kept.size > 0) for (const end of [a, b]) table.set(endName(end), kept);
    }
  }
}

function trunkReport(index: FabricIndex, device: Device, port: Port, needs: Needs): readonly SprawlPort[] {
  const { vlans } = port;
  if (vlans.kind !== "trunk" || index.linksOf(device.name).every(({ near }) => near.port !== port.name)) return [];
  const end: FabricEnd = { device: device.name, port: port.name };
  const isAllowed = (vlan: number): boolean =>
    vlans.trunks === "all" || vlans.native === vlan || vlans.trunks.includes(vlan);
  const inUse = sorted(needs.use.get(endName(end)) ?? []).filter(isAllowed);
  const used = new Set(inUse);
  const byPolicy = sorted(needs.policy.get(endName(end)) ?? []).filter((vlan) => isAllowed(vlan) && !used.has(vlan));
  const kept = new Set([...inUse, ...byPolicy]);
  // What goes without a tag costs nothing and may be what the link itself lives on.
  if (vlans.native !== undefined) kept.add(vlans.native);
  const listed = vlans.trunks === "all" ? undefined : new Set([...vlans.trunks, ...nativeOf(vlans)]);
  const allowed = listed?.size ?? allVlans;
  const gone = listed === undefined ? undefined : sorted(listed).filter((vlan) => !kept.has(vlan));
  const removable = gone?.length ?? allowed - kept.size;
  const defined = definedVlans(index, device);
  const counted = (carried: Iterable<number>): number => [...carried].filter((vlan) => defined.has(vlan)).length;
  const isCounted = device.spanningTree?.mode === "rpvst";
  const proposal = proposalFor(end, vlans, gone, kept);
  return [
    {
      end,
      allowed,
      inUse,
      neededByPolicy: byPolicy,
      removable,
      ...(removable === 0 ? {} : { proposal }),
      instancesBefore: isCounted ? counted(listed ?? defined) : 0,
      instancesAfter: isCounted ? counted(kept) : 0,
    },
  ];
}

function proposalFor(
  end: FabricEnd,
  before: Extract<PortVlans, { readonly kind: "trunk" }>,
  gone: readonly number[] | undefined,
  kept: ReadonlySet<number>,
): ConfigChange {
  if (gone !== undefined) return { kind: "remove-vlans", port: end, vlans: gone, before };
  // Of a trunk that lists nothing it is shorter to say what stays.
  const vlans: PortVlans = { ...before, trunks: sorted(kept).filter((vlan) => vlan !== before.native) };
  return { kind: "set-vlans", port: end, vlans, before };
}

/** IEEE 802.1Q-2018, 9.6: 1 to 4094. */
const allVlans = 4094;

const nativeOf = ({ native }: { readonly native?: number }): readonly number[] =>
  native === undefined ? [] : [native];

/** Without a list of its own, a device has at least what its ports name and what segments need there. */
function definedVlans(index: FabricIndex, device: Device): ReadonlySet<number> {
  if (device.vlans !== undefined) return new Set(device.vlans);
  return index.remember(definedTables, device.name, () => {
    const named = device.ports.flatMap(({ vlans }) => {
      if (vlans.kind === "access") return [vlans.tag];
      return vlans.kind === "trunk" && vlans.trunks !== "all" ? vlans.trunks : [];
    });
    const meant = ordered(index).segments.flatMap(({ name }) => index.vlanOf(name, device.name) ?? []);
    return new Set([...named, ...meant]);
  });
}

const definedTables = memoTable<ReadonlySet<number>>("VLANs that a device has");

const sorted = (vlans: Iterable<number>): readonly number[] => [...vlans].sort((a, b) => a - b);
