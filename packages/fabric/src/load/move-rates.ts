/**
 * What each move sends while all of them run, when every stream has been laid on one way: weighted max-min over what the
 * flows leave. A move's own bound counts for its streams together; so does what a link's budget allows all moves over it,
 * whichever way they go.
 */
import type { LinkTable } from "./link-table.ts";
import { maxMin, stoppedByCap, stoppedByNothing } from "./max-min.ts";
import type { FairFlow } from "./max-min.ts";
import type { MoveRooms } from "./move-room.ts";
import type { LaidMove } from "./move-streams.ts";

/** What keeps a move, or a flow, from being faster. "cap": the bound that it came with; of a flow, what it wants. */
export type LimitedBy = `link:${string}` | `budget:${string}` | "cap" | "shares" | "window" | "nothing";

export interface StreamRate {
  /** Infinity where nothing is known that limits it. */
  readonly bps: number;
  readonly limitedBy: LimitedBy;
}

export interface LaidStream {
  readonly move: LaidMove & { readonly kind: "laid" };
  /** Numbers of directions. */
  readonly path: readonly number[];
}

interface Resource {
  readonly bps: number;
  readonly limitedBy: LimitedBy;
}

/** @returns in the order of the streams. The streams of one move are those with the same `move`. */
export function streamRates(
  table: LinkTable,
  roomOf: MoveRooms,
  streams: readonly LaidStream[],
): readonly StreamRate[] {
  const problem = new Resources(table, roomOf);
  const flows = streams.map((stream) => problem.flowOf(stream));
  const resources = problem.resources;
  const { ratesBps, stoppedBy } = maxMin(
    flows,
    resources.map(({ bps }) => bps),
  );
  return streams.map((_, at) => {
    const by = stoppedBy[at] ?? stoppedByNothing;
    const limitedBy =
      by === stoppedByCap ? "window" : by === stoppedByNothing ? "nothing" : (resources[by]?.limitedBy ?? "nothing");
    return { bps: ratesBps[at] ?? 0, limitedBy };
  });
}

/** Everything that streams share, numbered in the order in which it is met. */
class Resources {
  readonly resources: Resource[] = [];
  readonly #table: LinkTable;
  readonly #roomOf: MoveRooms;
  readonly #byDirection = new Map<number, number>();
  readonly #byBudget = new Map<string, number>();
  readonly #byMove = new Map<LaidMove, number>();

  constructor(table: LinkTable, roomOf: MoveRooms) {
    this.#table = table;
    this.#roomOf = roomOf;
  }

  flowOf({ move, path }: LaidStream): FairFlow {
    const crossed: number[] = [];
    for (const direction of path) {
      const { link = "", moveBudgetBps } = this.#table.directions[direction] ?? {};
      crossed.push(numbered(this.#byDirection, direction, this.resources, () => this.#linkResource(direction, link)));
      if (moveBudgetBps === undefined) continue;
      const budget: Resource = { bps: moveBudgetBps, limitedBy: `budget:${link}` };
      crossed.push(numbered(this.#byBudget, link, this.resources, () => budget));
    }
    const { maxRateBps } = move.move;
    if (maxRateBps !== undefined) {
      const own: Resource = { bps: maxRateBps, limitedBy: "cap" };
      crossed.push(numbered(this.#byMove, move, this.resources, () => own));
    }
    return {
      ...crossingsOf(crossed),
      weight: move.move.weight ?? 1,
      ...(move.windowBps === undefined ? {} : { capBps: move.windowBps }),
    };
  }

  #linkResource(direction: number, link: string): Resource {
    const { bps, by } = this.#roomOf(direction);
    return { bps, limitedBy: by === "shares" ? by : `link:${link}` };
  }
}

/** What is crossed twice carries the stream twice. */
function crossingsOf(crossed: readonly number[]): Pick<FairFlow, "path" | "shares"> {
  const times = new Map<number, number>();
  for (const resource of crossed) times.set(resource, (times.get(resource) ?? 0) + 1);
  const path = [...times.keys()];
  return times.size === crossed.length ? { path } : { path, shares: [...times.values()] };
}

function numbered<Key>(numbers: Map<Key, number>, key: Key, resources: Resource[], make: () => Resource): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  const made = resources.push(make()) - 1;
  numbers.set(key, made);
  return made;
}

/**
 * Which streams cannot be known for sure, and why: those over a link whose capacity is not known, and whoever shares
 * something with them.
 */
export function doubtfulStreams(
  table: LinkTable,
  roomOf: MoveRooms,
  streams: readonly LaidStream[],
): ReadonlyMap<LaidStream, readonly string[]> {
  const doubts = new Map<LaidStream, readonly string[]>();
  const byDirection = new Map<number, LaidStream[]>();
  for (const stream of streams)
    for (const direction of stream.path) {
      const sharing = byDirection.get(direction) ?? [];
      byDirection.set(direction, sharing);
      sharing.push(stream);
      const { link, from, to } = table.directions[direction] ?? { link: "", from: "", to: "" };
      if (doubts.has(stream) || roomOf(direction).isCapacityKnown) continue;
      doubts.set(stream, [`the capacity of ${link} from ${from} to ${to} is not known`]);
    }
  // A Map is walked in the order of insertion and shows what is added on the way.
  for (const [stream, why] of doubts)
    for (const direction of stream.path)
      for (const other of byDirection.get(direction) ?? []) if (!doubts.has(other)) doubts.set(other, why);
  return doubts;
}
