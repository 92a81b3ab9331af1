/**
 * What flows and moves put on every link, in each direction: before, while all moves run, and after.
 *
 * - Flows ask for their whole rate and are split over equal ways. A link may be asked for more than it has: its
 *   utilisation is then above 1, and `slowedFlows` says who gets less.
 * - While they run, the VMs still answer from where they are, and each stream of a move lies on one way, chosen by hash;
 *   `spread` says what other hashes would have given. Moves take what the flows leave, by max-min; on the uplinks of a
 *   host that shapes its traffic, what their class gets.
 * - After means: every VM of the moves is on its target, its flows take the ways from there.
 *
 * What is not known stays unknown. A link without a capacity has no utilisation; what a move sends over it is the most
 * that the known links allow, and everything that rests on such a figure says so in `doubts`. Flows and moves that could
 * not be placed are listed: as long as there are any, loads are lower bounds.
 */
import type { Flow } from "../fabric.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import type { Known } from "../path/way.ts";
import { flowLoads, flowsInOrder, flowsOfEndpoints, inOrder, loadChange, tracksInOrder } from "./flow-loads.ts";
import type { FlowLoads, LoadChange, UncountedFlow } from "./flow-loads.ts";
import { slowedFlows } from "./flow-rates.ts";
import type { SlowedFlow } from "./flow-rates.ts";
import { sharedTracks } from "./flow-tracks.ts";
import type { TrackFinder } from "./flow-tracks.ts";
import { hashSpread, pathOfStream } from "./hash-spread.ts";
import type { HashSpread, Spread } from "./hash-spread.ts";
import { linkTable } from "./link-table.ts";
import type { Bundle, LinkTable } from "./link-table.ts";
import { doubtfulStreams, streamRates } from "./move-rates.ts";
import type { LaidStream, LimitedBy, StreamRate } from "./move-rates.ts";
import { moveRooms } from "./move-room.ts";
import { layMove } from "./move-streams.ts";
import type { LaidMove, MoveLoad } from "./move-streams.ts";
import { waysOf } from "./ways.ts";
import type { Ways } from "./ways.ts";

export interface LinkLoadRequest {
  /** Default: those of the fabric. */
  readonly flows?: readonly Flow[];
  /** Where endpoints are before the moves, as far as it differs from the fabric. */
  readonly placement?: Placement;
  /** All at the same time; of one endpoint, one. */
  readonly moves?: readonly MoveLoad[];
  /** Stands for the hashes of all devices. Default 0. */
  readonly seed?: number;
  /**
   * "changed": only links on which the moves change something; of uncounted flows only those of VMs that move, and no
   * slowed flows. Default "all".
   */
  readonly scope?: "all" | "changed";
}

export interface LinkLoadReport {
  /** Sorted by link; the direction from the device that is named first comes first. */
  readonly links: readonly LinkLoad[];
  /** In the order of the request. */
  readonly moves: readonly MoveRate[];
  /** Groups that streams of the moves must choose a member of. */
  readonly bundles: readonly BundleLoad[];
  /** How many outcomes of hashing best and worst are taken from, and how many seeds the 95th percentile. */
  readonly hashing?: Pick<HashSpread, "over" | "outcomes" | "seeds">;
  readonly slowedFlows: { readonly before: readonly SlowedFlow[]; readonly after: readonly SlowedFlow[] };
  readonly uncountedFlows: { readonly before: readonly UncountedFlow[]; readonly after: readonly UncountedFlow[] };
}

export interface LinkLoad {
  readonly link: string;
  readonly from: string;
  readonly to: string;
  readonly capacityBps?: number;
  /** What the flows ask for. */
  readonly baseBps: number;
  /** What the flows ask for and the moves send; undefined where a move that nothing known limits crosses the link. */
  readonly duringBps?: number;
  readonly afterBps: number;
  /** Of `duringBps`, over the hashes of the moves. */
  readonly spread?: Spread;
  readonly utilisation: {
    readonly base: Known<number>;
    readonly during: Known<number>;
    readonly after: Known<number>;
  };
  /** What the flows ask for and do not get while the moves run; absent where they get all. */
  readonly displacedBps?: number;
  /** Endpoints whose memory crosses it, by the chosen hashes. */
  readonly moves: readonly string[];
  /** Why the figures may be other ones. */
  readonly doubts: readonly string[];
}

export type MoveRate =
  | {
      readonly kind: "known" | "estimate";
      readonly endpoint: string;
      readonly target: string;
      readonly bps: number;
      readonly spread: Spread;
      readonly limitedBy: LimitedBy;
      /** Of an estimate. */
      readonly doubts: readonly string[];
    }
  /** Its way is not known, or nothing on it has a known capacity. */
  | { readonly kind: "unknown"; readonly endpoint: string; readonly target: string; readonly why: string };

export interface BundleLoad extends Bundle {
  readonly members: readonly { readonly link: string; readonly from: string; readonly to: string }[];
  /** Load of the fullest member, flows and moves. */
  readonly fullest: Spread;
}

export function linkLoads(index: FabricIndex, request: LinkLoadRequest): LinkLoadReport {
  return linkLoadsOver(index, waysOf(index), request);
}

/** @param ways always the same ones for one index: what flows alone put on links is remembered with it. */
export function linkLoadsOver(index: FabricIndex, ways: Ways, request: LinkLoadRequest): LinkLoadReport {
  const { placement, moves = [], seed = 0, scope = "all" } = request;
  const table = linkTable(index);
  const base = flowLoads(index, ways, request.flows, placement);
  const targets = moves.map(({ endpoint, target }) => [endpoint, target] as const);
  const [tracksBefore, tracksAfter] = [
    sharedTracks(index, ways, placement),
    sharedTracks(index, ways, new Map([...(placement ?? []), ...targets])),
  ];
  const change = loadChange(movingFlows(index, request.flows, moves), tracksBefore, tracksAfter);
  const laid = moves.map((move) => layMove(index, ways, move, placement));
  const during = duringMoves(index, table, base, laid, seed);
  const shown = scope === "all" ? table.directions.keys() : changedDirections(change, during);
  const { spread } = during;
  return {
    links: [...shown].map((at) => linkLoad(table, at, base, change, during)),
    moves: laid.map((move) => moveRate(move, during)),
    bundles: (spread?.byBundle ?? []).map(({ bundle, members, load }) => ({
      ...bundle,
      members: members.flatMap((at) => {
        const { link, from, to } = table.directions[at] ?? {};
        return link === undefined || from === undefined || to === undefined ? [] : [{ link, from, to }];
      }),
      fullest: load,
    })),
    ...(spread === undefined ? {} : { hashing: { over: spread.over, outcomes: spread.outcomes, seeds: spread.seeds } }),
    ...(scope === "changed"
      ? { slowedFlows: { before: [], after: [] }, uncountedFlows: change.uncounted }
      : wholeFlows(index, ways, request, base, change, tracksAfter)),
  };
}

/** In order. */
function changedDirections(change: LoadChange, during: DuringMoves): readonly number[] {
  const moved = [...change.bps].filter(([, bps]) => tidy(bps) !== 0).map(([at]) => at);
  const all = new Set([...moved, ...during.streamsByDirection.keys(), ...(during.spread?.byDirection.keys() ?? [])]);
  return [...all].toSorted((left, right) => left - right);
}

function wholeFlows(
  index: FabricIndex,
  ways: Ways,
  request: LinkLoadRequest,
  base: FlowLoads,
  change: LoadChange,
  tracksAfter: TrackFinder,
): Pick<LinkLoadReport, "slowedFlows" | "uncountedFlows"> {
  const { placement, moves = [] } = request;
  const flows = request.flows === undefined ? flowsInOrder(index) : inOrder(request.flows);
  const isDefault = request.flows === undefined && placement === undefined;
  const tracks = isDefault ? tracksInOrder(index, ways) : flows.map(sharedTracks(index, ways, placement));
  const table = linkTable(index);
  const before = slowedFlows(table, flows, tracks, (at) => base.bps[at] ?? 0);
  const uncounted = [...base.uncounted.values()];
  if (moves.length === 0)
    return { slowedFlows: { before, after: before }, uncountedFlows: { before: uncounted, after: uncounted } };
  const moving = new Set(movingFlows(index, request.flows, moves).map(({ name }) => name));
  const moved = flows.flatMap((flow, at) => (moving.has(flow.name) ? tracksAfter(flow) : (tracks[at] ?? [])));
  const after = slowedFlows(table, flows, moved, (at) => (base.bps[at] ?? 0) + (change.bps.get(at) ?? 0));
  const stayed = uncounted.filter(({ flow }) => !moving.has(flow));
  return {
    slowedFlows: { before, after },
    uncountedFlows: { before: uncounted, after: [...stayed, ...change.uncounted.after].toSorted(byFlow) },
  };
}

const byFlow = (left: UncountedFlow, right: UncountedFlow): number =>
  `${left.flow} ${left.direction}` < `${right.flow} ${right.direction}` ? -1 : 1;

function movingFlows(
  index: FabricIndex,
  flows: readonly Flow[] | undefined,
  moves: readonly MoveLoad[],
): readonly Flow[] {
  if (moves.length === 0) return [];
  const endpoints = new Set(moves.map(({ endpoint }) => endpoint));
  if (flows === undefined) return flowsOfEndpoints(index, endpoints);
  return inOrder(flows.filter(({ from, to }) => endpoints.has(from) || endpoints.has(to)));
}

interface DuringMoves {
  readonly rates: ReadonlyMap<LaidStream, StreamRate>;
  readonly streamsByDirection: ReadonlyMap<number, readonly LaidStream[]>;
  readonly streamsByMove: ReadonlyMap<LaidMove, readonly LaidStream[]>;
  readonly doubts: ReadonlyMap<LaidStream, readonly string[]>;
  readonly spread?: HashSpread;
}

function duringMoves(
  index: FabricIndex,
  table: LinkTable,
  base: FlowLoads,
  laid: readonly LaidMove[],
  seed: number,
): DuringMoves {
  const rooms = moveRooms(index, base);
  const moves = laid.flatMap((move) => (move.kind === "laid" ? [move] : []));
  const streams = moves.flatMap((move) =>
    Array.from({ length: move.streams }, (_, number): LaidStream => ({ move, path: pathOfStream(move, number, seed) })),
  );
  const rates = streamRates(table, rooms, streams);
  const streamsByDirection = new Map<number, LaidStream[]>();
  for (const stream of streams)
    for (const direction of stream.path) {
      const own = streamsByDirection.get(direction) ?? [];
      streamsByDirection.set(direction, own);
      own.push(stream);
    }
  return {
    rates: new Map(streams.map((stream, at) => [stream, rates[at] ?? { bps: 0, limitedBy: "nothing" }])),
    streamsByDirection,
    streamsByMove: new Map(moves.map((move) => [move, streams.filter((stream) => stream.move === move)])),
    doubts: doubtfulStreams(table, rooms, streams),
    ...(moves.length === 0 ? {} : { spread: hashSpread(table, rooms, base.bps, moves, seed) }),
  };
}

function linkLoad(table: LinkTable, at: number, base: FlowLoads, change: LoadChange, during: DuringMoves): LinkLoad {
  const { link = "", from = "", to = "", capacityBps } = table.directions[at] ?? {};
  const baseBps = tidy(base.bps[at] ?? 0);
  const afterBps = tidy((base.bps[at] ?? 0) + (change.bps.get(at) ?? 0));
  const streams = during.streamsByDirection.get(at) ?? [];
  const movesBps = streams.reduce((sum, stream) => sum + (during.rates.get(stream)?.bps ?? 0), 0);
  const duringBps = tidy(baseBps + movesBps);
  const isBounded = duringBps < Infinity;
  const spread = during.spread?.byDirection.get(at);
  const ofCapacity = (bps: number): Known<number> =>
    capacityBps === undefined
      ? { known: false, why: `the capacity of ${link} from ${from} to ${to} is not known` }
      : { known: true, value: bps / capacityBps };
  const displacedBps = capacityBps === undefined || movesBps === 0 ? 0 : tidy(Math.max(0, duringBps - capacityBps));
  const doubts = new Set(streams.flatMap((stream) => [...(during.doubts.get(stream) ?? []), ...stream.move.doubts]));
  const uncertain = base.uncertain[at] ?? 0;
  const isUncertain = uncertain > 0 || uncertain + (change.uncertain.get(at) ?? 0) > 0;
  if (isUncertain) doubts.add("the way of some of the flows is not certain");
  return {
    link,
    from,
    to,
    ...(capacityBps === undefined ? {} : { capacityBps }),
    baseBps,
    ...(isBounded ? { duringBps } : {}),
    afterBps,
    ...(spread === undefined || spread.worstBps === Infinity
      ? {}
      : {
          spread: {
            bestBps: tidy(baseBps + spread.bestBps),
            worstBps: tidy(baseBps + spread.worstBps),
            p95Bps: tidy(baseBps + spread.p95Bps),
          },
        }),
    utilisation: {
      base: ofCapacity(baseBps),
      during: isBounded ? ofCapacity(duringBps) : { known: false, why: "a move that nothing known limits crosses it" },
      after: ofCapacity(afterBps),
    },
    ...(displacedBps > 0 ? { displacedBps } : {}),
    moves: [...new Set(streams.map(({ move }) => move.move.endpoint))].toSorted(),
    doubts: [...doubts].toSorted(),
  };
}

function moveRate(move: LaidMove, during: DuringMoves): MoveRate {
  const { endpoint, target } = move.move;
  if (move.kind === "unplaced") return { kind: "unknown", endpoint, target, why: move.why };
  const streams = during.streamsByMove.get(move) ?? [];
  const rates = streams.flatMap((stream) => during.rates.get(stream) ?? []);
  const bps = tidy(rates.reduce((sum, rate) => sum + rate.bps, 0));
  const slowest = rates.reduce((least, rate) => (rate.bps < least.bps ? rate : least), rates[0] ?? nothing);
  const spread = during.spread?.byMove.get(move);
  if (bps === Infinity || spread === undefined)
    return { kind: "unknown", endpoint, target, why: "no link on its way has a known capacity, and it has no bound" };
  const doubts = new Set([...move.doubts, ...streams.flatMap((stream) => during.doubts.get(stream) ?? [])]);
  return {
    kind: doubts.size === 0 ? "known" : "estimate",
    endpoint,
    target,
    bps,
    spread: { bestBps: tidy(spread.bestBps), worstBps: tidy(spread.worstBps), p95Bps: tidy(spread.p95Bps) },
    limitedBy: slowest.limitedBy,
    doubts: [...doubts].toSorted(),
  };
}

/** Sums of fractions differ from what is meant by far less than a bit a second. */
const tidy = (bps: number): number => Math.round(bps * 1_000) / 1_000;

const nothing: StreamRate = { bps: 0, limitedBy: "nothing" };
