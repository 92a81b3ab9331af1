/**
 * Which router takes a frame that a device sends to its gateway's address (network.md R5, in the words of this room).
 *
 * Switches know a virtual MAC by the frames that come from it, so the question is always whose frames get to the sender:
 * - hsrp, vrrp: the active whose virtual MAC is heard. Two of them, and the switches follow whichever spoke last; none,
 *   and the frame is flooded until a filter drops it.
 * - glbp: the forwarder that the sender's ARP cache holds. A move does not change the cache.
 * - anycast, proxy, mlag: the nearest member that has the address; one that lacks it bridges the frame on.
 * - central, static: the member that there is, the nearest one of several.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Gateway, GatewayMember, Nic } from "../fabric.ts";
import { activesIn, isMemberUp } from "./election.ts";
import type { Domains } from "./frame-reach.ts";
import { areTogether, frameDoubts, frameReach } from "./frame-reach.ts";
import { nearestOf } from "./nearest.ts";

export type GatewayChoice =
  | { readonly kind: "known"; readonly device: string }
  | {
      readonly kind: "one-of";
      readonly candidates: readonly GatewayCandidate[];
      /** An MLAG pair hashes each flow to one of them, so that both take their part; otherwise it is not known which. */
      readonly isHashed: boolean;
      readonly why: string;
    }
  /** Nobody takes it, and what becomes of the frame. */
  | { readonly kind: "none"; readonly why: string }
  | { readonly kind: "unknown"; readonly why: string };

export interface GatewayCandidate {
  readonly device: string;
  readonly probability: number;
}

/** What is known about links that could not be read: taken for closed, or for open. */
type Guess = "sure" | "possible";

/** Of each forwarder where no weight is said: GLBP's own default. */
const defaultWeight = 100;

const choices = memoTable<GatewayChoice>("gateway choices");

/** @param nic of the sender; it matters for GLBP only. */
export function gatewayChoice(
  index: FabricIndex,
  gateway: Gateway,
  fromDevice: string,
  nic?: Pick<Nic, "forwarder">,
): GatewayChoice {
  const forwarder = gateway.kind === "glbp" ? nic?.forwarder : undefined;
  return index.remember(choices, `${gateway.name}\u0000${fromDevice}\u0000${forwarder ?? ""}`, () => {
    if (!gateway.members.some(isMemberUp)) return { kind: "none", why: `no member of ${gateway.name} is up` };
    switch (gateway.kind) {
      case "hsrp":
      case "vrrp":
        return elected(index, gateway, fromDevice);
      case "glbp": {
        const { doubts } = frameReach(index, gateway, "virtualMac");
        return certain(doubts, (guess) => forwarderOf(index, gateway, fromDevice, forwarder, guess));
      }
      case "anycast":
      case "proxy":
      case "mlag":
      case "central":
      case "static":
        return certain(frameDoubts(index, gateway, "virtualMac"), (guess) =>
          nearest(index, gateway, fromDevice, guess),
        );
    }
  });
}

function elected(index: FabricIndex, gateway: Gateway, from: string): GatewayChoice {
  const hellos = frameReach(index, gateway, "hello");
  const doubts = (["hello", "virtualMac", "gatewayArp"] as const).flatMap(
    (frame) => frameReach(index, gateway, frame).doubts,
  );
  const heard = (domains: Domains) => (guess: Guess) =>
    heardActive(index, gateway, from, activesIn(gateway, domains), guess);
  return certain(doubts, heard(hellos.sure), [heard(hellos.possible)]);
}

/** The one active whose virtual MAC and whose answers to ARP get to the sender. */
function heardActive(
  index: FabricIndex,
  gateway: Gateway,
  from: string,
  actives: readonly string[],
  guess: Guess,
): GatewayChoice {
  const heard = frameReach(index, gateway, "virtualMac");
  const answers = frameReach(index, gateway, "gatewayArp");
  const reached = actives.filter((device) => areTogether(heard[guess], from, device));
  if (reached.length === 0) return dropped(gateway, from, actives, heard.barriers);
  if (reached.length > 1) return anyOf(reached, lastSpeaker(gateway, reached));
  if (!reached.some((device) => areTogether(answers[guess], from, device)))
    return {
      kind: "none",
      why: `ARP for ${gateway.address} gets no answer at ${from}: it is dropped on ${answers.barriers.join(", ")}`,
    };
  return anyOf(reached, "");
}

const lastSpeaker = (gateway: Gateway, actives: readonly string[]): string =>
  `${actives.join(" and ")} are both active for ${gateway.name}, and the switches learn its virtual MAC at whichever spoke last`;

function dropped(
  gateway: Gateway,
  from: string,
  actives: readonly string[],
  barriers: readonly string[],
): GatewayChoice {
  const where = barriers.length > 0 ? `dropped on ${barriers.join(", ")}` : "answered by nobody";
  return {
    kind: "none",
    why: `nobody at ${from} learns the virtual MAC of ${gateway.name} (active: ${actives.join(", ")}): frames to it are flooded, and ${where}`,
  };
}

function forwarderOf(
  index: FabricIndex,
  gateway: Gateway,
  from: string,
  forwarder: string | undefined,
  guess: Guess,
): GatewayChoice {
  const heard = frameReach(index, gateway, "virtualMac");
  const members = gateway.members.filter(
    (member) => isMemberUp(member) && areTogether(heard[guess], from, member.device),
  );
  if (members.length === 0) return dropped(gateway, from, upMembers(gateway), heard.barriers);
  const holder = members.find(({ device }) => device === forwarder);
  if (holder !== undefined) return { kind: "known", device: holder.device };
  const total = members.reduce((sum, member) => sum + weightOf(member), 0);
  const candidates = members.map((member) => ({
    device: member.device,
    probability: total === 0 ? 1 / members.length : weightOf(member) / total,
  }));
  const why =
    forwarder === undefined
      ? `nothing says which forwarder of ${gateway.name} the ARP cache holds`
      : `${forwarder} is not there, and nothing says which member of ${gateway.name} took over its virtual MAC`;
  return oneOf(
    candidates.filter(({ probability }) => probability > 0),
    why,
  );
}

const weightOf = (member: GatewayMember): number => member.weight ?? defaultWeight;

function nearest(index: FabricIndex, gateway: Gateway, from: string, guess: Guess): GatewayChoice {
  const members = new Map(gateway.members.filter(isMemberUp).map((member) => [member.device, member]));
  const owning = [...members.values()].filter(({ hasAddress }) => hasAddress !== "no").map(({ device }) => device);
  const found = nearestOf(index, gateway, from, owning, guess);
  const doubtful = found.find((device) => members.get(device)?.hasAddress === "unknown");
  if (doubtful !== undefined)
    return { kind: "unknown", why: `nothing says whether ${doubtful} has the address of ${gateway.name}` };
  if (found.length === 0)
    return { kind: "none", why: `no member of ${gateway.name} that has ${gateway.address} is in reach of ${from}` };
  const domains = new Set(found.map((device) => index.device(device)?.mlag ?? device));
  const isHashed = gateway.kind === "mlag" || domains.size === 1;
  return anyOf(found, `${found.join(" and ")} are equally near to ${from}`, isHashed);
}

const upMembers = (gateway: Gateway): readonly string[] =>
  gateway.members
    .filter(isMemberUp)
    .map(({ device }) => device)
    .toSorted();

function anyOf(devices: readonly string[], why: string, isHashed = false): GatewayChoice {
  return oneOf(
    devices.map((device) => ({ device, probability: 1 / devices.length })),
    why,
    isHashed,
  );
}

function oneOf(candidates: readonly GatewayCandidate[], why: string, isHashed = false): GatewayChoice {
  const sorted = candidates.toSorted((left, right) => (left.device < right.device ? -1 : 1));
  const [only, second] = sorted;
  if (only !== undefined && second === undefined) return { kind: "known", device: only.device };
  return { kind: "one-of", candidates: sorted, isHashed, why };
}

/** The answer that every guess about what is not known comes to; unknown where they differ. */
function certain(
  doubts: readonly string[],
  answer: (guess: Guess) => GatewayChoice,
  more: readonly ((guess: Guess) => GatewayChoice)[] = [],
): GatewayChoice {
  const first = answer("sure");
  if (doubts.length === 0) return first;
  const others = [answer, ...more].flatMap((ask) => [ask("sure"), ask("possible")]);
  if (others.every((other) => isSame(first, other))) return first;
  return { kind: "unknown", why: listed([...new Set(doubts)].toSorted()) };
}

/** A sentence names a few of many reasons: the first that is mended shows the next. */
const reasonsShown = 3;

function listed(reasons: readonly string[]): string {
  const more = reasons.length - reasonsShown;
  return [...reasons.slice(0, reasonsShown), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function isSame(left: GatewayChoice, right: GatewayChoice): boolean {
  if (left.kind === "known") return right.kind === "known" && left.device === right.device;
  if (left.kind === "one-of")
    return (
      right.kind === "one-of" &&
      left.candidates.length === right.candidates.length &&
      left.candidates.every(({ device }, at) => device === right.candidates[at]?.device)
    );
  return left.kind === right.kind;
}
