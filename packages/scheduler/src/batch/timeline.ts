/**
 * How long several moves take together: admission and the links' shares played through on a clock of their own, from one
 * end of a move to the next. Each has the rate that it was predicted with, or less where the budgets of links that it
 * shares give less (weighted max-min, as they are divided while moves copy). Pure.
 */
import { maxMin, pathFinder } from "@trunkline/fabric";
import type { PathFinder } from "@trunkline/fabric";
import type { Inventory, Prediction } from "@trunkline/model";
import { admit } from "../admission/admit.ts";
import type { MoveInFlight } from "../admission/admit.ts";
import { queued } from "./queued-step.ts";
import type { QueuedStep } from "./queued-step.ts";

export interface TimedStep extends QueuedStep {
  /** As if it were alone. */
  readonly predicted: Prediction;
  /** Steps that have to end before it is asked for; those that are not among the steps count as ended. */
  readonly after: readonly number[];
  readonly roomAfter?: readonly number[];
}

export class Timeline {
  readonly totalMs: number;
  readonly #times: ReadonlyMap<number, Times>;
  readonly #steps: ReadonlyMap<number, TimedStep>;

  constructor(steps: readonly TimedStep[], times: ReadonlyMap<number, Times>) {
    this.#steps = new Map(steps.map((step) => [step.step, step]));
    this.#times = times;
    this.totalMs = Math.round(Math.max(0, ...[...times.values()].map(({ endMs }) => endMs)));
  }

  startMs(step: number): number {
    return Math.round(this.#times.get(step)?.startMs ?? 0);
  }

  /** Of a step beside the others: stretched where they leave it less. */
  predicted(step: number): Prediction {
    const predicted = this.#steps.get(step)?.predicted ?? nothing;
    const times = this.#times.get(step);
    const tookMs = times === undefined ? 0 : Math.round(times.endMs - times.startMs);
    if (tookMs <= predicted.totalMs) return predicted;
    const bps = (predicted.bytes * 8 * 1000) / tookMs;
    const share = `stretched to ${Math.round(bps / 1e6)} Mbit/s, its share of the links`;
    return { ...predicted, totalMs: tookMs, basis: `${predicted.basis}, ${share}` };
  }
}

interface Times {
  readonly startMs: number;
  readonly endMs: number;
}

interface Flying {
  readonly step: TimedStep;
  readonly claim: MoveInFlight;
  readonly startMs: number;
  /** Of the time that it takes alone. */
  leftMs: number;
}

/** Steps that can never start have no time: `wavesOf` names them. */
export function timelineOf(steps: readonly TimedStep[], inventory: Inventory): Timeline {
  const pathOf = pathFinder(inventory);
  const times = new Map<number, Times>();
  const present = new Set(steps.map(({ step }) => step));
  let waiting = [...steps];
  let flying: Flying[] = [];
  let nowMs = 0;
  // Each turn ends at least one move, or the loop.
  for (;;) {
    const due = waiting.filter(({ after, roomAfter = [] }) =>
      [...after, ...roomAfter].every((step) => !present.has(step) || times.has(step)),
    );
    const inFlight = flying.map(({ claim }) => claim);
    const { start: started } = admit({
      waiting: due.map(queued),
      inFlight,
      inventory,
      automation: { paused: false },
      pathOf,
    });
    const start = new Map<string, number | undefined>(started.map(({ id, rateBps }) => [id, rateBps]));
    for (const step of due) {
      const { request } = queued(step);
      if (!start.has(request.id)) continue;
      const rateBps = start.get(request.id);
      const claim = { ...request, ...(rateBps === undefined ? {} : { maxRateBps: rateBps }) };
      flying.push({ step, claim, startMs: nowMs, leftMs: step.predicted.totalMs });
    }
    waiting = waiting.filter((step) => !start.has(queued(step).request.id));
    if (flying.length === 0) return new Timeline(steps, times);
    const speeds = speedsOf(flying, inventory, pathOf);
    const untilMs = Math.min(...flying.map(({ leftMs }, at) => leftMs / (speeds[at] ?? 1)));
    nowMs += untilMs;
    for (const [at, one] of flying.entries()) one.leftMs -= untilMs * (speeds[at] ?? 1);
    for (const { step, startMs, leftMs } of flying)
      if (leftMs <= roundingMs) times.set(step.step, { startMs, endMs: nowMs });
    flying = flying.filter(({ leftMs }) => leftMs > roundingMs);
  }
}

/** What is left of a move by the rounding of floating-point numbers alone. */
const roundingMs = 1e-6;

/** How fast each goes, as a share of what it would alone. */
function speedsOf(flying: readonly Flying[], inventory: Inventory, pathOf: PathFinder): readonly number[] {
  const links = new Map<string, { readonly at: number; readonly rateBps: number }>();
  const flows = flying.map(({ step: { source, target, predicted } }) => {
    const way = inventory.links.length === 0 ? undefined : pathOf(source, target);
    const path = (way?.kind === "known" ? way.links : []).flatMap(({ id, from, link }) => {
      const rateBps = link.moveBudget?.rateBps;
      if (rateBps === undefined) return [];
      const direction = `${id} from ${from}`;
      const known = links.get(direction) ?? { at: links.size, rateBps };
      links.set(direction, known);
      return [known.at];
    });
    return { path: [...new Set(path)], capBps: aloneBps(predicted) };
  });
  const { ratesBps } = maxMin(
    flows,
    [...links.values()].map(({ rateBps }) => rateBps),
  );
  return flows.map(({ capBps }, at) => Math.min(1, (ratesBps[at] ?? capBps) / capBps));
}

/** On average, its first and last calls included. */
const aloneBps = ({ bytes, totalMs }: Prediction): number => Math.max(1, (bytes * 8 * 1000) / Math.max(1, totalMs));

const nothing: Prediction = { totalMs: 0, downtimeMs: 0, bytes: 0, rounds: 0, converges: true, basis: "not predicted" };
