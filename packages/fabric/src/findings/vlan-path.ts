/**
 * Rule vlan-path: does every segment reach its members, and will it still reach them from where they are moved to?
 *
 * Members that are cut off from the rest of their segment, now or after a move, are blocked for certain only where a
 * setting is known to be missing on every way there. What could not be read, or is not described, stays a doubt.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Nic } from "../fabric.ts";
import type { SegmentReach } from "../layer-two/segment-reach.ts";

import { brokenFlows } from "./broken-flows.ts";
import type { Finding } from "./finding.ts";
import { memberDevices, segmentMembers } from "./members.ts";
import { areJoined, gapSubject, gapsKey, gapText, partOf, reachBetween } from "./segment-parts.ts";
import type { JudgedMove, MoveSituation } from "./situation.ts";
import { peersInSegment } from "./situation.ts";
import { countText, listText } from "./words.ts";
import { ordered } from "./ordered.ts";
import { endName } from "../path/text.ts";

export function vlanPathState(index: FabricIndex): readonly Finding[] {
  return ordered(index).segments.flatMap(({ name }) => [...cutOff(index, name), ...landingPlaces(index, name)]);
}

/** A device with members that the main part of the segment does not reach. */
function cutOff(index: FabricIndex, segment: string): readonly Finding[] {
  const { endpoints } = segmentMembers(index, segment);
  const main = mainDevice(index, segment);
  if (main === undefined) return [];
  const apart = [...endpoints.keys()].filter(
    (device) => !areJoined(index, segment, device, main) && isMeantToReach(index, segment, device, main),
  );
  return grouped(index, segment, apart, main).map(({ reach, devices }) => {
    const count = devices.reduce((sum, device) => sum + (endpoints.get(device) ?? 0), 0);
    const who = `${countText(count, "endpoint")} on ${listText(devices)} ${count === 1 ? "is" : "are"}`;
    return reachFinding(index, segment, reach, `${who} cut off from ${main}`, "block", devices);
  });
}

/** A host of a cluster on which a VM of the segment may be started and would be alone. */
function landingPlaces(index: FabricIndex, segment: string): readonly Finding[] {
  const { byPolicy, endpoints } = segmentMembers(index, segment);
  const main = mainDevice(index, segment);
  if (main === undefined) return [];
  const apart = [...byPolicy].filter((host) => !endpoints.has(host) && !areJoined(index, segment, host, main));
  return grouped(index, segment, apart, main).map(({ reach, devices }) =>
    reachFinding(
      index,
      segment,
      reach,
      `VMs of ${segment} may land on ${listText(devices)} by cluster policy and would be cut off from ${main}`,
      "warn",
      devices,
    ),
  );
}

/** The device that stands for the part of the segment in which most of it is: a gateway member if there is one. */
function mainDevice(index: FabricIndex, segment: string): string | undefined {
  const { endpoints } = segmentMembers(index, segment);
  const weights = new Map<number, number>();
  const present = [...memberDevices(index, segment)].sort();
  for (const device of present) {
    const part = partOf(index, segment, device);
    if (part !== undefined) weights.set(part, (weights.get(part) ?? 0) + 1 + (endpoints.get(device) ?? 0));
  }
  const gateways = new Set(index.gatewaysIn(segment).flatMap(({ members }) => members.map(({ device }) => device)));
  const rank = (device: string): number => {
    const part = partOf(index, segment, device);
    return (part === undefined ? 0 : (weights.get(part) ?? 0)) * 2 + (gateways.has(device) ? 1 : 0);
  };
  return present.toSorted((left, right) => rank(right) - rank(left))[0];
}

/** Where routing follows the VM across subnets, the sites of a segment are not bridged, and are not meant to be. */
function isMeantToReach(index: FabricIndex, segment: string, left: string, right: string): boolean {
  const isAcross = ordered(index).hostRoutes.some(
    (policy) => policy.segment === segment && policy.mode === "lisp-across",
  );
  return !isAcross || index.siteOf(left) === index.siteOf(right);
}

interface Group {
  readonly reach: Exclude<SegmentReach, { readonly kind: "reached" }>;
  readonly devices: readonly string[];
}

/** Devices that the same gaps keep apart are one finding. */
function grouped(index: FabricIndex, segment: string, devices: readonly string[], main: string): readonly Group[] {
  const groups = new Map<string, { reach: Group["reach"]; devices: string[] }>();
  for (const device of devices.toSorted()) {
    const reach = reachBetween(index, segment, device, main);
    if (reach.kind === "reached") continue;
    const key = reachKey(reach);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { reach, devices: [device] });
    else known.devices.push(device);
  }
  return [...groups.values()];
}

function reachKey(reach: Group["reach"]): string {
  if (reach.kind === "missing") return `missing ${gapsKey(reach.gaps)}`;
  if (reach.kind === "unknown") return `unknown ${reach.unread.map(endName).sort().join(" ")}`;
  return reach.why;
}

function reachFinding(
  index: FabricIndex,
  segment: string,
  reach: Group["reach"],
  consequence: string,
  severity: "block" | "warn",
  devices: readonly string[],
): Finding {
  if (reach.kind === "missing")
    return {
      rule: "vlan-path",
      severity,
      certainty: "yes",
      subjects: [...new Set(reach.gaps.map(gapSubject)), segment, ...devices],
      message: `${[...new Set(reach.gaps.map((gap) => gapText(index, gap)))].join(", ")}; ${consequence}`,
      evidence: [`the way with the fewest settings to mend: ${reach.path.join(" - ")}`, ...unreadTexts(reach.unread)],
      fix: reach.repair,
    };
  if (reach.kind === "unknown")
    return {
      rule: "vlan-path",
      severity: "warn",
      certainty: "unknown",
      subjects: [...reach.unread.map(endName), segment, ...devices],
      message: `${segment} is not proven to pass ${listText(reach.unread.map(endName))}; perhaps ${consequence}`,
      evidence: [reach.why],
      advice: "read the settings of these ports",
    };
  return {
    rule: "vlan-path",
    severity: "warn",
    certainty: "unknown",
    subjects: [...devices, segment],
    message: `no described way carries ${segment}: perhaps ${consequence}`,
    evidence: [reach.why],
    advice: "describe the links that are missing, or connect it",
  };
}

const unreadTexts = (ends: readonly FabricEndLike[]): readonly string[] =>
  ends.map((end) => `nobody could read ${endName(end)}`);
type FabricEndLike = Parameters<typeof endName>[0];

export function vlanPathMoves(index: FabricIndex, situation: MoveSituation): readonly Finding[] {
  return situation.moves.flatMap((move) => {
    const nics = [...new Map(move.endpoint.nics.map((nic) => [nic.segment, nic])).values()];
    const found = nics.flatMap((nic) => nicFindings(index, situation, move, nic));
    // Where the VM itself is cut off, its flows tell nothing new.
    if (found.length > 0) return found;
    return brokenFlows(index, situation, move, "vlan-path", ({ kind }) => kind === "no-reach");
  });
}

function nicFindings(index: FabricIndex, situation: MoveSituation, move: JudgedMove, nic: Nic): readonly Finding[] {
  const { segment } = nic;
  const { name } = move.endpoint;
  if (index.vlanOf(segment, move.target) === undefined)
    return [
      {
        rule: "vlan-path",
        severity: "block",
        certainty: "yes",
        subjects: [move.target, segment, name],
        message: `${segment} does not exist in ${index.siteOf(move.target) ?? "the site"}, where ${move.target} is; ${name} would be without its network there`,
        evidence: [`${segment} is in ${index.segment(segment)?.sites?.join(", ") ?? "no site that is described"}`],
        advice: `extend ${segment} to that site, or choose a target in one of its own`,
      },
    ];
  if (areJoined(index, segment, move.source, move.target)) return [];
  // Whoever is not reached now is not lost by the move.
  const needed = peersInSegment(index, situation, move, segment).filter(
    (peer) => areJoined(index, segment, move.source, peer) && !areJoined(index, segment, move.target, peer),
  );
  // Whoever reaches one device of a broadcast domain reaches all of it.
  const byPart = new Map<number | string, string[]>();
  for (const peer of needed) {
    const part = partOf(index, segment, peer) ?? peer;
    const together = byPart.get(part);
    if (together === undefined) byPart.set(part, [peer]);
    else together.push(peer);
  }
  const groups = new Map<string, { reach: Group["reach"]; peers: string[] }>();
  for (const together of byPart.values()) {
    const reach = reachBetween(index, segment, move.target, together[0] ?? move.source);
    if (reach.kind === "reached") continue;
    const known = groups.get(reachKey(reach));
    if (known === undefined) groups.set(reachKey(reach), { reach, peers: [...together] });
    else known.peers.push(...together);
  }
  return [...groups.values()].map(({ reach, peers }) =>
    reachFinding(
      index,
      segment,
      reach,
      `${name} would be isolated on ${move.target} from ${listText(peers)}`,
      "block",
      [name, move.target],
    ),
  );
}
