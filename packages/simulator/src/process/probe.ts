/**
 * The `Probe` port: a client that sends a byte every few milliseconds to a VM and hears it back as long as the VM runs and
 * the network knows where. TCP brings back what was lost meanwhile, so no byte is lost as long as the session lives.
 */
import { TrunklineError } from "@trunkline/model";
import type { Probe, ProbeFigures, ProbeTarget, ProbeWatch } from "@trunkline/ports";
import type { Ledger } from "../host/ledger.ts";
import type { Vm } from "../host/vm.ts";
import { pace } from "../limits.ts";
import type { ProcessLife } from "./process.ts";

export interface ProbeView {
  readonly ledger: Ledger;
  /** The VM behind an address, if one listens there. */
  vmAt(address: string, echoPort: number): Vm | undefined;
  /** It runs, and frames for it get there from where this probe is. */
  isReached(vm: Vm): boolean;
}

export function simulatedProbe(life: ProcessLife, point: string, view: ProbeView): Probe {
  return {
    point,
    watch: async ({ address, echoPort }: ProbeTarget, signal): Promise<ProbeWatch> => {
      await life.clock.sleep(pace.questionMs, signal);
      const vm = view.vmAt(address, echoPort);
      if (vm === undefined || !view.isReached(vm))
        throw new TrunklineError("host.unreachable", `${point} got no answer from ${address}:${echoPort}`);
      const session = new Session(life, vm, view);
      return {
        resetGap: () => {
          session.resetGap();
        },
        nextEcho: async (timeoutMs) => {
          await session.nextEcho(timeoutMs);
        },
        figures: () => session.figures(),
        stop: async () => session.stop(),
      };
    },
  };
}

class Session {
  readonly #life: ProcessLife;
  readonly #vm: Vm;
  readonly #view: ProbeView;
  readonly #startedMs: number;
  readonly #forget: () => void;
  #waiting: (() => void)[] = [];
  #silentSinceMs: number | undefined;
  #longestGapMs: number = pace.echoMs;
  #silentMs = 0;
  #announceFrames = 0;
  #stopped: ProbeFigures | undefined;

  constructor(life: ProcessLife, vm: Vm, view: ProbeView) {
    this.#life = life;
    this.#vm = vm;
    this.#view = view;
    this.#startedMs = life.clock.nowMs();
    this.#forget = view.ledger.onChange((changed, change) => {
      if (changed !== vm.id) return;
      if (change === "announced") this.#announceFrames += vm.nics.length;
      this.#look();
    });
    life.onDeath(this.#forget);
  }

  resetGap(): void {
    this.#longestGapMs = pace.echoMs;
  }

  figures(): ProbeFigures {
    if (this.#stopped !== undefined) return this.#stopped;
    const now = this.#life.clock.nowMs();
    const openGapMs = this.#silentSinceMs === undefined ? 0 : now - this.#silentSinceMs;
    const echoed = Math.floor((now - this.#startedMs - this.#silentMs - openGapMs) / pace.echoMs);
    const lost = this.#silentSinceMs === undefined ? 0 : Math.floor(openGapMs / pace.echoMs);
    return {
      longestGapMs: Math.round(Math.max(this.#longestGapMs, openGapMs) * 10) / 10,
      sessionSurvived: this.#silentSinceMs === undefined,
      bytesSent: echoed + lost,
      bytesEchoed: echoed,
      bytesWrong: 0,
      announceFrames: this.#announceFrames,
    };
  }

  async nextEcho(timeoutMs: number): Promise<void> {
    const { clock } = this.#life;
    const given = new AbortController();
    const answered = new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
    if (this.#silentSinceMs === undefined) await clock.sleep(pace.echoMs, given.signal);
    if (this.#silentSinceMs === undefined) return;
    const late = clock.sleep(timeoutMs, given.signal).then(() => {
      throw new TrunklineError("host.unreachable", `no echo came back from ${this.#vm.name} within ${timeoutMs} ms`);
    });
    try {
      await Promise.race([answered, late]);
    } finally {
      given.abort();
      late.catch(() => undefined);
    }
  }

  stop(): ProbeFigures {
    this.#stopped ??= this.figures();
    this.#forget();
    return this.#stopped;
  }

  #look(): void {
    const now = this.#life.clock.nowMs();
    const isReached = this.#view.isReached(this.#vm);
    if (!isReached) this.#silentSinceMs ??= now;
    else if (this.#silentSinceMs !== undefined) {
      const gapMs = now - this.#silentSinceMs;
      this.#longestGapMs = Math.max(this.#longestGapMs, gapMs);
      this.#silentMs += gapMs;
      this.#silentSinceMs = undefined;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }
}
