/**
 * Follows a copy and steers its end: how long QEMU may stop the guest, and, where frames are handed over, that it stops it
 * only once they are shared.
 */
import { DowntimeLadder, heldDowntimeMs, nearsSwitchOver } from "@trunkline/migration";
import type { CopyTracer } from "@trunkline/migration";
import type { MoveRequest } from "@trunkline/model";
import type { FrameHandover, Hypervisor, TransferProgress, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import type { MoveObserver } from "./run-move.ts";

/** What the hosts told of the copy, and a way to have it looked at before its turn. */
export interface CopyWatch {
  readonly tracer: CopyTracer;
  /** Asks for the progress at once instead of at the next turn. */
  look: () => void;
}

export interface SteeredCopy {
  readonly world: World;
  readonly request: MoveRequest;
  readonly handover: FrameHandover | undefined;
  readonly observer: MoveObserver;
  /** Asks for what is left to follow the guest. */
  readonly askForPostCopy: () => void;
}

/**
 * One question at a time, each given up after a while: the source may hang while it flushes its last pass. A new round is
 * looked at when it begins, because what it says of the round before is learned from.
 */
export async function steerCopy(copy: SteeredCopy, watch: CopyWatch, signal: AbortSignal): Promise<void> {
  const { world, request, observer } = copy;
  const source = world.hypervisor(request.source);
  const steer = new Steering(source, copy);
  while (!signal.aborted) {
    const roundBegan = new AbortController();
    watch.look = () => {
      roundBegan.abort();
    };
    const bounded = AbortSignal.any([signal, world.clock.deadline(limits.progressDeadlineMs)]);
    const progress = await source.progress(request.vm, bounded);
    if (progress !== undefined && !signal.aborted) {
      watch.tracer.look(progress);
      observer.progress(progress);
      await steer.look(progress, bounded);
    }
    try {
      await world.clock.sleep(limits.progressMs, AbortSignal.any([signal, roundBegan.signal]));
    } catch {
      // Either it is over, or a round began.
    }
  }
}

/**
 * Sets the limit only while the copy runs: libvirt then gives the guest's QEMU its own back when the copy ends in whatever
 * way, so that a process that dies while it holds leaves no VM behind that nobody can move (a limit that is set before the
 * copy stays; both seen with libvirt 9.0).
 */
class Steering {
  readonly #source: Hypervisor;
  readonly #request: MoveRequest;
  readonly #handover: FrameHandover | undefined;
  readonly #ladder: DowntimeLadder | undefined;
  #isHeld: boolean;
  /** Undefined: QEMU still has its own. */
  #appliedMs: number | undefined;
  readonly #askForPostCopy: (() => void) | undefined;

  constructor(source: Hypervisor, { request, handover, askForPostCopy }: SteeredCopy) {
    this.#source = source;
    this.#request = request;
    this.#handover = handover;
    const { plan } = request;
    if (plan?.downtimeRises === true) this.#ladder = new DowntimeLadder(plan.maxDowntimeMs);
    this.#isHeld = handover !== undefined && plan !== undefined;
    if (plan?.postCopy === "after-first-round") this.#askForPostCopy = askForPostCopy;
  }

  async look(progress: TransferProgress, signal: AbortSignal): Promise<void> {
    const { elapsedMs, round, memoryRemainingBytes } = progress;
    this.#ladder?.look(elapsedMs, round, memoryRemainingBytes);
    const isTime = this.#askForPostCopy !== undefined && round > 1;
    if (this.#isHeld && (isTime || nearsSwitchOver(progress, this.#limitMs ?? heldDowntimeMs))) {
      await this.#handover?.share(signal);
      this.#isHeld = false;
    }
    // Asked for again at each look, it is heard once.
    if (isTime) this.#askForPostCopy?.();
    await this.#apply(this.#isHeld ? heldDowntimeMs : this.#limitMs, signal);
  }

  get #limitMs(): number | undefined {
    return this.#ladder?.limitMs ?? this.#request.plan?.maxDowntimeMs;
  }

  /** The copy may be over meanwhile; if it is not, the next look tries again. */
  async #apply(maxDowntimeMs: number | undefined, signal: AbortSignal): Promise<void> {
    if (maxDowntimeMs === undefined || maxDowntimeMs === this.#appliedMs) return;
    try {
      await this.#source.tune(this.#request.vm, { maxDowntimeMs }, signal);
      this.#appliedMs = maxDowntimeMs;
    } catch {
      // Nothing is lost: the copy goes on under the limit that it has.
    }
  }
}
