/**
 * How much depends on hashes that nobody knows: best and worst over every combination of ways that the streams may take,
 * where there are few enough to try them all, and the distribution over a number of seeds.
 */
import { limits } from "../limits.ts";
import type { StreamPath } from "./elephant.ts";
import type { Bundle, LinkTable } from "./link-table.ts";
import { streamRates } from "./move-rates.ts";
import type { LaidStream } from "./move-rates.ts";
import type { MoveRooms } from "./move-room.ts";
import type { LaidMove } from "./move-streams.ts";
import { mixed, nameHash } from "./path-hash.ts";

export interface Spread {
  readonly bestBps: number;
  readonly worstBps: number;
  /** 95 of 100 seeds give no more; of the rate of a move, no less. */
  readonly p95Bps: number;
}

export interface HashSpread {
  /** "all": best and worst are those of every combination. "seeds": there are too many, so those of the seeds alone. */
  readonly over: "all" | "seeds";
  readonly outcomes: number;
  readonly seeds: number;
  /** What moves put on a direction: low is best. Only directions that some outcome uses. */
  readonly byDirection: ReadonlyMap<number, Spread>;
  /** What a move sends: high is best. */
  readonly byMove: ReadonlyMap<LaidMove, Spread>;
  /** Load of the fullest member, flows included. */
  readonly byBundle: readonly { readonly bundle: Bundle; readonly members: readonly number[]; readonly load: Spread }[];
}

type LaidOnly = LaidMove & { readonly kind: "laid" };

/** What one combination of ways comes to, and how many of the seeds lead to it. */
interface Outcome {
  readonly byDirection: ReadonlyMap<number, number>;
  readonly byMove: ReadonlyMap<LaidMove, number>;
  seeds: number;
}

export function hashSpread(
  table: LinkTable,
  roomOf: MoveRooms,
  flowsBps: Float64Array,
  moves: readonly LaidOnly[],
  seed: number,
): HashSpread {
  const streams = moves.flatMap((move) =>
    Array.from({ length: move.streams }, (_, number) => ({ move, hash: streamHash(move, number) })),
  );
  const outcomes = new Map<string, Outcome>();
  const outcomeOf = (paths: readonly StreamPath[]): Outcome => {
    const key = paths.map(({ name }) => name).join(" ");
    const known = outcomes.get(key);
    if (known !== undefined) return known;
    const laid = streams.map(({ move }, at): LaidStream => ({ move, path: paths[at]?.directions ?? [] }));
    const made = outcome(table, roomOf, laid);
    outcomes.set(key, made);
    return made;
  };
  for (let more = 0; more < limits.hashSeeds; more += 1)
    outcomeOf(streams.map(({ move, hash }) => move.choices.choose(seed + more, hash))).seeds += 1;
  const combinations = combinationsOf(streams.map(({ move }) => move.choices.all));
  for (const paths of combinations ?? []) outcomeOf(paths);
  const all = [...outcomes.values()];

  const directions = [...new Set(all.flatMap(({ byDirection }) => [...byDirection.keys()]))].toSorted((a, b) => a - b);
  return {
    over: combinations === undefined ? "seeds" : "all",
    outcomes: all.length,
    seeds: limits.hashSeeds,
    byDirection: new Map(
      directions.map((at) => [at, spreadOf(all, ({ byDirection }) => byDirection.get(at) ?? 0, "low")]),
    ),
    byMove: new Map(moves.map((move) => [move, spreadOf(all, ({ byMove }) => byMove.get(move) ?? 0, "high")])),
    byBundle: bundlesOf(table, directions).map(({ bundle, members }) => ({
      bundle,
      members,
      load: spreadOf(
        all,
        ({ byDirection }) => Math.max(...members.map((at) => (flowsBps[at] ?? 0) + (byDirection.get(at) ?? 0))),
        "low",
      ),
    })),
  };
}

export const pathOfStream = (move: LaidOnly, number: number, seed: number): readonly number[] =>
  move.choices.choose(seed, streamHash(move, number)).directions;

/** Stands for addresses and ports, which differ from move to move and from stream to stream. */
const streamHash = ({ move }: LaidOnly, number: number): number =>
  mixed(nameHash(move.endpoint), nameHash(move.target), number);

function outcome(table: LinkTable, roomOf: MoveRooms, streams: readonly LaidStream[]): Outcome {
  const byDirection = new Map<number, number>();
  const byMove = new Map<LaidMove, number>();
  streamRates(table, roomOf, streams).forEach(({ bps }, at) => {
    const stream = streams[at];
    if (stream === undefined) return;
    byMove.set(stream.move, (byMove.get(stream.move) ?? 0) + bps);
    for (const direction of stream.path) byDirection.set(direction, (byDirection.get(direction) ?? 0) + bps);
  });
  return { byDirection, byMove, seeds: 0 };
}

/** Every combination of one way for each stream; undefined where there are more than `limits.hashOutcomes`. */
function combinationsOf(choices: readonly (readonly StreamPath[] | undefined)[]): readonly StreamPath[][] | undefined {
  let combinations: StreamPath[][] = [[]];
  for (const paths of choices) {
    if (paths === undefined || combinations.length * paths.length > limits.hashOutcomes) return undefined;
    combinations = combinations.flatMap((chosen) => paths.map((path) => [...chosen, path]));
  }
  return combinations;
}

function spreadOf(all: readonly Outcome[], figure: (outcome: Outcome) => number, best: "low" | "high"): Spread {
  const figures = all
    .map((one) => ({ value: figure(one), seeds: one.seeds }))
    .toSorted((left, right) => (best === "low" ? left.value - right.value : right.value - left.value));
  let left = Math.ceil(limits.hashSeeds * 0.95);
  const p95 = figures.find(({ seeds }) => (left -= seeds) <= 0);
  return { bestBps: figures[0]?.value ?? 0, worstBps: figures.at(-1)?.value ?? 0, p95Bps: p95?.value ?? 0 };
}

/** The bundles that the directions belong to, with all their members: one that no stream uses counts as well. */
function bundlesOf(
  table: LinkTable,
  directions: readonly number[],
): readonly { readonly bundle: Bundle; readonly members: readonly number[] }[] {
  const found = new Map<string, { readonly bundle: Bundle; readonly members: readonly number[] }>();
  for (const at of directions) {
    const bundle = table.directions[at]?.bundle;
    if (bundle === undefined) continue;
    const key = `${bundle.owner} ${bundle.lag}`;
    if (!found.has(key)) found.set(key, { bundle, members: table.membersOf(bundle) });
  }
  return [...found].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, one]) => one);
}
