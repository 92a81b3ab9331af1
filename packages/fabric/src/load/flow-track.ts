/** The way of a flow as numbers: which directions of links carry which part of it. */
import type { Way } from "../path/way.ts";
import type { LinkTable } from "./link-table.ts";

export interface FlowTrack {
  readonly forward: Track;
  readonly reverse: Track;
}

/** One direction of a flow. A link that is crossed twice stands there twice. */
export interface Track {
  /** Numbers of directions of links; below zero, a place that `own` fills: read them with `directionAt`. */
  readonly places: Int32Array;
  /** The part of the flow that takes each, probabilities of open ways multiplied in. */
  readonly shares: Float64Array;
  /** Directions of the links of the two ends, where the track was found for others that are alike. */
  readonly own?: readonly [Int32Array, Int32Array];
  /** It is one of several ways, or may be another one. */
  readonly isUnsure: boolean;
  /** Part or all of it is on no link, and why; the last reason where there are several. */
  readonly lost?: LostTrack;
}

/** The number of a direction. */
export function directionAt({ places, own }: Track, at: number): number {
  const place = places[at] ?? 0;
  if (place >= 0 || own === undefined) return place;
  const hole = -place - 1;
  return ((hole & 1) === 0 ? own[0] : own[1])[hole >> 1] ?? 0;
}

/** What stands for the n-th of the directions of an end's own links. */
export const holeFor = (end: 0 | 1, n: number): number => -(2 * n + end) - 1;

/** With the holes of either end made those of the other. */
export const withEndsSwapped = (track: Track): Track => ({
  ...track,
  places: track.places.map((place) => (place >= 0 ? place : -((-place - 1) ^ 1) - 1)),
});

export interface LostTrack {
  /** "broken": it does not arrive. "unknown": it loads links, but which? */
  readonly kind: "broken" | "unknown";
  readonly why: string;
}

export function trackOf(table: LinkTable, way: Way): Track {
  const track: Growing = { places: [], shares: [], isUnsure: false, lost: undefined };
  follow(table, way, 1, track);
  const { isUnsure, lost } = track;
  const [places, shares] = [Int32Array.from(track.places), Float64Array.from(track.shares)];
  return lost === undefined ? { places, shares, isUnsure } : { places, shares, isUnsure, lost };
}

interface Growing {
  readonly places: number[];
  readonly shares: number[];
  isUnsure: boolean;
  lost: LostTrack | undefined;
}

function follow(table: LinkTable, way: Way, probability: number, track: Growing): void {
  switch (way.kind) {
    case "known":
      if (probability < 1 || (way.doubts ?? []).length > 0) track.isUnsure = true;
      for (const { crossings } of way.legs)
        for (const { link, from, share } of crossings) {
          const at = table.numberOf(link, from);
          if (at === undefined) continue;
          track.places.push(at);
          track.shares.push(share * probability);
        }
      return;
    case "open":
      for (const one of way.ways) follow(table, one.way, probability * one.probability, track);
      return;
    case "broken":
      track.lost = { kind: "broken", why: way.why.message };
      return;
    case "unknown":
      track.lost = { kind: "unknown", why: way.why };
  }
}
