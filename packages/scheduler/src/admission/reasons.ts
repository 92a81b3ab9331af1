/** Why a move has not started, in sentences. A place that many wait for is put into words once. */
import type { Automation, MoveOrigin, WaitReason } from "@trunkline/model";
import { limits } from "../limits.ts";
import { isFull, isKept } from "./ledger.ts";
import type { Claim, MoveClaim, Place } from "./ledger.ts";

type Paused = Extract<Automation, { readonly paused: true }>;

export class ReasonTexts {
  readonly #placed: ReadonlySet<string>;
  readonly #full = new Map<Place, WaitReason>();
  readonly #kept = new Map<Place, WaitReason>();

  /** @param placed the moves that are in flight, those of this round among them. */
  constructor(placed: ReadonlySet<string>) {
    this.#placed = placed;
  }

  /** @param before the move of the same VM that goes first. */
  reasons(move: MoveClaim, claim: Claim, before: MoveClaim | undefined): readonly WaitReason[] {
    const rateBps = claim.rateBps ?? 0;
    const kept = claim.places.filter((place) => !isFull(place, rateBps) && isKept(place, move, rateBps));
    return [
      ...(before === undefined ? [] : [this.#vm(move, before)]),
      ...this.fullPlaces(claim),
      ...kept.map((place) => remembered(this.#kept, place, keptReason)),
    ];
  }

  fullPlaces(claim: Claim): readonly WaitReason[] {
    const full = claim.places.filter((place) => isFull(place, claim.rateBps ?? 0));
    return full.map((place) => remembered(this.#full, place, fullReason));
  }

  paused({ by, since, reason }: Paused, origin: MoveOrigin): WaitReason {
    const message = `automation is paused by ${by} since ${since} (${reason}), and the move comes from ${origin}`;
    return { kind: "paused", subject: "automation", message };
  }

  #vm(move: MoveClaim, before: MoveClaim): WaitReason {
    const way = `from ${before.source} to ${before.target}`;
    const message = this.#placed.has(before.id)
      ? `${move.vmName} is on its way ${way}`
      : `an earlier move of ${move.vmName} ${way} comes first`;
    return { kind: "vm", subject: move.vmName, message };
  }
}

function fullReason(place: Place): WaitReason {
  const { kind, subject } = place;
  return { kind, subject, message: fullText(place) };
}

function fullText(place: Place): string {
  const { kind, subject, slots, holders } = place;
  const doing = { "host-in": "receives", "host-out": "sends", link: "carries" }[kind];
  if (slots === 0) return `${subject} ${doing} no moves: its budget is 0`;
  const names = namesOf(holders);
  if (holders.length >= slots) return `${subject} already ${doing} ${holders.length} of ${slots} moves (${names})`;
  const rate = `${mbit(place.takenBps)} of ${mbit(place.rateBps ?? 0)} Mbit/s`;
  return `the moves that ${subject} carries already take ${rate} (${names})`;
}

function keptReason(place: Place): WaitReason {
  const { subject, keptFor, kind } = place;
  const { vmName, source, target } = keptFor?.move ?? { vmName: "another VM", source: "?", target: "?" };
  const what = { "host-in": "next arrival", "host-out": "next departure", link: "next place" }[kind];
  return {
    kind: "turn",
    subject,
    message: `the ${what} of ${subject} is kept for the move of ${vmName} from ${source} to ${target}, whose turn is before`,
  };
}

function namesOf(holders: readonly MoveClaim[]): string {
  const names = holders.map((move) => move.vmName).toSorted();
  const more = names.length - limits.namesInReason;
  return names.slice(0, limits.namesInReason).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function remembered(known: Map<Place, WaitReason>, place: Place, make: (place: Place) => WaitReason): WaitReason {
  const made = known.get(place) ?? make(place);
  known.set(place, made);
  return made;
}

const mbit = (bps: number): number => Math.round(bps / 1e6);
