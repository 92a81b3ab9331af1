/**
 * The machine against two simulated hosts: effects that fail, answers that are lost, daemons, emulators and the driving
 * process that die at any moment. After every single thing that happens the VM is counted.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MoveDriver, MoveFailure } from "@trunkline/model";
import { Draws, Hosts } from "./hosts.fixture.ts";
import { initialState, isAtRest, isCancellable, isOver, step } from "./machine.ts";
import type { MoveCall, MoveEffect, MoveEvent, MoveState } from "./state.ts";

/** More than any run needs that is bounded as it should be. */
const stepsMax = 2_000;

/** Chances are one in so many, while there are draws left. */
const oneIn = {
  misfortune: 9,
  crash: 10,
  lostAnswer: 7,
  failedCall: 9,
  lateEvent: 3,
  postCopy: 5,
  brokenChannel: 12,
} as const;

class Run {
  readonly log: string[] = [];
  readonly faults: string[] = [];
  readonly hosts: Hosts;
  state: MoveState;
  /** What the machine was told and may never forget. */
  knowsItRanOnTarget = false;
  truthWhenJudged = { source: "running", target: "none" };
  private readonly draws: Draws;
  private readonly driver: MoveDriver;
  private effects: MoveEffect[] = [];
  private finishWasSent = false;
  private lives = 1;

  constructor(driver: MoveDriver, draws: Draws) {
    this.driver = driver;
    this.draws = draws;
    this.hosts = new Hosts(draws.next(2) === 1);
    this.state = initialState(driver);
  }

  toRest(): void {
    this.feed({ kind: "start" });
    for (let count = 0; !isAtRest(this.state); count += 1) {
      if (count > stepsMax) this.fail("it never comes to rest");
      this.misfortune();
      const effect = this.effects.shift();
      if (effect === undefined) this.fail("nothing is asked for, and it is not at rest");
      else this.carryOut(effect);
      this.deliver();
    }
  }

  /** Both hosts are well again and somebody starts the command anew. */
  toEndAfterHealing(): void {
    while (this.hosts.source.downTicks + this.hosts.target.downTicks > 0) this.tick();
    for (let round = 0; round < 3 && !isOver(this.state); round += 1) {
      this.crash();
      for (let count = 0; !isAtRest(this.state); count += 1) {
        if (count > stepsMax) this.fail("it never comes to rest after a restart");
        const effect = this.effects.shift();
        if (effect === undefined) this.fail("nothing is asked for after a restart");
        else this.carryOut(effect);
      }
    }
    if (!isOver(this.state)) this.fail("both hosts are well, and it is still not settled");
  }

  /** Its last words against what was true when the hosts were asked for the last time. */
  checkTruth(): void {
    const { source, target } = this.truthWhenJudged;
    const { state } = this;
    if (state.phase === "completed" && !(target === "running" && source === "none")) this.fail("it was not completed");
    if (state.phase === "cancelled" && target === "running") this.fail("it was not cancelled");
    if (state.phase !== "failed") return;
    if (state.runsOn === "source" && !(source === "running" && target !== "running"))
      this.fail("it does not run on the source");
    const isLost = this.hosts.isLost(this.hosts.target);
    if (state.runsOn === "nowhere" && (source === "running" || (target === "running" && !isLost)))
      this.fail("it runs somewhere");
    if (state.runsOn === "target" || state.runsOn === "unknown") this.fail("no failure ends like this");
  }

  private carryOut(effect: MoveEffect): void {
    this.log.push(`> ${effect.kind}`);
    switch (effect.kind) {
      case "begin":
        return this.call("begin", "begun", () => this.hosts.begin());
      case "prepare":
        return this.call("prepare", "prepared", () => this.hosts.prepare());
      case "perform":
        return this.perform();
      case "start-post-copy":
        if (this.hosts.startPostCopy(this.draws.next(20))) return;
        return this.feed(failed("start-post-copy"));
      case "recover-post-copy":
        return this.settle(() => this.hosts.recoverPostCopy());
      case "finish":
        this.finishWasSent = true;
        if (this.hosts.isInPostCopy) return this.finishPostCopy();
        return this.call("finish", "finished", () => this.hosts.finish());
      case "confirm":
        if (!this.knowsItRanOnTarget) this.fail("Confirm was asked for before Finish succeeded");
        return this.call("confirm", "confirmed", () => this.hosts.confirm());
      case "perform-peer-to-peer":
        return this.performPeerToPeer();
      case "abort":
        return this.hosts.abort();
      case "unwind":
        if (this.hosts.isInPostCopy) this.fail("a post-copy that had begun was called off");
        if (this.draws.next(oneIn.failedCall) !== 1) this.hosts.finishCancelled();
        this.tick();
        if (this.draws.next(oneIn.failedCall) !== 1) this.onSource(() => this.hosts.confirmCancelled());
        return this.feed({ kind: "unwound" });
      case "resume-source":
        return this.settle(() => this.onSource(() => this.hosts.confirmCancelled() || this.hosts.resume()));
      case "release-source":
        if (this.truthWhenJudged.target !== "running")
          this.fail("the source was let go although the target did not run");
        return this.settle(() => this.hosts.confirm() || this.hosts.destroy("source"));
      case "discard-target":
        if (this.truthWhenJudged.source !== "running")
          this.fail("the target's copy was destroyed and the source did not run");
        return this.settle(() => this.hosts.destroy("target"));
      case "ask-both":
      case "verify": {
        this.tick();
        this.truthWhenJudged = { source: this.hosts.source.vm, target: this.hosts.target.vm };
        const source = this.hosts.sight("source");
        const target = this.hosts.sight("target");
        this.deliverAll();
        return this.feed({ kind: effect.kind === "verify" ? "verified" : "sighted", source, target });
      }
    }
  }

  /** A call may fail, be carried out with its answer lost, or be cut short by our own death on either side of it. */
  private call(call: MoveCall, answer: "begun" | "prepared" | "finished" | "confirmed", act: () => boolean): void {
    if (this.draws.next(oneIn.failedCall) === 1) return this.feed(failed(call));
    const isDone = act();
    this.count();
    if (this.draws.next(oneIn.crash) === 1) return this.crash();
    const livesBefore = this.lives;
    this.misfortune();
    // Nobody is there any more to hear the answer.
    if (this.lives !== livesBefore) return;
    const isLost = this.draws.next(oneIn.lostAnswer) === 1;
    this.feed(isDone && !isLost ? { kind: answer } : failed(call));
    // A deadline of ours may pass before the answer comes after all.
    if (isDone && isLost && this.draws.next(2) === 1) this.feed({ kind: answer });
  }

  private perform(): void {
    for (let ticks = this.draws.next(4); ticks > 0; ticks -= 1) {
      this.misfortune();
      if (this.effects.some((effect) => effect.kind === "abort")) {
        this.effects = this.effects.filter((effect) => effect.kind !== "abort");
        return this.feed(failed("perform"));
      }
      if (this.state.phase !== "copying") return;
      if (this.draws.next(oneIn.postCopy) === 1) this.feed({ kind: "post-copy-requested" });
      const start = this.effects.shift();
      if (start?.kind === "start-post-copy") this.carryOut(start);
      else if (start !== undefined) this.effects.unshift(start);
      if (this.hosts.isInPostCopy) this.log.push("(post-copy)");
    }
    if (this.draws.next(oneIn.failedCall) === 1) return this.feed(failed("perform"));
    const isDone = this.hosts.isInPostCopy || this.hosts.perform();
    this.deliver();
    if (this.draws.next(oneIn.crash) === 1) return this.crash();
    this.misfortune();
    if (this.state.phase !== "copying" && this.state.phase !== "switching") return;
    this.feed(isDone && this.draws.next(oneIn.lostAnswer) !== 1 ? { kind: "performed" } : failed("perform"));
  }

  /** Its answer comes with the last page, or says that the channel broke. */
  private finishPostCopy(): void {
    if (!this.hosts.finishPostCopy()) return this.feed(failed("finish"));
    this.deliver();
    const livesBefore = this.lives;
    for (let count = 0; !this.hosts.isFetched; count += 1) {
      if (count > stepsMax) this.fail("post-copy never ends");
      this.misfortune();
      if (this.lives !== livesBefore) return;
      if (this.draws.next(oneIn.brokenChannel) === 1) this.hosts.breakChannel();
      const { target } = this.hosts;
      if (target.downTicks > 0 || target.vm === "none" || target.reason === "postcopy-failed")
        return this.feed(failed("finish"));
    }
    this.feed(this.draws.next(oneIn.lostAnswer) === 1 ? failed("finish") : { kind: "finished" });
  }

  private performPeerToPeer(): void {
    if (!this.hosts.startPeerToPeer(this.draws.next(12))) return this.feed(failed("perform"));
    for (let count = 0; this.hosts.peer !== "done" && this.hosts.peer !== "failed"; count += 1) {
      if (count > stepsMax) this.fail("libvirt's own driver never ends");
      this.misfortune();
      if (this.state.phase === "reconciling") return;
      if (this.effects.shift()?.kind === "abort") this.hosts.abort();
      this.deliver();
      if (this.hosts.source.downTicks > 0) return this.feed(failed("perform"));
    }
    const isDone = this.hosts.peer === "done" && this.draws.next(oneIn.lostAnswer) !== 1;
    this.feed(isDone ? { kind: "performed" } : failed("perform"));
  }

  private settle(act: () => boolean): void {
    if (this.draws.next(oneIn.failedCall) === 1) return this.feed({ kind: "settled", problem: "it did not answer" });
    const isDone = act();
    this.count();
    if (this.draws.next(oneIn.crash) === 1) return this.crash();
    this.feed({ kind: "settled", problem: isDone ? null : "it was refused" });
  }

  /** Whatever lets the source go on is watched: its memory must not be older than the disk. */
  private onSource(act: () => boolean): boolean {
    const wasPaused = this.hosts.source.vm === "paused";
    const isDone = act();
    if (wasPaused && this.hosts.source.vm === "running" && this.knowsItRanOnTarget)
      this.fail("the source was resumed although the VM had run on the target");
    return isDone;
  }

  private misfortune(): void {
    this.tick();
    if (this.draws.next(oneIn.misfortune) !== 1) return;
    const which = this.draws.next(8);
    const ticks = 1 + this.draws.next(90);
    const name =
      ["cancel", "cancel", "source daemon", "target daemon", "target daemon", "source QEMU", "target QEMU", "crash"][
        which
      ] ?? "";
    this.faults.push(name);
    this.log.push(`! ${name}`);
    if (name === "cancel") this.feed({ kind: "cancel-requested" });
    if (name === "source daemon") this.hosts.killDaemon("source", ticks, ticks % 2 === 0);
    if (name === "target daemon") this.hosts.killDaemon("target", ticks, false);
    if (name === "source QEMU") this.hosts.killVm("source");
    if (name === "target QEMU") this.hosts.killVm("target");
    if (name === "crash") this.crash();
    this.count();
  }

  private tick(): void {
    this.hosts.tick();
    this.count();
  }

  /** Events come late, or not at all when their daemon has died. */
  private deliver(): void {
    if (this.draws.next(oneIn.lateEvent) !== 1) this.deliverAll();
  }

  /** The fourth duty of a runner: what a host reported before its answer is fed before its answer. */
  private deliverAll(): void {
    for (const kind of this.hosts.heard.splice(0)) {
      const host = kind === "source-suspended" ? this.hosts.source : this.hosts.target;
      if (host.downTicks === 0) this.feed({ kind });
    }
  }

  private crash(): void {
    this.log.push("! crash");
    this.faults.push("crash");
    this.lives += 1;
    this.hosts.loseClient();
    this.hosts.heard.splice(0);
    this.effects = [];
    this.feed({ kind: "restarted" });
  }

  private feed(event: MoveEvent): void {
    if (isOver(this.state)) return;
    if (event.kind === "finished") this.knowsItRanOnTarget = true;
    if (event.kind === "target-resumed" && (this.finishWasSent || this.driver === "peer-to-peer"))
      this.knowsItRanOnTarget = true;
    if ((event.kind === "sighted" || event.kind === "verified") && event.target.kind === "present")
      this.knowsItRanOnTarget ||= event.target.power === "running";
    const taken = step(this.state, event);
    this.log.push(`${JSON.stringify(event)} -> ${JSON.stringify(taken.state)}`);
    // The journal is all that the next step has.
    this.state = JSON.parse(JSON.stringify(taken.state));
    // The process starts anew from what it wrote down.
    if (event.kind === "restarted") this.effects = [];
    this.effects.push(...taken.effects);
    if (event.kind === "cancel-requested" && isCancellable(this.state)) this.log.push("(accepted)");
  }

  private count(): void {
    const copies = this.hosts.runningCopies();
    if (copies > 1 && !this.hosts.hasSplit) this.fail(`${copies} copies run`);
    if (copies > 1 && this.driver === "client") this.fail("a split that only peer-to-peer may have");
  }

  private fail(what: string): never {
    throw new Error(`${what}\n${this.log.join("\n")}`);
  }
}

const failed = (call: MoveCall): MoveEvent => ({ kind: "call-failed", call, failure });
const failure: MoveFailure = { code: "host.failed", message: "client socket is closed" };

const anyDraws = fc.array(fc.nat(999), { maxLength: 400, size: "max" });

/** What the runs have seen, so that a simulation in which nothing happens does not pass for proof. */
function simulate(driver: MoveDriver, runs: number): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  const note = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
  fc.assert(
    fc.property(anyDraws, (list) => {
      const run = new Run(driver, new Draws(list));
      run.toRest();
      const { state } = run;
      note(state.phase === "failed" ? `failed on ${state.runsOn}` : state.phase);
      for (const fault of new Set(run.faults)) note(fault);
      if (run.hosts.hasSplit) note("split");
      if (run.log.includes("(post-copy)")) note("post-copy");
      if (run.log.includes("> recover-post-copy")) note("recovered");
      if (isOver(state)) run.checkTruth();
      run.toEndAfterHealing();
      run.checkTruth();
    }),
    { numRuns: runs },
  );
  return seen;
}

describe("a move between two hosts on which everything may die", () => {
  it("client-driven: the VM never runs twice, the move ends, and it tells the truth", () => {
    const seen = simulate("client", 10_000);
    const rarest = [
      "completed",
      "cancelled",
      "failed on source",
      "failed on nowhere",
      "reconciling",
      "crash",
      "post-copy",
      "recovered",
    ];
    expect(rarest.filter((what) => (seen.get(what) ?? 0) < 20)).toEqual([]);
    expect(seen.has("split")).toBe(false);
  }, 60_000);

  it("peer-to-peer: libvirt may run it twice, the machine never makes it so, ends, and tells the truth", () => {
    const seen = simulate("peer-to-peer", 10_000);
    const rarest = ["completed", "cancelled", "failed on source", "failed on nowhere", "split"];
    expect(rarest.filter((what) => (seen.get(what) ?? 0) < 20)).toEqual([]);
  }, 60_000);

  it("without faults it completes", () => {
    for (const driver of ["client", "peer-to-peer"] as const) {
      const run = new Run(driver, new Draws([]));
      run.toRest();
      run.checkTruth();
      expect(run.state).toEqual({ phase: "completed", alarm: null, note: null });
    }
  });
});
