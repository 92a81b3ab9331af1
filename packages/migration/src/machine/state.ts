/** What a move remembers, what can happen to it, and what it asks for: plain data, written to the journal as JSON. */
import type { MoveDriver, MoveFailure, Sighting, Whereabouts } from "@trunkline/model";

/** Why both hosts have to be asked. */
export type Cause =
  | { readonly kind: "failure"; readonly failure: MoveFailure }
  | { readonly kind: "cancel" }
  /** The process that drove the move died, or lost its hosts. */
  | { readonly kind: "restart"; readonly phase: string }
  /** The calls said "done", the hosts did not. */
  | { readonly kind: "doubt" };

export type MoveState =
  | { readonly phase: "queued"; readonly driver: MoveDriver }
  | {
      readonly phase: "preparing";
      readonly driver: MoveDriver;
      readonly step: "begin" | "prepare";
      readonly cancelRequested: boolean;
    }
  | {
      readonly phase: "copying";
      readonly driver: MoveDriver;
      readonly cancelRequested: boolean;
      /** Absent: not asked for. */
      readonly postCopy?: boolean;
    }
  | Switching
  /** `attempt` counts what was asked before, so that a flapping host cannot send a move round for ever. */
  | {
      readonly phase: "announcing";
      readonly attempt: number;
      readonly alarm: string | null;
      readonly note: string | null;
    }
  | Reconciling
  | { readonly phase: "completed"; readonly alarm: string | null; readonly note: string | null }
  | {
      readonly phase: "failed";
      readonly runsOn: Whereabouts;
      readonly failure: MoveFailure;
      readonly alarm: string | null;
    }
  | { readonly phase: "cancelled" }
  /** A check blocked it, or there was nothing to move: it never began. */
  | { readonly phase: "refused"; readonly failure: MoveFailure };

/**
 * `last-pass`: the source is paused, its last pages travel. `finish`: the target is told to run. `confirm`: the source lets go.
 * In `post-copy` the target runs while the pages that are missing follow; Finish ends with the last of them.
 */
export interface Switching {
  readonly phase: "switching" | "post-copy";
  readonly driver: MoveDriver;
  readonly step: "last-pass" | "finish" | "confirm";
  /** Asked for while it was still copying. */
  readonly cancelRequested: boolean;
  /** The target reported that the VM runs there. */
  readonly ranOnTarget: boolean;
  /** It was asked for, and may have begun. */
  readonly postCopy?: boolean;
}

export interface Reconciling {
  readonly phase: "reconciling";
  readonly cause: Cause;
  /** `unwind`: the transfer is being called off. `unsettled`: the bound is reached, a later start asks again. */
  readonly step: "unwind" | "ask" | "settle" | "unsettled";
  readonly attempt: number;
  /** How often somebody else's migration was found under way. */
  readonly watched: number;
  readonly mayRunOnTarget: boolean;
  readonly ranOnTarget: boolean;
  readonly transferIsOurs: boolean;
  /**
   * Post-copy was asked for and may have begun, so nothing was called off: that would end the copy which has the newer memory.
   * When the source itself says that its guest runs, it has not begun.
   */
  readonly postCopy?: boolean;
  /** The last thing that kept it from being settled. */
  readonly why: string;
  readonly alarm: string | null;
}

export type MovePhase = MoveState["phase"];

export type MoveEvent =
  | { readonly kind: "start" }
  | { readonly kind: "begun" }
  | { readonly kind: "prepared" }
  | { readonly kind: "performed" }
  | { readonly kind: "finished" }
  | { readonly kind: "confirmed" }
  /** A call of the current step ended in an error. */
  | { readonly kind: "call-failed"; readonly call: MoveCall; readonly failure: MoveFailure }
  | { readonly kind: "source-suspended" }
  | { readonly kind: "target-resumed" }
  | { readonly kind: "unwound" }
  | { readonly kind: "sighted"; readonly source: Sighting; readonly target: Sighting }
  /** A settling effect has been tried; whatever it said, both hosts are asked again. */
  | { readonly kind: "settled"; readonly problem: string | null }
  /** Proof was gathered; the sightings are the hosts' own words. */
  | { readonly kind: "verified"; readonly source: Sighting; readonly target: Sighting }
  | { readonly kind: "cancel-requested" }
  /** What is left shall follow the guest instead of preceding it. */
  | { readonly kind: "post-copy-requested" }
  /** Its turn had come, and the VM ran on the target already, nowhere else. */
  | { readonly kind: "already-there" }
  /** Its turn had come, and a check blocked it. */
  | { readonly kind: "refused"; readonly failure: MoveFailure }
  /** The journal was read by a new process. */
  | { readonly kind: "restarted" };

export type MoveCall = "begin" | "prepare" | "perform" | "start-post-copy" | "finish" | "confirm";

export type MoveEffect =
  | { readonly kind: "begin" }
  | { readonly kind: "prepare" }
  | { readonly kind: "perform" }
  | { readonly kind: "perform-peer-to-peer" }
  | { readonly kind: "finish" }
  | { readonly kind: "confirm" }
  | { readonly kind: "abort" }
  /** It answers by `performed`; an error says nothing but that it may not have begun. */
  | { readonly kind: "start-post-copy" }
  /** Call the transfer off: Finish and Confirm, both with `cancelled`. */
  | { readonly kind: "unwind" }
  | { readonly kind: "ask-both"; readonly afterMs: number }
  | { readonly kind: "release-source" }
  | { readonly kind: "resume-source" }
  | { readonly kind: "discard-target" }
  /** A broken post-copy goes on over a new channel, until its last page. */
  | { readonly kind: "recover-post-copy" }
  | { readonly kind: "verify" };

export interface Step {
  readonly state: MoveState;
  readonly effects: readonly MoveEffect[];
}
