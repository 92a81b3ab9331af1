/** What the journal says of many moves together: who was on the way at the same time, and what was begun where. */
import { join } from "node:path";
import { openStore, systemClock } from "@trunkline/controller";
import { isOver } from "@trunkline/migration";
import type { JournalMove, Transition } from "@trunkline/ports";

export interface MoveHistory extends JournalMove {
  readonly transitions: readonly Transition[];
}

/** The whole journal of these tests. */
const journalRows = 1_000;

/** Read from the file, beside the service or after it. */
export async function readHistories(stateFolder: string): Promise<readonly MoveHistory[]> {
  const store = await openStore({ path: join(stateFolder, "journal.db"), clock: systemClock, readOnly: true });
  try {
    const moves = await store.journal.listMoves(journalRows);
    return await Promise.all(
      moves.map(async (move) => ({ ...move, transitions: await store.journal.transitions(move.request.id) })),
    );
  } finally {
    await store.close();
  }
}

/** Most moves between their start and their end at a time, by "h1 in" and "h1 out". */
export function mostAtOnce(histories: readonly MoveHistory[]): ReadonlyMap<string, number> {
  const steps = histories.flatMap(({ request, transitions }) =>
    transitions
      .filter(({ event, state }) => event?.kind === "start" || isOver(state))
      .map(({ sequence, event }) => ({ sequence, change: event?.kind === "start" ? 1 : -1, request })),
  );
  // One that was refused, or called off while it waited, was never on the way.
  const begun = new Set(steps.filter(({ change }) => change > 0).map(({ request }) => request.id));
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  for (const { request, change } of steps.toSorted((left, right) => left.sequence - right.sequence)) {
    if (!begun.has(request.id)) continue;
    for (const place of [`${request.source} out`, `${request.target} in`]) {
      const count = (now.get(place) ?? 0) + change;
      now.set(place, count);
      most.set(place, Math.max(count, most.get(place) ?? 0));
    }
  }
  return most;
}

/** Where each VM has to be, if the records are the truth: "vm1 on h2", by VM; those that never moved are left out. */
export function recordedPlaces(histories: readonly MoveHistory[]): ReadonlyMap<string, string> {
  const ends = histories.flatMap(({ request, report, transitions }) => {
    const hasBegun = transitions.some(({ event }) => event?.kind === "start");
    const last = transitions.at(-1);
    return hasBegun && report !== null && last !== undefined ? [{ request, report, sequence: last.sequence }] : [];
  });
  const inOrder = ends.toSorted((left, right) => left.sequence - right.sequence);
  return new Map(inOrder.map(({ request, report }) => [request.vmName, report.runsOn ?? "nowhere"]));
}

/** How often the journal says that a copy was to be prepared, by "vm1 on h2". */
export function preparedCopies(histories: readonly MoveHistory[]): ReadonlyMap<string, number> {
  return countsOf(
    histories.flatMap(({ request, transitions }) =>
      transitions.filter(({ event }) => event?.kind === "begun").map(() => `${request.vmName} on ${request.target}`),
    ),
  );
}

export function countsOf(words: readonly string[]): ReadonlyMap<string, number> {
  return new Map(words.map((word) => [word, words.filter((other) => other === word).length]));
}

export const textOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .map(([place, count]) => `${place} ${count}`)
    .toSorted()
    .join(", ");

/** mulberry32: small, and the same on every machine. */
export function randomOf(seed: number): (below: number) => number {
  let value = seed;
  return (below) => {
    value = (value + 0x6d2b79f5) | 0;
    let mixed = Math.imul(value ^ (value >>> 15), 1 | value);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
