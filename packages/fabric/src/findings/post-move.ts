/**
 * Rule post-move: what the network showed after a move, against what it should. An announcement must be seen in the VLAN
 * of each NIC, and every switch must have learned the MAC address on a port that leads to the target.
 *
 * Evidence proves what was seen. Where nobody listened, or a switch has no entry, nothing follows.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Endpoint, Nic } from "../fabric.ts";
import { bridgedWay } from "../layer-two/bridged-way.ts";
import { lagMembers } from "../layer-two/bridges.ts";
import type { AnnouncementSeen, MacEntrySeen, MappingSeen } from "../observed/observation.ts";
import type { Finding } from "./finding.ts";
import { inOrder } from "./order.ts";

import { figureText, listText } from "./words.ts";
import { endName } from "../path/text.ts";

export interface PostMoveEvidence {
  readonly endpoint: string;
  readonly target: string;
  /** When the VM resumed there: what was seen before is of no interest. */
  readonly resumedAtMs: number;
  /** Undefined: nobody listened. */
  readonly announcements?: readonly AnnouncementSeen[];
  readonly macEntries?: readonly MacEntrySeen[];
  /** LISP: where the mapping system was told that the address is now. */
  readonly mappings?: readonly MappingSeen[];
}

export function checkPostMove(index: FabricIndex, evidence: PostMoveEvidence): readonly Finding[] {
  const endpoint = index.endpoint(evidence.endpoint);
  if (endpoint === undefined || index.device(evidence.target) === undefined) return [];
  return inOrder(
    endpoint.nics.flatMap((nic) => [
      ...announcementFinding(index, evidence, endpoint, nic),
      ...macFinding(index, evidence, endpoint, nic),
      ...mappingFinding(evidence, endpoint, nic),
    ]),
  );
}

function announcementFinding(
  index: FabricIndex,
  { target, announcements, resumedAtMs }: PostMoveEvidence,
  { name }: Endpoint,
  nic: Nic,
): readonly Finding[] {
  const { mac, segment } = nic;
  const vlan = index.vlanOf(segment, target);
  if (announcements === undefined || mac === undefined || vlan === undefined) return [];
  const seen = announcements
    .filter((each) => each.mac.toLowerCase() === mac.toLowerCase() && each.atMs >= resumedAtMs)
    .toSorted((left, right) => left.atMs - right.atMs);
  const meant = seen.find((each) => isInVlan(index, each, segment));
  const [strange] = seen;
  const base = { rule: "post-move", subjects: [name, target, mac] } as const;
  if (meant !== undefined)
    return [
      {
        ...base,
        severity: "info",
        certainty: "yes",
        message: `${formText(meant)} for ${mac} in VLAN ${vlan} seen at ${spotText(meant)} t+${figureText(meant.atMs - resumedAtMs)} ms`,
        evidence: seen.map((each) => `${spotText(each)} t+${figureText(each.atMs - resumedAtMs)} ms`),
      },
    ];
  if (strange !== undefined)
    return [
      {
        ...base,
        severity: "block",
        certainty: "yes",
        message: `${formText(strange)} for ${mac} came in VLAN ${strange.vlan ?? "of the port"} at ${spotText(strange)}, and ${segment} is VLAN ${vlan}: the switches learn it in the wrong segment`,
        evidence: seen.map((each) => `${spotText(each)}: VLAN ${each.vlan ?? "untagged"}`),
        advice: `look at the port-group of ${name} on ${target}`,
      },
    ];
  return [
    {
      ...base,
      severity: "warn",
      certainty: "unknown",
      message: `no announcement of ${mac} was seen after ${name} resumed on ${target}`,
      evidence: [`${announcements.length} announcements of others were seen`],
      advice: "look whether the MAC tables have followed; the VM's next frame teaches them",
    },
  ];
}

function isInVlan(index: FabricIndex, { where, vlan }: AnnouncementSeen, segment: string): boolean {
  const meant = index.vlanOf(segment, where.device);
  if (vlan !== undefined) return vlan === meant;
  // Without a tag the VLAN is that of the port.
  const vlans = where.port === undefined ? undefined : index.port({ device: where.device, port: where.port })?.vlans;
  const untagged = vlans?.kind === "access" ? vlans.tag : vlans?.kind === "trunk" ? vlans.native : undefined;
  return untagged === undefined || untagged === meant;
}

const formText = ({ form }: AnnouncementSeen): string => (form === "reverse-arp" ? "RARP" : "gratuitous ARP");
const spotText = ({ where }: AnnouncementSeen): string =>
  where.port === undefined ? where.device : `${where.device}/${where.port}`;

function macFinding(
  index: FabricIndex,
  { target, macEntries, resumedAtMs }: PostMoveEvidence,
  { name }: Endpoint,
  nic: Nic,
): readonly Finding[] {
  const { mac, segment } = nic;
  if (macEntries === undefined || mac === undefined) return [];
  const own = macEntries.filter(
    (entry) =>
      entry.atMs >= resumedAtMs &&
      entry.mac.toLowerCase() === mac.toLowerCase() &&
      index.vlanOf(segment, entry.where.device) === entry.vlan,
  );
  // The newest word of each switch counts.
  const newest = new Map(
    own.toSorted((left, right) => left.atMs - right.atMs).map((entry) => [entry.where.device, entry]),
  );
  const judged = [...newest.values()].flatMap((entry) => {
    const leads = leadsTo(index, segment, entry, target);
    return leads === undefined ? [] : [{ entry, leads }];
  });
  const stale = judged
    .filter(({ leads }) => !leads)
    .map(({ entry }) => endName(entry.where))
    .sort();
  const learned = judged
    .filter(({ leads }) => leads)
    .map(({ entry }) => endName(entry.where))
    .sort();
  const base = { rule: "post-move", subjects: [name, target, mac] } as const;
  if (stale.length > 0)
    return [
      {
        ...base,
        severity: "block",
        certainty: "yes",
        subjects: [...stale, name, target, mac],
        message: `${listText(stale)} still ${stale.length === 1 ? "holds" : "hold"} ${mac}, which does not lead to ${target}: frames for ${name} go astray`,
        evidence: [`right: ${listText(learned) || "none"}`],
        advice: `have ${name} send something, or clear these entries`,
      },
    ];
  if (learned.length === 0) return [];
  return [
    {
      ...base,
      severity: "info",
      certainty: "yes",
      message: `${mac} is learned towards ${target} on ${listText(learned)}`,
      evidence: learned,
    },
  ];
}

/** Undefined where the fabric does not say which way leads there. */
function leadsTo(index: FabricIndex, segment: string, { where }: MacEntrySeen, target: string): boolean | undefined {
  const link = index
    .linksOf(where.device)
    .find(({ near }) => near.port === where.port || index.port(near)?.lag === where.port);
  if (where.device === target) return link === undefined;
  const way = bridgedWay(index, segment, where.device, target);
  if (way.kind !== "known" || way.certainty !== "yes") return undefined;
  if (link === undefined) return false;
  const group = new Set(lagMembers(index, link.id));
  return way.crossings.some(({ from, link: id }) => from === where.device && group.has(id));
}

function mappingFinding(
  { mappings, resumedAtMs }: PostMoveEvidence,
  { name }: Endpoint,
  { addresses }: Nic,
): readonly Finding[] {
  const own = (mappings ?? []).filter(
    ({ prefix, atMs }) =>
      atMs >= resumedAtMs && addresses.some((address) => address.split("/")[0] === prefix.split("/")[0]),
  );
  return own
    .toSorted((left, right) => left.atMs - right.atMs)
    .slice(-1)
    .map(({ message, prefix, locators, atMs }): Finding => ({
      rule: "post-move",
      severity: "info",
      certainty: "yes",
      subjects: [name, prefix],
      message: `LISP ${message === "map-register" ? "Map-Register" : "Map-Notify"} ${prefix} -> ${locators.length === 0 ? "withdrawn" : listText(locators)} t+${figureText(atMs - resumedAtMs)} ms`,
      evidence: own.map((each) => `${each.message} ${each.locators.join(", ") || "withdrawn"}`),
    }));
}
