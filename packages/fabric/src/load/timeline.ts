/**
 * How loads go over time when moves start and end: a fluid simulation from event to event. A move starts at its time, or
 * with its wave, when all moves of the waves before have ended; it ends when its bytes are sent. Between two events every
 * rate is constant (move-rates.ts); at each of them the rates are shared out anew, and the flows of a VM that has arrived
 * take their ways from the new place.
 *
 * Bounded: every event is the start or the end of a move, so there are two for each. When nothing moves on any more
 * (flows leave no room, and no start is left that would change it), the rest is reported as such.
 */
import { assert } from "@trunkline/model";
import type { Flow } from "../fabric.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { limits } from "../limits.ts";
import { LoadSums, flowLoads, flowsOfEndpoints, inOrder } from "./flow-loads.ts";
import { singleTracks } from "./flow-tracks.ts";
import { pathOfStream } from "./hash-spread.ts";
import { linkTable } from "./link-table.ts";
import type { LinkTable } from "./link-table.ts";
import { LoadMeter } from "./load-meter.ts";
import type { LinkOverTime } from "./load-meter.ts";
import { doubtfulStreams, streamRates } from "./move-rates.ts";
import type { LaidStream } from "./move-rates.ts";
import { moveRooms } from "./move-room.ts";
import { layMove } from "./move-streams.ts";
import type { MoveLoad } from "./move-streams.ts";
import { waysOf } from "./ways.ts";
import type { Ways } from "./ways.ts";

export interface TimedMove extends MoveLoad {
  /** From the beginning, in milliseconds. Default 0; not together with `wave`. */
  readonly startMs?: number;
  /** Starts when all moves of lower waves have ended. */
  readonly wave?: number;
}

export interface TimelineRequest {
  /** Default: those of the fabric. */
  readonly flows?: readonly Flow[];
  readonly placement?: Placement;
  readonly moves: readonly TimedMove[];
  /** Utilisation above which time is counted. Default 0.8. */
  readonly threshold?: number;
  /** Stands for the hashes of all devices. Default 0. */
  readonly seed?: number;
}

export interface LoadTimeline {
  /** From the beginning until the last move started or ended: one that never ends does not make it longer. */
  readonly makespanMs: number;
  /** In the order of the request. */
  readonly moves: readonly MoveOverTime[];
  /** Links whose load changes or is above the threshold at any time, sorted. */
  readonly links: readonly LinkOverTime[];
}

export type MoveOverTime =
  | {
      readonly kind: "ended";
      readonly endpoint: string;
      readonly target: string;
      readonly bytes: number;
      readonly startMs: number;
      readonly endMs: number;
      readonly averageBps: number;
      /** Why the times may be other ones. */
      readonly doubts: readonly string[];
    }
  /** It started, or waits for a wave before it, and nothing lets it end. */
  | {
      readonly kind: "never-ends";
      readonly endpoint: string;
      readonly target: string;
      readonly startMs?: number;
      readonly why: string;
    }
  /** Its way, its size or its speed is not known; it is on no link and delays nobody. */
  | { readonly kind: "unknown"; readonly endpoint: string; readonly target: string; readonly why: string };

export function loadOverTime(index: FabricIndex, request: TimelineRequest): LoadTimeline {
  return loadOverTimeOver(index, waysOf(index), request);
}

/** @param ways always the same ones for one index: what flows alone put on links is remembered with it. */
export function loadOverTimeOver(index: FabricIndex, ways: Ways, request: TimelineRequest): LoadTimeline {
  return new Simulation(index, ways, request).run();
}

interface Running {
  readonly at: number;
  readonly streams: readonly LaidStream[];
  readonly bytes: number;
  readonly startMs: number;
  readonly doubts: Set<string>;
  leftBytes: number;
  bps: number;
}

class Simulation {
  readonly #index: FabricIndex;
  readonly #ways: Ways;
  readonly #request: TimelineRequest;
  readonly #table: LinkTable;
  readonly #loads: LoadSums;
  readonly #meter: LoadMeter;
  readonly #placement: Map<string, string>;
  readonly #waiting: Set<number>;
  readonly #results = new Map<number, MoveOverTime>();
  #running: Running[] = [];
  #nowMs = 0;

  constructor(index: FabricIndex, ways: Ways, request: TimelineRequest) {
    assert(request.moves.length <= limits.movesSimulated, "a timeline has a bounded number of moves");
    this.#index = index;
    this.#ways = ways;
    this.#request = request;
    this.#table = linkTable(index);
    this.#placement = new Map(request.placement);
    this.#loads = new LoadSums(this.#table, flowLoads(index, ways, request.flows, request.placement));
    this.#meter = new LoadMeter(this.#table, this.#loads.bps, request.threshold ?? defaultThreshold);
    this.#waiting = new Set(request.moves.keys());
  }

  run(): LoadTimeline {
    const { moves } = this.#request;
    for (let event = 0; event <= 2 * moves.length; event += 1) {
      this.#startWhatMay();
      this.#shareOut();
      const untilMs = Math.min(this.#nextEndMs(), this.#nextStartMs());
      if (untilMs === Infinity) break;
      this.#passUntil(untilMs);
    }
    for (const { at, startMs } of this.#running)
      this.#results.set(at, { ...this.#nameOf(at), kind: "never-ends", startMs, why: "the flows leave it no room" });
    for (const at of this.#waiting)
      this.#results.set(at, { ...this.#nameOf(at), kind: "never-ends", why: "a move of a wave before never ends" });
    return {
      makespanMs: this.#nowMs,
      moves: moves.flatMap((_, at) => this.#results.get(at) ?? []),
      links: this.#meter.links(),
    };
  }

  #startWhatMay(): void {
    // A move that cannot be laid ends at once, and the next wave need not wait for it.
    for (let front = this.#startingNow(); front.length > 0; front = this.#startingNow())
      for (const at of front) {
        this.#waiting.delete(at);
        this.#start(at);
      }
  }

  #startingNow(): readonly number[] {
    const wave = this.#currentWave();
    return [...this.#waiting].filter((at) => this.#startOf(at, wave) <= this.#nowMs);
  }

  /** Infinity for a move whose wave has to wait for an end. */
  #startOf(at: number, currentWave: number): number {
    const { wave, startMs } = this.#request.moves[at] ?? {};
    if (wave === undefined) return startMs ?? 0;
    return wave <= currentWave ? this.#nowMs : Infinity;
  }

  #currentWave(): number {
    let lowest = Infinity;
    const see = (at: number): void => {
      lowest = Math.min(lowest, this.#request.moves[at]?.wave ?? Infinity);
    };
    for (const { at } of this.#running) see(at);
    for (const at of this.#waiting) see(at);
    return lowest;
  }

  #start(at: number): void {
    const move = this.#request.moves[at];
    if (move === undefined) return;
    const unknown = (why: string): void => {
      this.#results.set(at, { ...this.#nameOf(at), kind: "unknown", why });
    };
    const memoryMiB = this.#index.endpoint(move.endpoint)?.memoryMiB;
    const bytes = move.bytes ?? (memoryMiB === undefined ? undefined : memoryMiB * bytesPerMiB);
    if (bytes === undefined) return unknown("the size of its memory is not known");
    const laid = layMove(this.#index, this.#ways, move, this.#placement);
    if (laid.kind === "unplaced") return unknown(laid.why);
    const streams = Array.from({ length: laid.streams }, (_, number): LaidStream => ({
      move: laid,
      path: pathOfStream(laid, number, this.#request.seed ?? 0),
    }));
    const doubts = new Set(laid.doubts);
    this.#running.push({ at, streams, bytes, startMs: this.#nowMs, doubts, leftBytes: bytes, bps: 0 });
  }

  #shareOut(): void {
    const rooms = moveRooms(this.#index, this.#loads);
    const streams = this.#running.flatMap((one) => one.streams);
    const rates = new Map(streamRates(this.#table, rooms, streams).map(({ bps }, at) => [streams[at], bps]));
    const doubts = doubtfulStreams(this.#table, rooms, streams);
    const kept: Running[] = [];
    for (const one of this.#running) {
      one.bps = one.streams.reduce((sum, stream) => sum + (rates.get(stream) ?? 0), 0);
      for (const stream of one.streams) for (const why of doubts.get(stream) ?? []) one.doubts.add(why);
      if (one.bps < Infinity) kept.push(one);
      else this.#results.set(one.at, { ...this.#nameOf(one.at), kind: "unknown", why: unbounded });
    }
    // Whoever nothing limits shares nothing that could limit others: their rates stay as they are.
    this.#running = kept;
    const movesBps = new Map<number, number>();
    const doubtful = new Map<number, ReadonlySet<string>>();
    for (const { streams: own, doubts: why } of kept)
      for (const stream of own)
        for (const direction of stream.path) {
          movesBps.set(direction, (movesBps.get(direction) ?? 0) + (rates.get(stream) ?? 0));
          if (why.size > 0) doubtful.set(direction, why);
        }
    this.#meter.set(this.#loads, movesBps, doubtful, this.#nowMs);
  }

  #nextEndMs(): number {
    return least(this.#running.map((one) => this.#nowMs + msFor(one)));
  }

  #nextStartMs(): number {
    const wave = this.#currentWave();
    return least([...this.#waiting].map((at) => this.#startOf(at, wave)));
  }

  #passUntil(untilMs: number): void {
    const passedMs = untilMs - this.#nowMs;
    const ended = this.#running.filter((one) => this.#nowMs + msFor(one) <= untilMs);
    for (const one of this.#running)
      one.leftBytes = Math.max(0, one.leftBytes - ((one.bps / bitsPerByte) * passedMs) / millisecondsPerSecond);
    this.#meter.passTo(untilMs);
    this.#nowMs = untilMs;
    const isOver = new Set(ended);
    this.#running = this.#running.filter((one) => !isOver.has(one));
    for (const one of ended) this.#end(one);
  }

  #end({ at, bytes, startMs, doubts }: Running): void {
    const name = this.#nameOf(at);
    const tookMs = this.#nowMs - startMs;
    const averageBps = tookMs === 0 ? 0 : (bytes * bitsPerByte * millisecondsPerSecond) / tookMs;
    const times = { bytes, startMs, endMs: this.#nowMs, averageBps };
    this.#results.set(at, { ...name, kind: "ended", ...times, doubts: [...doubts].toSorted() });
    const flows = this.#flowsOf(name.endpoint);
    const trackOf = singleTracks(this.#index, this.#ways, this.#placement);
    for (const flow of flows) this.#loads.add(flow, trackOf(flow), -1);
    // The finder looks at the placement when it is asked.
    this.#placement.set(name.endpoint, name.target);
    for (const flow of flows) this.#loads.add(flow, trackOf(flow), 1);
  }

  #flowsOf(endpoint: string): readonly Flow[] {
    const { flows } = this.#request;
    if (flows === undefined) return flowsOfEndpoints(this.#index, [endpoint]);
    return inOrder(flows.filter(({ from, to }) => from === endpoint || to === endpoint));
  }

  #nameOf(at: number): { readonly endpoint: string; readonly target: string } {
    const { endpoint = "", target = "" } = this.#request.moves[at] ?? {};
    return { endpoint, target };
  }
}

const least = (numbers: readonly number[]): number => numbers.reduce((low, one) => Math.min(low, one), Infinity);

const msFor = ({ leftBytes, bps }: Running): number =>
  leftBytes === 0 ? 0 : (leftBytes * bitsPerByte * millisecondsPerSecond) / bps;

const defaultThreshold = 0.8;
const bitsPerByte = 8;
const millisecondsPerSecond = 1_000;
const bytesPerMiB = 2 ** 20;
const unbounded = "no link on its way has a known capacity, and it has no bound";
