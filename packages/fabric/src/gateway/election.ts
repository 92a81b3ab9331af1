/**
 * Who forwards for an HSRP or VRRP group. Members that hear each other's hellos elect one active among them; where a
 * filter keeps hellos from crossing a link, each side elects its own.
 *
 * The same function predicts a failover: say which members are down, on which links a filter comes or goes, and who was
 * active before, and it answers who will be.
 *
 * A group of members is certain when it is the same whatever the unread ports and unknown filters turn out to be.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Gateway, GatewayMember, Tri } from "../fabric.ts";
import { disjointSets } from "../layer-two/cycles.ts";
import type { Domains, FilterChange } from "./frame-reach.ts";
import { areTogether, frameReach } from "./frame-reach.ts";
import { electActive } from "./priority.ts";
import type { Elected } from "./priority.ts";

export interface Election {
  readonly gateway: string;
  readonly segment: string;
  readonly kind: "hsrp" | "vrrp";
  /** Each with an active of its own; sorted by the active's name. Members that are down are in none. */
  readonly components: readonly ElectionComponent[];
}

export interface ElectionComponent extends Elected {
  /** Those that hear each other for sure, sorted. */
  readonly members: readonly string[];
  /** "unknown": it may be that others hear them as well; `why` says what has to be found out. */
  readonly certainty: Tri;
  readonly why?: string;
}

/** What is different from the document. */
export interface ElectionChange {
  /** Members that are down. */
  readonly down?: readonly string[];
  readonly filter?: FilterChange;
  /** Who is active before the change; without it, those that the document calls incumbents. */
  readonly incumbents?: readonly string[];
}

const electionTable = memoTable<Election>("elections");

/** The elections of all HSRP and VRRP groups, sorted by name. */
export function elections(index: FabricIndex): readonly Election[] {
  const names = index.fabric.gateways.map(({ name }) => name).toSorted();
  return names.flatMap((name) => {
    const gateway = index.gateway(name);
    const election = gateway === undefined ? undefined : electGateway(index, gateway);
    return election === undefined ? [] : [election];
  });
}

/** @returns undefined for kinds that elect nobody: there, every member forwards or only one is there. */
export function electGateway(index: FabricIndex, gateway: Gateway, change?: ElectionChange): Election | undefined {
  const { kind } = gateway;
  if (kind !== "hsrp" && kind !== "vrrp") return undefined;
  if (change !== undefined) return elect(index, gateway, kind, change);
  return index.remember(electionTable, gateway.name, () => elect(index, gateway, kind, {}));
}

/** The actives when hellos get as far as `domains` says. */
export function activesIn(gateway: Gateway, domains: Domains, change: ElectionChange = {}): readonly string[] {
  const incumbents = incumbentsOf(gateway, change);
  const actives = membersByDomain(gateway, domains, change).flatMap(
    (members) => electActive(gateway, members, incumbents)?.active ?? [],
  );
  return actives.toSorted();
}

function elect(index: FabricIndex, gateway: Gateway, kind: "hsrp" | "vrrp", change: ElectionChange): Election {
  const hellos = frameReach(index, gateway, "hello", change.filter);
  const incumbents = incumbentsOf(gateway, change);
  const possible = new Set(membersByDomain(gateway, hellos.possible, change).map(namesOf));
  const components = membersByDomain(gateway, hellos.sure, change).flatMap((members): readonly ElectionComponent[] => {
    const elected = electActive(gateway, members, incumbents);
    if (elected === undefined) return [];
    const isCertain = possible.has(namesOf(members));
    return [
      {
        ...elected,
        members: members.map(({ device }) => device).toSorted(),
        certainty: isCertain ? "yes" : "unknown",
        ...(isCertain ? {} : { why: hellos.doubts.join("; ") }),
      },
    ];
  });
  const inOrder = components.toSorted((left, right) => (left.active < right.active ? -1 : 1));
  return { gateway: gateway.name, segment: gateway.segment, kind, components: inOrder };
}

function membersByDomain(
  gateway: Gateway,
  domains: Domains,
  change: ElectionChange,
): readonly (readonly GatewayMember[])[] {
  const up = gateway.members.filter((member) => isMemberUp(member) && change.down?.includes(member.device) !== true);
  const sets = disjointSets<string>();
  for (const one of up)
    for (const other of up) if (areTogether(domains, one.device, other.device)) sets.join(one.device, other.device);
  const groups = new Map<string, GatewayMember[]>();
  for (const member of up) {
    const group = groups.get(sets.find(member.device));
    if (group === undefined) groups.set(sets.find(member.device), [member]);
    else group.push(member);
  }
  return [...groups.values()];
}

export const isMemberUp = (member: GatewayMember): boolean => member.isUp !== false;

const namesOf = (members: readonly GatewayMember[]): string =>
  members
    .map(({ device }) => device)
    .toSorted()
    .join("\u0000");

const incumbentsOf = (gateway: Gateway, change: ElectionChange): ReadonlySet<string> =>
  new Set(
    change.incumbents ?? gateway.members.filter((member) => member.isIncumbent === true).map((member) => member.device),
  );
