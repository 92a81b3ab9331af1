/**
 * Rule move-limits: how far and over how little bandwidth memory may travel. The limits are published ones, chosen by
 * name in the policy; QEMU itself has none, but a copy that is slower than the guest writes never ends.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoryPath } from "../path/memory-path.ts";
import type { Crossing, Way } from "../path/way.ts";
import type { Finding } from "./finding.ts";
import type { JudgedMove, MoveSituation } from "./situation.ts";
import { countText, figureText, latencyText, listText } from "./words.ts";

export function moveLimits(index: FabricIndex, situation: MoveSituation): readonly Finding[] {
  return [...tooFar(index, situation), ...tooNarrow(index, situation)];
}

/** Moves between the same two hosts are one finding. */
function tooFar(index: FabricIndex, { moves, policy }: MoveSituation): readonly Finding[] {
  const { distance } = policy;
  const pairs = new Map<string, { readonly move: JudgedMove; readonly endpoints: string[] }>();
  for (const move of moves) {
    const pair = pairs.get(`${move.source}\u0000${move.target}`);
    if (pair === undefined) pairs.set(`${move.source}\u0000${move.target}`, { move, endpoints: [move.endpoint.name] });
    else pair.endpoints.push(move.endpoint.name);
  }
  return [...pairs.values()].flatMap(({ move: { source, target }, endpoints }): readonly Finding[] => {
    const ways = [memoryPath(index, source, target), memoryPath(index, target, source)];
    const roundTripUs = ways.reduce<number | undefined>((sum, way) => {
      const latency = latencyOf(way);
      return sum === undefined || latency === undefined ? undefined : sum + latency;
    }, 0);
    const base = { rule: "move-limits", subjects: [...endpoints, source, target] } as const;
    // A way that is not known is told by rule move-network.
    const isLatencyMissing =
      ways.every(({ kind }) => kind === "known") && index.siteOf(source) !== index.siteOf(target);
    if (roundTripUs === undefined)
      return !isLatencyMissing
        ? []
        : [
            {
              ...base,
              severity: "info",
              certainty: "unknown",
              message: `the round trip between ${source} and ${target} is not known: whether it is within ${latencyText(distance.roundTripUs)} cannot be told`,
              evidence: [...new Set(ways.flatMap(whyUnknown))],
              advice: "describe the latency of the links between the sites",
            },
          ];
    if (roundTripUs <= distance.roundTripUs) return [];
    const isCertain = ways.every((way) => way.kind === "known" && (way.doubts ?? []).length === 0);
    return [
      {
        ...base,
        severity: isCertain ? "block" : "warn",
        certainty: isCertain ? "yes" : "unknown",
        message: `RTT ${latencyText(roundTripUs)} from ${source} to ${target} > ${latencyText(distance.roundTripUs)}`,
        figures: [{ name: "round trip of the memory", before: distance.roundTripUs, after: roundTripUs, unit: "us" }],
        evidence: [distance.source],
        advice: "move in steps over a host in between, or start it anew in the other site",
      },
    ];
  });
}

const latencyOf = (way: Way): number | undefined =>
  way.kind === "known" && way.latencyUs.known ? way.latencyUs.value : undefined;

const whyUnknown = (way: Way): readonly string[] =>
  way.kind === "known" && !way.latencyUs.known ? [way.latencyUs.why] : [];

/** By link between sites and direction: the sessions that run at once, and what each needs. */
function tooNarrow(index: FabricIndex, { moves, policy }: MoveSituation): readonly Finding[] {
  const crossed = new Map<string, { readonly crossing: Crossing; readonly endpoints: Set<string> }>();
  for (const { endpoint, source, target } of moves) {
    const way = memoryPath(index, source, target);
    if (way.kind !== "known") continue;
    for (const crossing of way.legs.flatMap(({ crossings }) => crossings)) {
      if (!crossing.isBetweenSites) continue;
      const key = `${crossing.link}\u0000${crossing.from}`;
      const known = crossed.get(key);
      if (known === undefined) crossed.set(key, { crossing, endpoints: new Set([endpoint.name]) });
      else known.endpoints.add(endpoint.name);
    }
  }
  const { distance } = policy;
  return [...crossed.values()].flatMap(({ crossing, endpoints }): readonly Finding[] => {
    const view = index.linkFrom(crossing.link, crossing.from);
    const budgetBps = view?.link.moveBudget?.rateBps ?? policy.budgetBps;
    const allottedBps = Math.min(budgetBps ?? Infinity, view?.capacityBps ?? Infinity);
    const sessions = Math.min(endpoints.size, Math.max(1, policy.concurrentMoves));
    const needBps = sessions * distance.rateBps;
    if (needBps <= allottedBps) return [];
    const names = [...endpoints].sort();
    const fitting = Math.floor(allottedBps / distance.rateBps);
    return [
      {
        rule: "move-limits",
        severity: "block",
        certainty: "yes",
        subjects: [crossing.link, ...names],
        message: `${countText(sessions, "concurrent move")} x ${megabits(distance.rateBps)} = ${megabits(needBps)} > ${megabits(allottedBps)} Mbit/s that ${crossing.link} has for moves`,
        figures: [{ name: "bandwidth for moves", before: allottedBps, after: needBps, unit: "bps" }],
        evidence: [distance.source, `moves: ${listText(names)}`],
        advice: fitting > 0 ? `move ${fitting} at a time` : "give moves more of the interconnect",
      },
    ];
  });
}

const megabits = (bps: number): string => figureText(bps / 1e6);
