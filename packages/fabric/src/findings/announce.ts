/**
 * Rule announce: after a move the switches must hear from the VM on its new port. QEMU sends a reverse-ARP frame for it;
 * a host that does not leaves every MAC table pointing to the old place until the VM sends something itself. Where an
 * interconnect does not flood what it has not learned, that is a black hole and not only a detour.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Link } from "../fabric.ts";
import { linkId } from "../migration-path.ts";
import { carryingLinks } from "./carry-graph.ts";
import type { Finding } from "./finding.ts";
import type { MoveSituation } from "./situation.ts";
import { listText } from "./words.ts";
import { ordered } from "./ordered.ts";

/** Hosts that could take VMs of a segment which an interconnect without flooding carries. */
export function announceState(index: FabricIndex): readonly Finding[] {
  const silent = ordered(index).devices.filter(({ kind, announces }) => kind === "host" && announces === "no");
  if (silent.length === 0) return [];
  const segments = ordered(index).segments.flatMap(({ name }) => {
    const links = withoutFlooding(index, name);
    return links.length === 0 ? [] : [{ name, links }];
  });
  const [first] = segments;
  if (first === undefined) return [];
  const hosts = silent.map(({ name }) => name).toSorted();
  const dull = [...new Set(segments.flatMap(({ links }) => links))].sort();
  return [
    {
      rule: "announce",
      severity: "warn",
      certainty: "yes",
      subjects: [...hosts, ...dull],
      message: `${listText(hosts)} ${hosts.length === 1 ? "does" : "do"} not announce VMs that arrive, and ${listText(dull)} ${dull.length === 1 ? "does" : "do"} not flood unknown unicast: a VM moved there is unreachable from the other site until it sends`,
      evidence: segments.map(({ name, links }) => `${name} is carried by ${links.join(", ")}`),
      advice: "let the hosts announce arrivals (reverse ARP), or have the VM send something right after the move",
    },
  ];
}

function withoutFlooding(index: FabricIndex, segment: string): readonly string[] {
  return interconnectsOf(index, segment).filter(isDull).map(linkId);
}

/** OTV floods what it has not learned only where it is told to. */
const isDull = ({ dci }: Link): boolean =>
  (dci?.floodsUnknownUnicast ?? (dci?.technology === "otv" ? "no" : "yes")) === "no";

/** The links between sites that carry the segment. */
export function interconnectsOf(index: FabricIndex, segment: string): readonly Link[] {
  return carryingLinks(index, segment).flatMap((id) => {
    const link = index.link(id);
    if (link === undefined) return [];
    const [a, b] = [index.siteOf(link.a.device), index.siteOf(link.b.device)];
    return a !== undefined && b !== undefined && a !== b ? [link] : [];
  });
}

export function announceMoves(index: FabricIndex, { moves }: MoveSituation): readonly Finding[] {
  return moves.flatMap(({ endpoint, source, target }): readonly Finding[] => {
    const announces = index.device(target)?.announces ?? "yes";
    if (announces === "yes") return [];
    const isBetweenSites = index.siteOf(source) !== index.siteOf(target);
    const crossed = isBetweenSites ? endpoint.nics.flatMap(({ segment }) => interconnectsOf(index, segment)) : [];
    const dull = [...new Set(crossed.filter(isDull).map(linkId))].sort();
    const isKnown = announces === "no";
    const host = isKnown ? `${target} does not announce arrivals` : `nothing says whether ${target} announces arrivals`;
    const where =
      dull.length === 0 ? "" : ` and ${listText(dull)} ${dull.length === 1 ? "does" : "do"} not flood unknown unicast`;
    return [
      {
        rule: "announce",
        severity: isKnown ? "warn" : "info",
        certainty: isKnown ? "yes" : "unknown",
        subjects: [endpoint.name, target, ...dull],
        message: `${host}${where}: ${endpoint.name} is ${isKnown ? "" : "perhaps "}unreachable until it sends, or the switches forget its old port`,
        evidence: [`announces of ${target}: ${announces}`],
        advice: `let ${target} send reverse ARP for arrivals, or have ${endpoint.name} send something right after the move`,
      },
    ];
  });
}
