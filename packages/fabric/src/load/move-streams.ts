/**
 * A move as load: from which host to which, in how many streams, over which possible ways, and how fast one stream can be
 * at most because its window has to go there and come back.
 */
import { attachedTo } from "../fabric-index.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import type { Known, PlannedMove, Way } from "../path/way.ts";
import { streamChoices } from "./elephant.ts";
import type { StreamChoices } from "./elephant.ts";
import { linkTable } from "./link-table.ts";
import type { Ways } from "./ways.ts";

export interface MoveLoad extends PlannedMove {
  /** What it sends. Default: the memory of the endpoint, once. */
  readonly bytes?: number;
  readonly maxRateBps?: number;
  /** TCP connections that the memory is spread over: QEMU has one, with multifd as many as it has channels. Default 1. */
  readonly streams?: number;
  /** Of each stream: what it sends at most before it is acknowledged. Without it, windows limit nothing. */
  readonly windowBytes?: number;
  /** Of a stream among others; 1/RTT where round trips differ much. Default 1. */
  readonly weight?: number;
}

export type LaidMove =
  | {
      readonly kind: "laid";
      readonly move: MoveLoad;
      readonly choices: StreamChoices;
      readonly streams: number;
      /** Of one stream. */
      readonly windowBps?: number;
      readonly doubts: readonly string[];
    }
  /** It sends, but nobody can say over which links. */
  | { readonly kind: "unplaced"; readonly move: MoveLoad; readonly why: string };

export function layMove(index: FabricIndex, ways: Ways, move: MoveLoad, placement: Placement | undefined): LaidMove {
  const unplaced = (why: string): LaidMove => ({ kind: "unplaced", move, why });
  const source = attachedTo(index, placement, move.endpoint);
  if (source === undefined) return unplaced(`the fabric has no endpoint ${move.endpoint}`);
  if (source === move.target) return unplaced(`${move.endpoint} is on ${move.target} already`);
  const way = ways.memoryPath(source, move.target);
  const choices = streamChoices(linkTable(index), way);
  if (typeof choices === "string") return unplaced(choices);
  const window = windowBound(move, way, () => ways.memoryPath(move.target, source));
  return {
    kind: "laid",
    move,
    choices,
    streams: Math.max(1, Math.floor(move.streams ?? 1)),
    ...(window.known && window.value < Infinity ? { windowBps: window.value } : {}),
    doubts: [...((way.kind === "known" ? way.doubts : undefined) ?? []), ...(window.known ? [] : [window.why])],
  };
}

/** A stream has one window under way at any time, so it sends no more than one in each round trip. */
function windowBound({ windowBytes }: MoveLoad, way: Way, back: () => Way): Known<number> {
  if (windowBytes === undefined) return { known: true, value: Infinity };
  const [there, home] = [latencyOf(way), latencyOf(back())];
  if (!there.known) return windowUnknown(there.why);
  if (!home.known) return windowUnknown(home.why);
  const roundTripUs = there.value + home.value;
  return { known: true, value: (windowBytes * bitsPerByte * microsecondsPerSecond) / roundTripUs };
}

const latencyOf = (way: Way): Known<number> =>
  way.kind === "known" ? way.latencyUs : { known: false, why: "the way back is not known" };

const windowUnknown = (why: string): Known<number> => ({
  known: false,
  why: `what the window allows is not known: ${why}`,
});

const bitsPerByte = 8;
const microsecondsPerSecond = 1e6;
