/**
 * Rule single-point: links whose failure alone cuts endpoints off. Told for each link between switches, and once for all
 * hosts that hang on a single one; of moves, where a VM ends up with less protection than it had.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Finding } from "./finding.ts";
import type { MoveSituation } from "./situation.ts";
import { soleLinksOf, soleWays } from "./sole-ways.ts";
import { countText, listText } from "./words.ts";
import { ordered } from "./ordered.ts";

interface SoleLink {
  readonly link: string;
  readonly segments: string[];
  readonly endpoints: Set<string>;
}

export function singlePointState(index: FabricIndex): readonly Finding[] {
  const links = new Map<string, SoleLink>();
  for (const { name: segment } of ordered(index).segments)
    for (const [link, devices] of soleWays(index, segment)) {
      const sole = links.get(link) ?? { link, segments: [], endpoints: new Set<string>() };
      links.set(link, sole);
      sole.segments.push(segment);
      for (const device of devices)
        for (const { name, nics } of index.endpointsAt(device))
          if (nics.some((nic) => nic.segment === segment)) sole.endpoints.add(name);
    }
  const all = [...links.values()]
    .filter(({ endpoints }) => endpoints.size > 0)
    .toSorted((a, b) => (a.link < b.link ? -1 : 1));
  const uplinks = all.filter(({ link }) => hostOf(index, link) !== undefined);
  const between = all.filter(({ link }) => hostOf(index, link) === undefined);
  return [...between.map((sole) => linkFinding(index, sole)), ...uplinkFinding(index, uplinks)];
}

/** The host at one of its ends. */
function hostOf(index: FabricIndex, id: string): string | undefined {
  const link = index.link(id);
  return [link?.a.device, link?.b.device].find(
    (device) => device !== undefined && index.device(device)?.kind === "host",
  );
}

function linkFinding(index: FabricIndex, { link, segments, endpoints }: SoleLink): Finding {
  const vlans = segments.map((segment) => index.segment(segment)?.vlan ?? segment).join(", ");
  return {
    rule: "single-point",
    severity: "warn",
    certainty: "yes",
    subjects: [link, ...segments.toSorted()],
    message: `${segments.length === 1 ? "VLAN" : "VLANs"} ${vlans} ${segments.length === 1 ? "has" : "have"} one path over ${link}: its failure isolates ${countText(endpoints.size, "endpoint")}`,
    figures: [{ name: "endpoints behind one link", before: endpoints.size, unit: "count" }],
    evidence: [`endpoints: ${listText([...endpoints].sort())}`],
    advice: "carry these VLANs over a second link",
  };
}

function uplinkFinding(index: FabricIndex, uplinks: readonly SoleLink[]): readonly Finding[] {
  if (uplinks.length === 0) return [];
  const hosts = [...new Set(uplinks.flatMap(({ link }) => hostOf(index, link) ?? []))].sort();
  const count = new Set(uplinks.flatMap(({ endpoints }) => [...endpoints])).size;
  return [
    {
      rule: "single-point",
      severity: "info",
      certainty: "yes",
      subjects: hosts,
      message: `${listText(hosts)} ${hosts.length === 1 ? "hangs" : "hang"} on one link each: a failure isolates the endpoints of a host, ${countText(count, "endpoint")} in all`,
      figures: [{ name: "hosts with one link", before: hosts.length, unit: "count" }],
      evidence: uplinks.map(({ link }) => link),
      advice: "give the hosts a second uplink",
    },
  ];
}

export function singlePointMoves(index: FabricIndex, { moves }: MoveSituation): readonly Finding[] {
  return moves.flatMap(({ endpoint, source, target }) => {
    const segments = [...new Set(endpoint.nics.map(({ segment }) => segment))].sort();
    const worse = segments.flatMap((segment) => {
      const [before, after] = [source, target].map((device) => soleLinksOf(index, segment, device));
      return after !== undefined && before !== undefined && after.length > before.length
        ? [{ segment, links: after, before }]
        : [];
    });
    const [first] = worse;
    if (first === undefined) return [];
    const links = [...new Set(worse.flatMap((each) => each.links))].sort();
    const vlans = worse.map(({ segment }) => index.vlanOf(segment, target) ?? segment).join(", ");
    return [
      {
        rule: "single-point",
        severity: "warn",
        certainty: "yes",
        subjects: [endpoint.name, target, ...links],
        message: `VLAN ${vlans} has one path from ${target}: failure of ${listText(links, "or")} isolates ${endpoint.name}, which ${first.before.length === 0 ? `has two ways on ${source}` : `hangs on fewer links on ${source}`}`,
        figures: [
          {
            name: "links that it hangs on alone",
            before: first.before.length,
            after: first.links.length,
            unit: "count",
          },
        ],
        evidence: worse.map(({ segment, links: own }) => `${segment}: ${own.join(", ")}`),
        advice: "choose a target with two uplinks, or carry the VLAN over a second link",
      } satisfies Finding,
    ];
  });
}
