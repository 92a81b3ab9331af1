/**
 * Rule interconnect-loss: what would be left if the sites lost each other. Gateways that were one become two, clusters of
 * boxes that share their sessions fall apart, and whoever depends on the other site's gateway or entry is alone.
 *
 * Answered by asking the fabric again without the links between two sites. Flows are left out: nothing here needs them.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { indexFabric, memoTable } from "../fabric-index.ts";
import type { Link } from "../fabric.ts";
import { gatewayChoice } from "../gateway/choice.ts";
import { electGateway } from "../gateway/election.ts";
import { limits } from "../limits.ts";
import { linkId } from "../migration-path.ts";
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

const parted = memoTable<FabricIndex>("fabrics without an interconnect");

function withoutLinks(index: FabricIndex, { sites, links }: SitePair): FabricIndex {
  return index.remember(parted, sites.join("\u0000"), () => {
    const lost = new Set(links);
    const down = (link: Link): Link => (lost.has(linkId(link)) ? { ...link, isUp: false } : link);
    return indexFabric({ ...index.fabric, flows: [], links: ordered(index).links.map(down) });
  });
}

interface Consequence {
  readonly text: string;
  readonly subjects: readonly string[];
  readonly isCertain: boolean;
}

function lossFinding(index: FabricIndex, pair: SitePair): readonly Finding[] {
  const without = withoutLinks(index, pair);
  const found = [
    ...twoActives(index, without),
    ...splitClusters(index, pair),
    ...withoutGateway(index, without),
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

function twoActives(index: FabricIndex, without: FabricIndex): readonly Consequence[] {
  const split = ordered(index).gateways.flatMap((gateway) => {
    const before = electGateway(index, gateway)?.components ?? [];
    const after = electGateway(without, gateway)?.components ?? [];
    if (after.length <= before.length || before.length === 0) return [];
    const isCertain = [...before, ...after].every(({ certainty }) => certainty === "yes");
    return [{ name: gateway.name, actives: after.map(({ active }) => active), isCertain }];
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

function withoutGateway(index: FabricIndex, without: FabricIndex): readonly Consequence[] {
  const lost = new Map<string, number>();
  for (const gateway of ordered(index).gateways)
    for (const { device, nics, kind } of index.endpointsIn(gateway.segment)) {
      if (kind === "external") continue;
      const nic = nics.find((candidate) => gatewayOfNic(index, candidate) === gateway);
      if (nic === undefined || gatewayChoice(index, gateway, device, nic).kind === "none") continue;
      const after = gatewayChoice(without, gateway, device, nic);
      if (after.kind === "none") lost.set(gateway.name, (lost.get(gateway.name) ?? 0) + 1);
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
