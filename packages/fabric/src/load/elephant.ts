/**
 * The ways that one stream of a move may take. A stream is one TCP connection: it is never split, so of all equal links
 * and members of aggregation groups it uses one at each step, and no faster than that one is.
 */
import type { Crossing, Leg, Way } from "../path/way.ts";
import { limits } from "../limits.ts";
import type { LinkTable } from "./link-table.ts";
import { pathHash, pickByHash } from "./path-hash.ts";

/** One way from end to end, as numbers of directions. */
export type StreamPath = readonly number[];

export interface StreamChoices {
  /** The way that the hashes of a seed lead to. */
  readonly choose: (seed: number, stream: string) => StreamPath;
  /** All ways, each once; undefined where there are more than `limits.streamPaths`. */
  readonly all: readonly StreamPath[] | undefined;
}

interface Step {
  readonly direction: number;
  readonly to: string;
  readonly share: number;
}

/** The links out of each device on a leg. */
interface Stage {
  readonly from: string;
  readonly to: string;
  readonly steps: ReadonlyMap<string, readonly Step[]>;
}

/** @returns why not, where the way is not one that a stream can be laid on. */
export function streamChoices(table: LinkTable, way: Way): StreamChoices | string {
  switch (way.kind) {
    case "known":
      return choicesAlong(way.legs.map((leg) => stageOf(table, leg)));
    case "open":
      return way.why;
    case "broken":
      return way.why.message;
    case "unknown":
      return way.why;
  }
}

function choicesAlong(stages: readonly Stage[]): StreamChoices {
  let all: readonly StreamPath[] | undefined = [[]];
  for (const stage of stages) all = all === undefined ? undefined : extended(all, stage);
  return {
    all,
    choose: (seed, stream) =>
      stages.flatMap((stage, place) => walk(stage, (device) => pathHash(seed, `${stream} ${place} ${device}`))),
  };
}

function stageOf(table: LinkTable, leg: Leg): Stage {
  const steps = new Map<string, Step[]>();
  for (const { link, from, to, share } of leg.crossings.toSorted(byLink)) {
    const direction = table.numberOf(link, from);
    if (direction === undefined || share <= 0) continue;
    const own = steps.get(from) ?? [];
    steps.set(from, own);
    own.push({ direction, to, share });
  }
  return { from: leg.from, to: leg.to, steps };
}

function walk(stage: Stage, hashAt: (device: string) => number): StreamPath {
  const path: number[] = [];
  const seen = new Set<string>();
  let at = stage.from;
  while (at !== stage.to && !seen.has(at)) {
    seen.add(at);
    const steps = stage.steps.get(at) ?? [];
    const chosen =
      steps.length === 1
        ? steps[0]
        : steps[
            pickByHash(
              steps.map(({ share }) => share),
              hashAt(at),
            )
          ];
    if (chosen === undefined) break;
    path.push(chosen.direction);
    at = chosen.to;
  }
  return path;
}

/** Every way so far, followed by every way through the stage. */
function extended(before: readonly StreamPath[], stage: Stage): readonly StreamPath[] | undefined {
  const found: StreamPath[] = [];
  let isComplete = true;
  const follow = (device: string, path: StreamPath, seen: ReadonlySet<string>): void => {
    const steps = device === stage.to || seen.has(device) ? [] : (stage.steps.get(device) ?? []);
    if (found.length * before.length > limits.streamPaths) isComplete = false;
    else if (steps.length === 0) found.push(path);
    else for (const { direction, to } of steps) follow(to, [...path, direction], new Set([...seen, device]));
  };
  follow(stage.from, [], new Set());
  if (!isComplete || found.length * before.length > limits.streamPaths) return undefined;
  return before.flatMap((start) => found.map((end) => [...start, ...end]));
}

const byLink = (left: Crossing, right: Crossing): number =>
  left.link < right.link ? -1 : left.link > right.link ? 1 : left.from < right.from ? -1 : 1;
