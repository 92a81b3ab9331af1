/**
 * Rule interconnect-loss: what would be left if the sites lost each other. Gateways that were one become two, clusters of
 * boxes that share their sessions fall apart, and whoever depends on the other site's gateway or entry is alone.
 *
 * Answered on the graph of links that carry each segment, those that spanning tree holds back included: they would open.
 * So nothing has to be elected anew but the gateways.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { gatewayChoice } from "../gateway/choice.ts";
import { activesIn, electGateway, isMemberUp } from "../gateway/election.ts";
import { bridgeTable } from "../layer-two/bridges.ts";
import { disjointSets } from "../layer-two/cycles.ts";
import type { DisjointSets } from "../layer-two/cycles.ts";
import { limits } from "../limits.ts";
import { linkId } from "../migration-path.ts";
import type { CarryEdge } from "./carry-graph.ts";
import { bridgeName, carryGraph, otherEnd, overlayHub } from "./carry-graph.ts";
import type { Finding } from "./finding.ts";
import { gatewayOfNic } from "./nic-gateway.ts";
import { bothText, countText, listText } from "./words.ts";
import { ordered } from "./ordered.ts";

interface SitePair {
  readonly sites: readonly [string, string];
  readonly links: readonly string[];
}

export function interconnectLoss(index: FabricIndex): readonly Finding[] {
  return sitePairs(index)
    .slice(0, limits.sitePairsLost)
    .flatMap((pair) => lossFinding(index, pair));
}

function sitePairs(index: FabricIndex): readonly SitePair[] {
  const pairs = new Map<string, { readonly sites: readonly [string, string]; readonly links: string[] }>();
  for (const link of ordered(index).links) {
    const [one, other] = [index.siteOf(link.a.device), index.siteOf(link.b.device)];
    if (one === undefined || other === undefined || one === other || link.isUp === false) continue;
    const [a, b] = one < other ? [one, other] : [other, one];
    const pair = pairs.get(`${a}\u0000${b}`);
    if (pair === undefined) pairs.set(`${a}\u0000${b}`, { sites: [a, b], links: [linkId(link)] });
    else pair.links.push(linkId(link));
  }
  return [...pairs]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, { sites, links }]) => ({ sites, links: links.sort() }));
}

/** The parts of a segment that a device has a link in once the links are gone: frames pass where two have one in common. */
type Parts = (segment: string, device: string) => ReadonlySet<string>;

function partsWithout(index: FabricIndex, { links }: SitePair): Parts {
  const lost = new Set(links);
  const sites = disjointSets<string>();
  for (const link of ordered(index).links) {
    const [one, other] = [index.siteOf(link.a.device), index.siteOf(link.b.device)];
    if (one !== undefined && other !== undefined && link.isUp !== false && !lost.has(linkId(link)))
      sites.join(one, other);
  }
  // Tunnels end where the routed network does.
  const hub = (bridge: string): string => `${overlayHub} ${sites.find(index.siteOf(firstDevice(index, bridge)) ?? "")}`;
  const isLost = ({ links: own }: CarryEdge): boolean => own.length > 0 && own.every((id) => lost.has(id));
  const tables = new Map<string, DisjointSets<string>>();
  const partsOf = (segment: string): DisjointSets<string> => {
    const known = tables.get(segment);
    if (known !== undefined) return known;
    const parts = disjointSets<string>();
    for (const edge of carryGraph(index, segment).core)
      if (!isLost(edge)) parts.join(edge.a, edge.b === overlayHub ? hub(edge.a) : edge.b);
    tables.set(segment, parts);
    return parts;
  };
  return (segment, device) => {
    const node = bridgeName(index, device);
    const parts = partsOf(segment);
    const own = carryGraph(index, segment).attachments.get(node);
    const reached =
      own === undefined ? [node] : own.filter((edge) => !isLost(edge)).map((edge) => otherEnd(edge, node));
    // Whoever is on the device itself is reached in any case.
    return new Set([device, ...reached.map((bridge) => parts.find(bridge))]);
  };
}

const firstDevice = (index: FabricIndex, bridge: string): string =>
  index.device(bridge) === undefined
    ? (bridgeTable(index).bridges.find(({ name }) => name === bridge)?.devices[0] ?? bridge)
    : bridge;

interface Consequence {
  readonly text: string;
  readonly subjects: readonly string[];
  readonly isCertain: boolean;
}

function lossFinding(index: FabricIndex, pair: SitePair): readonly Finding[] {
  const parts = partsWithout(index, pair);
  const found = [
    ...twoActives(index, parts),
    ...splitClusters(index, pair),
    ...withoutGateway(index, parts),
    ...behindTheOtherEntry(index, pair),
  ];
  if (found.length === 0) return [];
  return [
    {
      rule: "interconnect-loss",
      severity: "warn",
      certainty: found.some(({ isCertain }) => isCertain) ? "yes" : "unknown",
      subjects: [...pair.links, ...new Set(found.flatMap(({ subjects }) => subjects))],
      message: `loss of ${listText(pair.links)} between ${pair.sites.join(" and ")} ${found.map(({ text }) => text).join("; ")}`,
      evidence: found.map(({ text, subjects }) => `${text}: ${listText(subjects)}`),
      advice:
        "give each site a gateway and an entry of its own, and a second interconnect that does not share the first one's fate",
    },
  ];
}

function twoActives(index: FabricIndex, parts: Parts): readonly Consequence[] {
  const split = ordered(index).gateways.flatMap((gateway) => {
    const before = electGateway(index, gateway)?.components ?? [];
    if (before.length === 0) return [];
    // Who heard each other and still would: numbered by the election that each was in, and the part that it stands in.
    const domains = new Map(
      before.flatMap(({ members }, number) =>
        members.map((device) => {
          const own = [...parts(gateway.segment, device)].map((part) => `${number} ${part}`);
          return [device, new Set(own)] as const;
        }),
      ),
    );
    const actives = activesIn(gateway, domains);
    const isCertain = before.every(({ certainty }) => certainty === "yes");
    return actives.length <= before.length ? [] : [{ name: gateway.name, actives, isCertain }];
  });
  if (split.length === 0) return [];
  const actives = [...new Set(split.flatMap((gateway) => gateway.actives))].sort();
  return [
    {
      text: `leaves ${listText(actives)} ${bothText(actives.length)} active for ${countText(split.length, "gateway")}`,
      subjects: [...split.map(({ name }) => name).sort(), ...actives],
      isCertain: split.some(({ isCertain }) => isCertain),
    },
  ];
}

/** Members of one cluster that share their sessions over the interconnect. */
function splitClusters(index: FabricIndex, { sites: [here, there] }: SitePair): readonly Consequence[] {
  const clusters = [...new Set(ordered(index).services.flatMap(({ cluster }) => cluster ?? []))].sort();
  const split = clusters.filter((cluster) => {
    const members = index
      .servicesOf(cluster)
      .filter(({ isStateful, syncsState }) => isStateful !== "no" && syncsState === "yes");
    const sites = new Set(members.map(({ device }) => index.siteOf(device)));
    return sites.has(here) && sites.has(there);
  });
  if (split.length === 0) return [];
  return [
    {
      text: `splits ${countText(split.length, "cluster")} of stateful services (${listText(split)})`,
      subjects: split,
      isCertain: true,
    },
  ];
}

function withoutGateway(index: FabricIndex, parts: Parts): readonly Consequence[] {
  const lost = new Map<string, number>();
  for (const gateway of ordered(index).gateways) {
    const { segment } = gateway;
    const served = new Set(
      gateway.members
        .filter((member) => isMemberUp(member) && member.hasAddress !== "no")
        .flatMap(({ device }) => [...parts(segment, device)]),
    );
    for (const { device, nics, kind } of index.endpointsIn(segment)) {
      if (kind === "external" || [...parts(segment, device)].some((part) => served.has(part))) continue;
      const nic = nics.find((candidate) => gatewayOfNic(index, candidate) === gateway);
      if (nic === undefined || gatewayChoice(index, gateway, device, nic).kind === "none") continue;
      lost.set(gateway.name, (lost.get(gateway.name) ?? 0) + 1);
    }
  }
  const count = [...lost.values()].reduce((sum, each) => sum + each, 0);
  if (count === 0) return [];
  return [
    {
      text: `leaves ${countText(count, "endpoint")} without a gateway`,
      subjects: [...lost.keys()].sort(),
      isCertain: true,
    },
  ];
}

/** Endpoints in one site whose prefix the other advertises best: what enters there is lost. */
function behindTheOtherEntry(index: FabricIndex, { sites: [here, there] }: SitePair): readonly Consequence[] {
  const counts = new Map<string, number>();
  const segments = new Set<string>();
  for (const { segment, mode, ingress } of ordered(index).hostRoutes) {
    if (mode !== "prefix") continue;
    const entry = ingress.toSorted((left, right) => (left.metric ?? 0) - (right.metric ?? 0))[0]?.site;
    if (entry !== here && entry !== there) continue;
    const other = entry === here ? there : here;
    const behind = index
      .endpointsIn(segment)
      .filter(({ device, kind }) => kind !== "external" && index.siteOf(device) === other);
    if (behind.length === 0) continue;
    counts.set(entry, (counts.get(entry) ?? 0) + behind.length);
    segments.add(segment);
  }
  return [...counts]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([entry, count]) => ({
      text: `leaves ${countText(count, "endpoint")} unreachable from the entry in ${entry}`,
      subjects: [...segments].sort(),
      isCertain: true,
    }));
}
