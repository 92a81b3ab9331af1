/** Random events in random states, also in those that no move ever reaches: a journal may hold anything. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobs, powers, reasons } from "../settle/sighting.fixture.ts";
import { initialState, isAtRest, isCancellable, isOver, step } from "./machine.ts";
import type { MoveEvent, MoveState, Step } from "./state.ts";
import { calls } from "./transcript.fixture.ts";

const driver = fc.constantFrom("client" as const, "peer-to-peer" as const);
const text = fc.string({ maxLength: 8 });
const failure = fc.record({ code: text, message: text });
const seen = fc.oneof(
  fc.constant({ kind: "absent" as const }),
  fc.record({ kind: fc.constant("unreachable" as const), why: text }),
  fc.record({
    kind: fc.constant("present" as const),
    power: fc.constantFrom(...powers),
    reason: fc.constantFrom(...reasons),
    job: fc.constantFrom(...jobs),
  }),
);
const alarm = fc.option(text, { nil: null });
const count = fc.nat({ max: 200 });

const anyEvent: fc.Arbitrary<MoveEvent> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      "start" as const,
      "begun" as const,
      "prepared" as const,
      "performed" as const,
      "finished" as const,
      "confirmed" as const,
      "source-suspended" as const,
      "target-resumed" as const,
      "unwound" as const,
      "cancel-requested" as const,
      "post-copy-requested" as const,
      "restarted" as const,
      "already-there" as const,
    ),
  }),
  fc.record({ kind: fc.constant("call-failed" as const), call: fc.constantFrom(...calls), failure }),
  fc.record({ kind: fc.constant("refused" as const), failure }),
  fc.record({ kind: fc.constantFrom("sighted" as const, "verified" as const), source: seen, target: seen }),
  fc.record({ kind: fc.constant("settled" as const), problem: alarm }),
);

const anyState: fc.Arbitrary<MoveState> = fc.oneof(
  fc.record({ phase: fc.constant("queued" as const), driver }),
  fc.record({
    phase: fc.constant("preparing" as const),
    driver,
    step: fc.constantFrom("begin" as const, "prepare" as const),
    cancelRequested: fc.boolean(),
  }),
  fc.record({ phase: fc.constant("copying" as const), driver, cancelRequested: fc.boolean(), postCopy: fc.boolean() }),
  fc.record({
    phase: fc.constantFrom("switching" as const, "post-copy" as const),
    driver,
    step: fc.constantFrom("last-pass" as const, "finish" as const, "confirm" as const),
    cancelRequested: fc.boolean(),
    ranOnTarget: fc.boolean(),
    postCopy: fc.boolean(),
  }),
  fc.record({ phase: fc.constantFrom("announcing" as const), attempt: count, alarm, note: alarm }),
  fc.record({
    phase: fc.constant("reconciling" as const),
    cause: fc.oneof(
      fc.record({ kind: fc.constant("failure" as const), failure }),
      fc.record({ kind: fc.constant("restart" as const), phase: text }),
      fc.record({ kind: fc.constantFrom("cancel" as const, "doubt" as const) }),
    ),
    step: fc.constantFrom("unwind" as const, "ask" as const, "settle" as const, "unsettled" as const),
    attempt: count,
    watched: count,
    mayRunOnTarget: fc.boolean(),
    ranOnTarget: fc.boolean(),
    transferIsOurs: fc.boolean(),
    postCopy: fc.boolean(),
    why: text,
    alarm,
  }),
  fc.record({ phase: fc.constant("completed" as const), alarm, note: alarm }),
  fc.record({
    phase: fc.constant("failed" as const),
    runsOn: fc.constantFrom("source" as const, "target" as const, "nowhere" as const, "unknown" as const),
    failure,
    alarm,
  }),
  fc.record({ phase: fc.constant("cancelled" as const) }),
);

type Law = (before: MoveState, event: MoveEvent, taken: Step) => boolean;

/** @returns a run of the law that throws its counterexample, with the seed, when it is broken. */
const everywhere =
  (law: Law): (() => void) =>
  () =>
    fc.assert(
      fc.property(anyState, anyEvent, (state, event) => law(state, event, step(state, event))),
      { numRuns: 10_000 },
    );

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

const laws: Readonly<Record<string, Law>> = {
  "asks for one thing at most": (_state, _event, taken) => taken.effects.length <= 1,
  "answers the same to the same": (state, event, taken) => isSame(step(state, event), taken),
  "leaves alone what is over": (state, _event, taken) => !isOver(state) || isSame(taken, { state, effects: [] }),
  "asks for nothing at rest": (_state, _event, taken) => !isAtRest(taken.state) || taken.effects.length === 0,
  "is woken from rest by a restart alone": (state, event, taken) =>
    !isAtRest(state) || event.kind === "restarted" || isAtRest(taken.state),
  "asks both hosts after a restart": (state, event, taken) =>
    event.kind !== "restarted" || isOver(state) || isSame(taken.effects, [{ kind: "ask-both", afterMs: 0 }]),
  "honours a cancel or changes nothing": (state, event, taken) =>
    event.kind !== "cancel-requested" ||
    (isCancellable(state)
      ? taken.state.phase === "cancelled" || ("cancelRequested" in taken.state && taken.state.cancelRequested)
      : isSame(taken, { state, effects: [] })),
  "asks for Confirm by the success of Finish alone": (state, event, taken) =>
    taken.effects[0]?.kind !== "confirm" ||
    ((state.phase === "switching" || state.phase === "post-copy") && event.kind === "finished"),
  "asks for Finish by the success of Perform alone": (_state, event, taken) =>
    taken.effects[0]?.kind !== "finish" || event.kind === "performed",
  "repairs only by what both hosts have just said": (state, event, taken) =>
    !["resume-source", "release-source", "discard-target", "recover-post-copy"].includes(
      taken.effects[0]?.kind ?? "",
    ) ||
    (state.phase === "reconciling" && event.kind === "sighted"),
  "calls no post-copy off that may have begun": (state, event, taken) =>
    taken.effects[0]?.kind !== "unwind" ||
    !("postCopy" in state && state.postCopy) ||
    (event.kind === "sighted" && event.source.kind === "present" && event.source.power === "running"),
  "never forgets that it ran on the target": (state, _event, taken) =>
    !("ranOnTarget" in state && state.ranOnTarget && "ranOnTarget" in taken.state) || taken.state.ranOnTarget,
  "never loses an alarm": (state, _event, taken) =>
    !("alarm" in state && state.alarm !== null && "alarm" in taken.state) || taken.state.alarm !== null,
};

describe("in whatever state and whatever happens, a step", () => {
  it.each(Object.entries(laws))("%s", (_name, law) => {
    expect(everywhere(law)).not.toThrow();
  });

  it("survives the journal", () => {
    fc.assert(
      fc.property(anyState, anyEvent, (state, event) => {
        const taken = step(state, event);
        expect(JSON.parse(JSON.stringify(taken))).toEqual(taken);
      }),
    );
    expect(isSame(step(initialState("client"), { kind: "start" }).effects, [{ kind: "begin" }])).toBe(true);
  });
});
