/**
 * Which of the planned moves run side by side: what admission would do, wave after wave, within the memory of the hosts.
 *
 * INVARIANT: while a wave runs, each target holds all that arrives in it and all that was there when it began, and has
 * room for both; what leaves in a wave makes room for the next one only.
 */
import { pathFinder } from "@trunkline/fabric";
import type { Inventory } from "@trunkline/model";
import { admit } from "../admission/admit.ts";
import { tightHosts } from "./host-memory.ts";
import type { HostMemory, MemoryUse } from "./host-memory.ts";
import { queued } from "./queued-step.ts";
import type { QueuedStep } from "./queued-step.ts";

export interface WaveStep extends MemoryUse, QueuedStep {
  /** Steps that must have completed. */
  readonly after: readonly number[];
}

export interface Waves<Step extends WaveStep> {
  readonly waves: readonly (readonly Step[])[];
  /** No budget lets them begin at all, or what they wait for. */
  readonly never: readonly { readonly step: Step; readonly why: string }[];
}

/** @param steps in an order in which they fit one after the other. */
export function wavesOf<Step extends WaveStep>(
  steps: readonly Step[],
  before: HostMemory,
  inventory: Inventory,
): Waves<Step> {
  const pathOf = pathFinder(inventory);
  const memory = before.copy();
  const tight = tightHosts(steps, before);
  const waves: Step[][] = [];
  const over = new Set<number>();
  let left = [...steps];
  // Every wave starts at least one move or ends the loop, so there are at most as many waves as moves.
  while (left.length > 0) {
    const candidates = candidatesOf(left, memory, tight, over);
    const waiting = candidates.map(queued);
    const admission = admit({ waiting, inFlight: [], inventory, automation: { paused: false }, pathOf });
    const started = new Set<string>(admission.start.map(({ id }) => id));
    const wave = inTurn(left, tight, (step) => started.has(idOf(step)));
    if (wave.length === 0) {
      const reasons = new Map(admission.waiting.map(({ id, waitsFor }) => [id, waitsFor]));
      const whyOf = (step: Step): string =>
        reasons
          .get(idOf(step))
          ?.map(({ message }) => message)
          .join("; ") ?? "what it waits for can never start";
      return { waves, never: left.map((step) => ({ step, why: whyOf(step) })) };
    }
    waves.push([...wave]);
    for (const step of wave) memory.arrive(step);
    for (const step of wave) {
      memory.depart(step);
      over.add(step.step);
    }
    left = left.filter(({ step }) => !over.has(step));
  }
  return { waves, never: [] };
}

/** Those that could begin now as far as memory and what they wait for go. */
function candidatesOf<Step extends WaveStep>(
  left: readonly Step[],
  memory: HostMemory,
  tight: ReadonlySet<string>,
  over: ReadonlySet<number>,
): readonly Step[] {
  const waits = new Set(left.map(({ step }) => step));
  const during = memory.copy();
  return inTurn(left, tight, (step) => {
    if (step.after.some((other) => waits.has(other) && !over.has(other)) || !during.fits(step)) return false;
    during.arrive(step);
    return true;
  });
}

/** On a tight host nobody overtakes: whoever came out of turn could take the room that lets others leave. */
function inTurn<Step extends WaveStep>(
  left: readonly Step[],
  tight: ReadonlySet<string>,
  mayStart: (step: Step) => boolean,
): readonly Step[] {
  const closed = new Set<string>();
  return left.filter((step) => {
    if (closed.has(step.target)) return false;
    if (mayStart(step)) return true;
    if (tight.has(step.target)) closed.add(step.target);
    return false;
  });
}

/**
 * What each step has to wait for so that its target has room, whichever way the others go: everything that leaves the
 * target in a wave before its own. Nothing, where all that arrives up to its wave fits without anything leaving.
 */
export function roomEdges(
  waves: readonly (readonly WaveStep[])[],
  before: HostMemory,
): ReadonlyMap<number, readonly number[]> {
  const arrived = before.copy();
  const edges = new Map<number, readonly number[]>();
  for (const [at, wave] of waves.entries()) {
    for (const step of wave) arrived.arrive(step);
    for (const { step, target } of wave) {
      const leaving = waves.slice(0, at).flatMap((earlier) => earlier.filter(({ source }) => source === target));
      edges.set(step, arrived.leftMiB(target) >= 0 ? [] : leaving.map((one) => one.step));
    }
  }
  return edges;
}

const idOf = (step: WaveStep) => queued(step).request.id;
