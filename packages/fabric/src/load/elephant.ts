/**
 * The ways that one stream of a move may take. A stream is one TCP connection: it is never split, so of all equal links
 * and members of aggregation groups it uses one at each step, and no faster than that one is.
 */
import type { Crossing, Leg, Way } from "../path/way.ts";
import { limits } from "../limits.ts";
import type { LinkTable } from "./link-table.ts";
import { mixed, nameHash, pickByHash } from "./path-hash.ts";

/** One way from end to end. */
export interface StreamPath {
  /** Numbers of directions. */
  readonly directions: readonly number[];
  /** What was chosen at each fork: unlike that of any other way between the same ends. */
  readonly name: string;
}

export interface StreamChoices {
  /** The way that the hashes of a seed lead to. @param stream a hash that stands for its addresses and ports. */
  readonly choose: (seed: number, stream: number) => StreamPath;
  /** All ways, each once; undefined where there are more than `limits.streamPaths`. */
  readonly all: readonly StreamPath[] | undefined;
}

/** What a device chooses among. */
interface Fork {
  readonly hash: number;
  readonly directions: readonly number[];
  readonly targets: readonly string[];
  readonly shares: readonly number[];
}

/** The links out of each device on a leg. */
interface Stage {
  readonly from: string;
  readonly to: string;
  readonly forks: ReadonlyMap<string, Fork>;
}

/** @returns why not, where the way is not one that a stream can be laid on. */
export function streamChoices(table: LinkTable, way: Way): StreamChoices | string {
  switch (way.kind) {
    case "known":
      return choicesAlong(way.legs.map((leg, place) => stageOf(table, leg, place)));
    case "open":
      return way.why;
    case "broken":
      return way.why.message;
    case "unknown":
      return way.why;
  }
}

function choicesAlong(stages: readonly Stage[]): StreamChoices {
  const all: StreamPath[] = [];
  const isAll = collect(stages, all);
  return {
    all: isAll ? all : undefined,
    choose: (seed, stream) => follow(stages, ({ hash, shares }) => pickByHash(shares, mixed(seed, stream, hash))),
  };
}

function stageOf(table: LinkTable, leg: Leg, place: number): Stage {
  const forks = new Map<string, { hash: number; directions: number[]; targets: string[]; shares: number[] }>();
  for (const { link, from, to, share } of leg.crossings.toSorted(byLink)) {
    const direction = table.numberOf(link, from);
    if (direction === undefined || share <= 0) continue;
    const fork = forks.get(from) ?? { hash: mixed(nameHash(from), place), directions: [], targets: [], shares: [] };
    forks.set(from, fork);
    fork.directions.push(direction);
    fork.targets.push(to);
    fork.shares.push(share);
  }
  return { from: leg.from, to: leg.to, forks };
}

function follow(stages: readonly Stage[], choose: (fork: Fork) => number): StreamPath {
  const directions: number[] = [];
  let name = "";
  for (const { from, to, forks } of stages) {
    const seen = new Set<string>();
    for (let at = from; at !== to && !seen.has(at);) {
      seen.add(at);
      const fork = forks.get(at);
      if (fork === undefined) break;
      const ways = fork.directions.length;
      const chosen = ways === 1 ? 0 : choose(fork);
      if (ways > 1) name += `${chosen}.`;
      directions.push(fork.directions[chosen] ?? 0);
      at = fork.targets[chosen] ?? to;
    }
  }
  return { directions, name };
}

/** Counts through the forks as through the digits of a number. @returns false where there are too many ways. */
function collect(stages: readonly Stage[], into: StreamPath[]): boolean {
  let digits: { chosen: number; readonly ways: number }[] = [];
  for (;;) {
    if (into.length === limits.streamPaths) return false;
    const next: typeof digits = [];
    const path = follow(stages, ({ directions }) => {
      const digit = digits[next.length] ?? { chosen: 0, ways: directions.length };
      next.push(digit);
      return digit.chosen;
    });
    into.push(path);
    // The last fork at which another way is left goes on by one; what comes behind it begins anew.
    while (next.length > 0 && (next.at(-1)?.chosen ?? 0) + 1 === next.at(-1)?.ways) next.pop();
    const last = next.at(-1);
    if (last === undefined) return true;
    last.chosen += 1;
    digits = next;
  }
}

const byLink = (left: Crossing, right: Crossing): number =>
  left.link < right.link ? -1 : left.link > right.link ? 1 : left.from < right.from ? -1 : 1;
