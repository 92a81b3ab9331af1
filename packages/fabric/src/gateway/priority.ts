/**
 * Which of the routers that hear each other forwards for the group's address? HSRP as in RFC 2281, 5.1 and 5.2: the
 * higher priority wins, between equals the higher address; one that may preempt takes over from any that it beats. VRRP
 * as in RFC 9568, 6.4: a backup takes over only with a higher priority, so between equals the one that is active stays;
 * the address decides between two that are active at once. The owner of the address has priority 255 and always preempts.
 *
 * Who came up first is not in a fabric. Where that decides and no incumbent is known, the answer is that of all starting
 * together, and `assumes` says so.
 */
import type { IpAddress } from "../address/ip.ts";
import { compareAddresses, parseInterfaceAddress } from "../address/ip.ts";
import type { Gateway, GatewayMember } from "../fabric.ts";

/** Both protocols' default (RFC 2281, 5.1; RFC 9568, 5.2.4). */
const defaultPriority = 100;
const ownerPriority = 255;

export interface Elected {
  readonly active: string;
  /** Who takes over when the active goes. */
  readonly standby?: string;
  /** Something that is not known and that the answer takes for granted. */
  readonly assumes?: string;
}

interface Candidate {
  readonly device: string;
  readonly priority: number;
  readonly address: string | undefined;
  readonly isPreempting: boolean;
  readonly isIncumbent: boolean;
}

/** @param members those that are up and hear each other; @param incumbents devices known to be active now. */
export function electActive(
  gateway: Gateway,
  members: readonly GatewayMember[],
  incumbents: ReadonlySet<string>,
): Elected | undefined {
  const ranking = members.map((member) => candidateOf(gateway, member, incumbents)).toSorted(byRank);
  const [best] = ranking;
  if (best === undefined) return undefined;
  // Two that are active at once hear each other, and the lower one gives way whether or not the higher preempts.
  const holder = ranking.find((candidate) => candidate.isIncumbent);
  const active = holder === undefined ? best : (ranking.find((one) => takesOver(gateway, one, holder)) ?? holder);
  const standby = ranking.find((candidate) => candidate !== active);
  const assumes = assumption(gateway, ranking, active, holder);
  return {
    active: active.device,
    ...(standby === undefined ? {} : { standby: standby.device }),
    ...(assumes === undefined ? {} : { assumes }),
  };
}

/** The priority that the member speaks with. */
export function priorityOf(gateway: Gateway, member: GatewayMember): number {
  return isOwner(gateway, member) ? ownerPriority : (member.priority ?? defaultPriority);
}

function candidateOf(gateway: Gateway, member: GatewayMember, incumbents: ReadonlySet<string>): Candidate {
  const priority = priorityOf(gateway, member);
  const isPreempting = member.preempts ?? gateway.kind === "vrrp";
  return {
    device: member.device,
    priority,
    address: member.address,
    isPreempting: isPreempting || (gateway.kind === "vrrp" && priority === ownerPriority),
    isIncumbent: incumbents.has(member.device),
  };
}

/** RFC 9568, 6.1: the owner is the router whose own address the group's is. */
function isOwner(gateway: Gateway, member: GatewayMember): boolean {
  if (gateway.kind !== "vrrp") return false;
  return member.priority === ownerPriority || addressOrder(member.address, gateway.address) === "same";
}

/** A total order: among equals, who has no known address comes last, by name. */
function byRank(left: Candidate, right: Candidate): number {
  if (left.priority !== right.priority) return right.priority - left.priority;
  const [a, b] = [addressOf(left.address), addressOf(right.address)];
  if (a !== undefined && b !== undefined) {
    const order = compareAddresses(b, a);
    if (order !== 0) return order;
  } else if (a !== b) return a === undefined ? 1 : -1;
  return left.device < right.device ? -1 : 1;
}

function takesOver(gateway: Gateway, challenger: Candidate, holder: Candidate): boolean {
  if (challenger === holder || !challenger.isPreempting) return false;
  if (challenger.priority !== holder.priority) return challenger.priority > holder.priority;
  return gateway.kind === "hsrp" && addressOrder(challenger.address, holder.address) === "higher";
}

function assumption(
  gateway: Gateway,
  ranking: readonly Candidate[],
  active: Candidate,
  holder: Candidate | undefined,
): string | undefined {
  const twin = ranking.find(
    (one) =>
      one !== active &&
      one.priority === active.priority &&
      !["higher", "lower"].includes(addressOrder(active.address, one.address)),
  );
  if (twin !== undefined && holder !== active)
    return `${active.device} and ${twin.device} have priority ${active.priority} and no known addresses to tell them apart`;
  if (holder !== undefined) return undefined;
  const other = ranking.find((one) => one !== active && !takesOver(gateway, active, one));
  if (other === undefined) return undefined;
  return `${active.device} would not take over from ${other.device}, and nothing says which of them is active now`;
}

function addressOrder(left: string | undefined, right: string | undefined): "higher" | "lower" | "same" | "unknown" {
  const [a, b] = [addressOf(left), addressOf(right)];
  if (a === undefined || b === undefined || a.version !== b.version) return "unknown";
  const order = compareAddresses(a, b);
  if (order === 0) return "same";
  return order > 0 ? "higher" : "lower";
}

const addressOf = (text: string | undefined): IpAddress | undefined =>
  text === undefined ? undefined : parseInterfaceAddress(text);
