/**
 * Runs one move: feeds the state machine, writes each state to the journal before its effects, carries the effects out.
 *
 * INVARIANTS
 * - No effect runs whose state is not in the journal.
 * - One event at a time; effects run beside the loop and answer by events, so that a cancel is heard during a copy.
 */
import { setMaxListeners } from "node:events";
import { CopyTracer, initialState, isAtRest, isCancellable, step } from "@trunkline/migration";
import type { MoveEvent, MovePhase, MoveState } from "@trunkline/migration";
import type { CopyTrace, MoveRequest, TransferFigures } from "@trunkline/model";
import type { FrameHandover, HypervisorEvent, Journal, TransferProgress, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import type { Testimony, Witness } from "../verify/witness.ts";
import { EffectRunner } from "./effects.ts";
import { Mailbox } from "./mailbox.ts";
import { steerCopy } from "./steer-copy.ts";
import type { CopyWatch } from "./steer-copy.ts";

export interface MoveObserver {
  phase(phase: MovePhase, state: MoveState): void;
  progress(progress: TransferProgress): void;
  remark(text: string): void;
}

export interface MoveRun {
  readonly state: MoveState;
  readonly testimony: Testimony | undefined;
  readonly figures: TransferFigures | undefined;
  readonly copy: CopyTrace | undefined;
  readonly encryption: EffectRunner["encryption"];
  /** It was called off because its time was up. */
  readonly hitDeadline: boolean;
  /** From the first event to the end of the last call that the guest or the hosts waited for. */
  readonly moveMs: number;
  readonly phases: Readonly<Record<string, number>>;
}

export interface RunOptions {
  readonly world: World;
  readonly journal: Journal;
  readonly request: MoveRequest;
  readonly witness: Witness | undefined;
  /** Hands frames over while the guest is paused; the caller removes it. */
  readonly handover: FrameHandover | undefined;
  readonly observer: MoveObserver;
  /** Aborting it asks for a cancel; the move ends in its own time. */
  readonly cancel: AbortSignal;
  /** The state to go on from after a crash; without it the move begins. */
  readonly leftAt?: MoveState;
}

export async function runMove(options: RunOptions): Promise<MoveRun> {
  const { world, journal, request, witness, observer } = options;
  const mailbox = new Mailbox<MoveEvent>();
  const effects = new EffectRunner(world, request, witness);
  const over = new AbortController();
  setMaxListeners(limits.concurrentQuestions, over.signal);
  const timeline = new Timeline(() => world.clock.nowMs());
  const seen: Seen = { figures: undefined, tracer: new CopyTracer(), look: () => undefined };

  const stopWatching = await watchHosts(options, mailbox, seen, over.signal);
  const onCancel = (): void => {
    mailbox.put({ kind: "cancel-requested" });
  };
  options.cancel.addEventListener("abort", onCancel, { once: true });

  const askForPostCopy = (): void => {
    mailbox.put({ kind: "post-copy-requested" });
  };
  const deadline = { isHit: false };
  void whenTimeIsUp(options, over.signal).then((isUp) => {
    if (!isUp) return;
    if (request.plan?.postCopy === "at-deadline" && state.phase === "copying") {
      void handOverFirst().then(askForPostCopy);
      return;
    }
    deadline.isHit = isCancellable(state);
    if (deadline.isHit) onCancel();
  });
  const handOverFirst = async (): Promise<void> => await options.handover?.share(over.signal);

  let state = options.leftAt ?? initialState(request.driver);
  let poller: Promise<void> = Promise.resolve();
  let isPolling = false;
  mailbox.put(options.leftAt === undefined ? { kind: "start" } : { kind: "restarted" });
  if (options.cancel.aborted) onCancel();
  try {
    // The first event is taken in any case: a move that rests unsettled is asked about again by the next process.
    do {
      const event = await mailbox.take();
      if (event.kind === "target-resumed") witness?.guestResumed();
      if (event.kind === "cancel-requested" && !isCancellable(state))
        observer.remark("it is switching over and can no longer be cancelled");
      const next = step(state, event);
      if (next.state !== state || next.effects.length > 0) {
        if (next.state.phase !== state.phase) timeline.enter(next.state.phase);
        state = next.state;
        await journal.append(request.id, event, state);
        observer.phase(state.phase, state);
      }
      for (const effect of next.effects)
        void effects.run(effect, over.signal).then(
          (result) => {
            if (result !== undefined) mailbox.put(result);
          },
          (error: unknown) => {
            mailbox.fail(error);
          },
        );
      if (state.phase === "copying" && !isPolling) {
        isPolling = true;
        poller = steerCopy({ ...options, askForPostCopy }, seen, over.signal);
      }
    } while (!isAtRest(state));
    timeline.leave();
    const { phases } = timeline;
    const copy = seen.tracer.trace();
    const { testimony, encryption } = effects;
    const { figures } = seen;
    return {
      state,
      testimony,
      figures,
      copy,
      encryption,
      hitDeadline: deadline.isHit,
      moveMs: timeline.moveMs,
      phases,
    };
  } catch (error) {
    // The journal could not be written, or we are wrong: call off what can still be called off. A target that was told
    // to run keeps the VM, the source stays paused, and the next start settles it.
    if (!mayBeInPostCopy(state)) await effects.run({ kind: "unwind" }, over.signal);
    throw error;
  } finally {
    over.abort();
    options.cancel.removeEventListener("abort", onCancel);
    stopWatching();
    await Promise.all([effects.close(), poller]);
  }
}

/** To call that off would end the copy with the newer memory. */
const mayBeInPostCopy = (state: MoveState): boolean => "postCopy" in state && state.postCopy;

/** @returns false when the move was over before, or has no deadline; one that is settled afterwards has none either. */
async function whenTimeIsUp({ world, request, leftAt }: RunOptions, over: AbortSignal): Promise<boolean> {
  if (request.deadlineMs === undefined || leftAt !== undefined) return false;
  try {
    await world.clock.sleep(request.deadlineMs, over);
    return true;
  } catch {
    return false;
  }
}

/** What the hosts told of the transfer besides what the state machine is fed. */
interface Seen extends CopyWatch {
  figures: TransferFigures | undefined;
}

/** Both hosts' events during the move. A host that cannot be watched is asked at the end all the same. */
async function watchHosts(
  { world, request, observer, handover }: RunOptions,
  mailbox: Mailbox<MoveEvent>,
  seen: Seen,
  signal: AbortSignal,
): Promise<() => void> {
  const stops = await Promise.all(
    (["source", "target"] as const).map(async (side) => {
      try {
        return await world.hypervisor(request[side]).watch((event) => {
          if (event.kind === "connection-lost") {
            observer.remark(`${request[side]}: ${event.why}`);
            return;
          }
          if (event.vm !== request.vm) return;
          if (handover !== undefined) steerFrames(handover, side, event, signal);
          if (side === "source" && event.kind === "suspended" && event.byMigration)
            mailbox.put({ kind: "source-suspended" });
          if (side === "target" && event.kind === "resumed") mailbox.put({ kind: "target-resumed" });
          if (side === "source" && event.kind === "round") seen.look();
          if (side === "source" && event.kind === "transfer-completed") seen.figures = event.figures;
        }, signal);
      } catch {
        observer.remark(`${request[side]} cannot be watched`);
        return () => undefined;
      }
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

/**
 * The frame hand-over follows the hosts' events directly, before the journal and the state machine hear of them: it does
 * not touch where the VM runs, and every millisecond of waiting would lose frames.
 */
function steerFrames(
  handover: FrameHandover,
  side: "source" | "target",
  event: HypervisorEvent,
  signal: AbortSignal,
): void {
  // The incoming QEMU has started, so its port is on the switch.
  if (side === "target" && event.kind === "started") void handover.lay(signal);
  if (side === "source" && event.kind === "suspended") void handover.share(signal);
  if (side === "target" && event.kind === "resumed") handover.engage();
  if (side === "source" && event.kind === "resumed") handover.withdraw();
}

/** How long the move was in each phase. Verifying is not part of the move: nobody waits for it. */
class Timeline {
  readonly #nowMs: () => number;
  readonly #startedMs: number;
  readonly phases: Record<string, number> = {};
  #phase: string = "queued";
  #sinceMs: number;
  #movedMs: number | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
    this.#sinceMs = this.#startedMs;
  }

  get moveMs(): number {
    return Math.round((this.#movedMs ?? this.#nowMs()) - this.#startedMs);
  }

  enter(phase: MovePhase): void {
    this.leave();
    this.#phase = phase;
    if (phase === "announcing") this.#movedMs ??= this.#nowMs();
  }

  leave(): void {
    const now = this.#nowMs();
    const spent = (this.phases[this.#phase] ?? 0) + now - this.#sinceMs;
    this.phases[this.#phase] = Math.round(spent * 10) / 10;
    this.#sinceMs = now;
  }
}
