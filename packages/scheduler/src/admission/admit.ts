/**
 * Which waiting moves may start now, and what each of the others waits for. Pure: the same sets give the same answer, in
 * whichever order they are listed.
 *
 * 1. No start takes a host or a link beyond its budget, counting everything in flight (unsettled moves as well).
 * 2. A VM has one move at a time; its moves start in the order in which they were asked for, whatever their priority.
 * 3. Order: higher priority, then earlier asked. What cannot start holds nobody back, except by rule 4.
 * 4. The first in order that waits for a slot has one slot kept for it at every host and link that it needs; so has each
 *    later one whose hosts and links have no slot kept yet. A slot that is kept is given to nobody else. So the
 *    first in order whose VM is free starts at the latest when all that was in flight as it became first has ended, and
 *    by induction everyone behind it starts after a bounded number of ends.
 * 5. Nothing is kept for a move that cannot hope: its VM is on its way, or all slots of a place are held by moves that
 *    nobody can settle (or are none). It would only keep others waiting.
 * 6. While automation is paused, moves that no operator asked for stay out of the order: they hold back nobody, not even
 *    later moves of their own VM.
 * 7. A move that waits has at least one reason.
 */
import { pathFinder } from "@trunkline/fabric";
import type { PathFinder } from "@trunkline/fabric";
import type { Asked, Automation, Inventory, MoveId, VmId, WaitReason } from "@trunkline/model";
import { Ledger, isFull, isHopeless, isKept, take } from "./ledger.ts";
import type { Claim, MoveClaim } from "./ledger.ts";
import { ReasonTexts } from "./reasons.ts";

export interface AdmissionInput {
  readonly waiting: readonly MoveWaiting[];
  /** Everything that was started and is not over. `maxRateBps` is what it was granted. */
  readonly inFlight: readonly MoveInFlight[];
  readonly inventory: Inventory;
  readonly automation: Automation;
  /** Keeps what it found from call to call; without it, the paths are found anew from the inventory. */
  readonly pathOf?: PathFinder;
}

export interface MoveWaiting {
  /** `source`: where its VM is, as far as is known. */
  readonly request: MoveClaim & { readonly asked: Pick<Asked, "origin" | "priority"> };
  /** ISO 8601 in UTC. */
  readonly askedAt: string;
  /** Orders what was asked for in the same millisecond; without it the id does, so that the answer is the same. */
  readonly sequence?: number;
}

export interface MoveInFlight extends MoveClaim {
  /** A host is silent, so its end is not known: it keeps what it holds. */
  readonly isUnsettled?: boolean;
}

export interface Admission {
  /** In the order in which their turn came. */
  readonly start: readonly AdmittedMove[];
  /** In the order of the queue; held-back moves at the end. */
  readonly waiting: readonly { readonly id: MoveId; readonly waitsFor: readonly WaitReason[] }[];
}

export interface AdmittedMove {
  readonly id: MoveId;
  /** What it may send at most; absent where neither a link on its way nor its request says. */
  readonly rateBps?: number;
  /** What whoever follows the move should know, in a sentence. */
  readonly remark?: string;
}

interface Candidate {
  readonly move: MoveWaiting["request"];
  readonly claim: Claim;
  /** The move of the same VM that goes before it. */
  readonly before: MoveClaim | undefined;
}

export function admit(input: AdmissionInput): Admission {
  const { inventory, automation } = input;
  const ledger = new Ledger(inventory, input.pathOf ?? pathFinder(inventory));
  const busy = new Map<VmId, MoveClaim>();
  for (const move of byId(input.inFlight)) {
    busy.set(move.vm, move);
    take(ledger.claimOf(move), move, move.maxRateBps, move.isUnsettled === true);
  }

  const asked = input.waiting.toSorted(earlierFirst);
  const isHeldBack = ({ request }: MoveWaiting): boolean => automation.paused && request.asked.origin !== "operator";
  const candidates = asked
    .filter((waiting) => !isHeldBack(waiting))
    .map(({ request }): Candidate => {
      const before = busy.get(request.vm);
      if (before === undefined) busy.set(request.vm, request);
      return { move: request, claim: ledger.claimOf(request), before };
    })
    // Stable: equals stay in the order in which they were asked for.
    .toSorted((left, right) => right.move.asked.priority - left.move.asked.priority);

  const start: AdmittedMove[] = [];
  const left = candidates.filter((candidate) => {
    const { move, claim } = candidate;
    if (mayStart(candidate)) {
      take(claim, move, claim.rateBps, false);
      start.push(admitted(candidate));
      return false;
    }
    keepPlaces(candidate);
    return true;
  });

  // Said afterwards, so that a reason counts those who start now.
  const texts = new ReasonTexts(new Set([...input.inFlight, ...start].map((move) => move.id)));
  const queued = left.map(({ move, claim, before }) => ({ id: move.id, waitsFor: texts.reasons(move, claim, before) }));
  if (!automation.paused) return { start, waiting: queued };
  const heldBack = asked.filter(isHeldBack).map(({ request }) => ({
    id: request.id,
    waitsFor: [
      texts.paused(automation, request.asked.origin),
      ...texts.reasons(request, ledger.claimOf(request), busy.get(request.vm)),
    ],
  }));
  return { start, waiting: [...queued, ...heldBack] };
}

function mayStart({ move, claim, before }: Candidate): boolean {
  const rateBps = claim.rateBps ?? 0;
  return (
    before === undefined && claim.places.every((place) => !isFull(place, rateBps) && !isKept(place, move, rateBps))
  );
}

/** Rule 4, within the bounds of rule 5. */
function keepPlaces({ move, claim, before }: Candidate): void {
  const rateBps = claim.rateBps ?? 0;
  if (before !== undefined) return;
  if (claim.places.some((place) => place.keptFor !== undefined || isHopeless(place, rateBps))) return;
  for (const place of claim.places) place.keptFor = { move, rateBps };
}

function admitted({ move, claim }: Candidate): AdmittedMove {
  return {
    id: move.id,
    ...(claim.rateBps === undefined ? {} : { rateBps: claim.rateBps }),
    ...(claim.remark === undefined ? {} : { remark: claim.remark }),
  };
}

function earlierFirst(left: MoveWaiting, right: MoveWaiting): number {
  if (left.askedAt !== right.askedAt) return left.askedAt < right.askedAt ? -1 : 1;
  const apart = (left.sequence ?? 0) - (right.sequence ?? 0);
  if (apart !== 0) return apart;
  return left.request.id < right.request.id ? -1 : 1;
}

const byId = <Move extends MoveClaim>(moves: readonly Move[]): readonly Move[] =>
  moves.toSorted((left, right) => (left.id < right.id ? -1 : 1));
