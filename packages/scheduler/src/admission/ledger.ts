/**
 * What of the hosts and links is taken, and by whom. A place (a host's moves in, its moves out, a link) has so many slots,
 * a link may have a rate to divide besides.
 *
 * INVARIANT: what is granted here never takes a place beyond its slots, nor a link beyond its rate. What was in flight
 * before may: budgets can be lowered while moves run.
 */
import { linkId } from "@trunkline/fabric";
import type { MigrationPath, PathFinder } from "@trunkline/fabric";
import type { HostName, Inventory, InventoryLink, MoveRequest } from "@trunkline/model";
import { limits, rateStepBps } from "../limits.ts";

/** What a move takes part in: all that its budgets depend on. */
export type MoveClaim = Pick<MoveRequest, "id" | "vm" | "vmName" | "source" | "target" | "maxRateBps">;

export interface Place {
  readonly kind: "host-out" | "host-in" | "link";
  readonly subject: string;
  readonly slots: number;
  readonly rateBps: number | undefined;
  /** What one move gets of the rate at most. */
  readonly shareBps: number;
  readonly holders: MoveClaim[];
  takenBps: number;
  /** Slots and rate held by moves whose end nobody knows: for as long as a host is silent. */
  stalled: number;
  stalledBps: number;
  /** The first in order that waits for it or for something else it needs besides: one slot is kept for it. */
  keptFor: { readonly move: MoveClaim; readonly rateBps: number } | undefined;
}

export interface Claim {
  readonly places: readonly Place[];
  /** The fixed share of every link on the way and the move's own bound, whichever is lowest. */
  readonly rateBps: number | undefined;
  /** The links are not known, so that only the hosts' budgets hold. */
  readonly remark: string | undefined;
}

export class Ledger {
  readonly #hosts: ReadonlyMap<string, Inventory["hosts"][number]>;
  readonly #links: ReadonlyMap<string, InventoryLink>;
  readonly #pathOf: PathFinder;
  // A map for each kind, asked with names as they are: putting keys together costs more than all the rest.
  readonly #into = new Map<string, Place>();
  readonly #out = new Map<string, Place>();
  readonly #on = new Map<string, Map<string, Place>>();

  constructor(inventory: Inventory, pathOf: PathFinder) {
    this.#hosts = new Map(inventory.hosts.map((host) => [host.name, host]));
    this.#links = new Map(
      inventory.links.filter((link) => hasBudget(link)).map((link) => [linkId(link), link] as const),
    );
    this.#pathOf = pathOf;
  }

  claimOf(move: MoveClaim): Claim {
    const out = this.#hostPlace("host-out", move.source);
    const into = this.#hostPlace("host-in", move.target);
    const path: MigrationPath | undefined = this.#links.size === 0 ? undefined : this.#pathOf(move.source, move.target);
    const remark =
      path?.kind === "unknown"
        ? `only the budgets of ${move.source} and ${move.target} hold for it, not those of links: ${path.why}`
        : undefined;
    const places = [out, into];
    let rateBps = move.maxRateBps ?? Infinity;
    for (const { id, from } of path?.kind === "known" ? path.links : []) {
      const place = this.#linkPlace(id, from);
      if (place === undefined) continue;
      places.push(place);
      rateBps = Math.min(rateBps, place.shareBps);
    }
    return { places, rateBps: Number.isFinite(rateBps) ? rateBps : undefined, remark };
  }

  #hostPlace(kind: "host-out" | "host-in", host: HostName): Place {
    return remembered(kind === "host-in" ? this.#into : this.#out, host, () => {
      const budget = this.#hosts.get(host)?.moveBudget;
      const slots = kind === "host-in" ? (budget?.in ?? limits.movesIn) : (budget?.out ?? limits.movesOut);
      return emptyPlace(kind, host, slots, {});
    });
  }

  /** One for each direction. */
  #linkPlace(id: string, from: string): Place | undefined {
    const budget = this.#links.get(id)?.moveBudget;
    if (budget === undefined) return undefined;
    const directions = remembered(this.#on, id, () => new Map<string, Place>());
    return remembered(directions, from, () => emptyPlace("link", id, budget.moves ?? limits.linkMoves, budget));
  }
}

function remembered<Value>(places: Map<string, Value>, name: string, make: () => Value): Value {
  const known = places.get(name);
  if (known !== undefined) return known;
  const made = make();
  places.set(name, made);
  return made;
}

/** @param rateBps what it really has; a move that nobody limited takes the whole rate of every link on its way. */
export function take(claim: Claim, move: MoveClaim, rateBps: number | undefined, isStalled: boolean): void {
  for (const place of claim.places) {
    const takenBps = rateBps ?? place.rateBps ?? 0;
    place.holders.push(move);
    place.takenBps += takenBps;
    if (!isStalled) continue;
    place.stalled += 1;
    place.stalledBps += takenBps;
  }
}

/** All its slots or its rate are taken by others. */
export function isFull(place: Place, rateBps: number): boolean {
  return place.holders.length >= place.slots || place.takenBps + rateBps > (place.rateBps ?? Infinity);
}

/** There is room, but no more than what is kept for another. */
export function isKept(place: Place, move: MoveClaim, rateBps: number): boolean {
  const { keptFor } = place;
  if (keptFor === undefined || keptFor.move.id === move.id) return false;
  return (
    place.holders.length + 1 >= place.slots || place.takenBps + keptFor.rateBps + rateBps > (place.rateBps ?? Infinity)
  );
}

/** Not even the end of every move that will end by itself would make room. */
export function isHopeless(place: Place, rateBps: number): boolean {
  return place.stalled >= place.slots || place.stalledBps + rateBps > (place.rateBps ?? Infinity);
}

type LinkBudget = { readonly moves?: number | undefined; readonly rateBps?: number | undefined };

/** What each move gets of a link's rate at most; undefined where the budget names none. */
export function fixedShareBps({ moves, rateBps }: LinkBudget): number | undefined {
  return rateBps === undefined ? undefined : wholeSteps(rateBps / (moves ?? limits.linkMoves));
}

function emptyPlace(kind: Place["kind"], subject: string, slots: number, budget: LinkBudget): Place {
  const { rateBps } = budget;
  const shareBps = fixedShareBps(budget) ?? Infinity;
  return {
    kind,
    subject,
    slots,
    rateBps,
    shareBps,
    holders: [],
    takenBps: 0,
    stalled: 0,
    stalledBps: 0,
    keptFor: undefined,
  };
}

/** Rounded down to what libvirt can be told, so that its own rounding cannot exceed the budget. */
function wholeSteps(bps: number): number {
  return bps < rateStepBps ? Math.max(1, Math.floor(bps)) : Math.floor(bps / rateStepBps) * rateStepBps;
}

const hasBudget = ({ moveBudget }: InventoryLink): boolean =>
  moveBudget?.moves !== undefined || moveBudget?.rateBps !== undefined;
