import type { MoveState } from "@trunkline/migration";
import { describe, expect, it } from "vitest";
import { runMove } from "./run-move.ts";
import type { MoveRun } from "./run-move.ts";
import { isRunning, scriptedWorld } from "./scripted-world.fixture.ts";
import type { Script, ScriptedWorld } from "./scripted-world.fixture.ts";

const silent = { phase: () => undefined, progress: () => undefined, remark: () => undefined };

async function run(scripted: ScriptedWorld, cancel = new AbortController().signal): Promise<MoveRun> {
  const { world, journal, request } = scripted;
  return await runMove({ world, journal, request, witness: undefined, handover: undefined, observer: silent, cancel });
}

/** The source was silent for as long as it was asked. */
const unsettled: MoveState = {
  phase: "reconciling",
  cause: { kind: "restart", phase: "copying" },
  step: "unsettled",
  attempt: 60,
  watched: 0,
  mayRunOnTarget: false,
  ranOnTarget: false,
  transferIsOurs: false,
  why: "the source does not answer",
  alarm: null,
};

const runningCopies = (scripted: ScriptedWorld): number => Object.values(scripted.copies()).filter(isRunning).length;

describe("a move", () => {
  it("writes each state before the effect that it asks for", async () => {
    const scripted = scriptedWorld();
    const { state } = await run(scripted);
    expect(state.phase).toBe("completed");
    expect(scripted.calls).toEqual([
      "begin@preparing/begin",
      "prepare@preparing/prepare",
      "perform@copying",
      "finish@switching/finish",
      "confirm@switching/confirm",
    ]);
  });

  it.each(["begin", "prepare", "perform"])(
    "stays where it was when %s fails, and keeps the host's words",
    async (call) => {
      const scripted = scriptedWorld({ failing: { [call]: "the disk is on fire" } });
      const { state } = await run(scripted);
      expect(state).toMatchObject({ phase: "failed", runsOn: "source", failure: { message: "the disk is on fire" } });
      expect(scripted.calls.some((made) => made.startsWith("confirm"))).toBe(false);
      expect(runningCopies(scripted)).toBe(1);
    },
  );

  it("withholds Confirm when the answer to Finish is lost, and settles it by asking both", async () => {
    const scripted = scriptedWorld({ losesFinishAnswer: true });
    const { state } = await run(scripted);
    expect(state).toMatchObject({ phase: "completed" });
    expect(scripted.calls.slice(-2)).toEqual(["finish@switching/finish", "release-source@reconciling/settle"]);
    expect(runningCopies(scripted)).toBe(1);
  });

  it("that rests unsettled is asked about again by the next process", async () => {
    const { world, journal, request, states } = scriptedWorld();
    const cancel = new AbortController().signal;
    const options = { world, journal, request, witness: undefined, handover: undefined, observer: silent, cancel };
    const { state } = await runMove({ ...options, leftAt: unsettled });
    expect(states[0]).toMatchObject({ phase: "reconciling", step: "ask" });
    expect(state).toMatchObject({ phase: "failed", runsOn: "source" });
  });

  it("is called off when its deadline passes before it switches over, and says that this was why", async () => {
    const scripted = scriptedWorld();
    const late = { ...scripted, request: { ...scripted.request, deadlineMs: 1 } };
    const { state, hitDeadline } = await run(late);
    expect([state.phase, hitDeadline]).toEqual(["cancelled", true]);
    expect(runningCopies(scripted)).toBe(1);
    expect(isRunning(scripted.copies().source)).toBe(true);
  });

  it("is called off by a cancel during the copy", async () => {
    const cancel = new AbortController();
    const scripted = scriptedWorld({
      failing: { perform: "operation aborted" },
      before: (call) => {
        if (call === "perform") cancel.abort();
      },
    });
    const { state } = await run(scripted, cancel.signal);
    expect(state.phase).toBe("cancelled");
    expect(isRunning(scripted.copies().source)).toBe(true);
  });

  const full: [string, Script][] = [
    ["preparing/begin", { diskFullAt: "preparing/begin" }],
    ["preparing/prepare", { diskFullAt: "preparing/prepare" }],
    ["copying", { diskFullAt: "copying" }],
    ["switching/finish", { diskFullAt: "switching/finish" }],
  ];
  it.each(full)("calls itself off when the journal is full before %s", async (phase, script) => {
    const scripted = scriptedWorld(script);
    await expect(run(scripted)).rejects.toMatchObject({ code: "store.failed" });
    expect(scripted.calls.some((made) => made.endsWith(`@${phase}`))).toBe(false);
    expect(isRunning(scripted.copies().target)).toBe(false);
    expect(isRunning(scripted.copies().source)).toBe(true);
  });

  it("leaves the source paused when the journal is full after the target was told to run", async () => {
    const scripted = scriptedWorld({ diskFullAt: "switching/confirm" });
    await expect(run(scripted)).rejects.toMatchObject({ code: "store.failed" });
    expect(isRunning(scripted.copies().target)).toBe(true);
    expect(isRunning(scripted.copies().source)).toBe(false);
  });
});
