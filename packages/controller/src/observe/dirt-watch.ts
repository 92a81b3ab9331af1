/**
 * What guests dirty, measured when a move of them is judged, and kept as long as it is fresh. Nobody is measured that
 * nobody asks about, and a VM that is asked about twice at a time is measured once.
 */
import type { DirtySample, HostName, VmId } from "@trunkline/model";
import type { World } from "@trunkline/ports";
import { limits } from "../limits.ts";

interface Measured {
  readonly sample: DirtySample;
  readonly atMs: number;
}

export class DirtWatch {
  readonly #world: World;
  readonly #measured = new Map<VmId, readonly Measured[]>();
  readonly #underWay = new Map<VmId, Promise<void>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Those that are fresh. */
  samplesOf(vm: VmId): readonly DirtySample[] {
    const oldestMs = this.#world.clock.nowMs() - limits.dirtFreshMs;
    const fresh = (this.#measured.get(vm) ?? []).filter(({ atMs }) => atMs >= oldestMs);
    if (fresh.length === 0) this.#measured.delete(vm);
    return fresh.map(({ sample }) => sample);
  }

  /** It moves: what it does afterwards, elsewhere, is to be looked at anew. */
  forget(vm: VmId): void {
    this.#measured.delete(vm);
  }

  /** Never rejects: a guest that cannot be measured has no samples, and its prediction says that it rests on none. */
  async measure(host: HostName, vm: VmId, overMs: number, signal: AbortSignal): Promise<readonly DirtySample[]> {
    const under = this.#underWay.get(vm);
    if (under === undefined) {
      const work = this.#measure(host, vm, overMs, signal).finally(() => this.#underWay.delete(vm));
      this.#underWay.set(vm, work);
      await work;
    } else {
      await under;
    }
    return this.samplesOf(vm);
  }

  async #measure(host: HostName, vm: VmId, overMs: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#world;
    const bounded = AbortSignal.any([signal, clock.deadline(overMs + limits.questionMs)]);
    try {
      const sample = await this.#world.hypervisor(host).measureDirt(vm, overMs, bounded);
      if (sample === undefined) return;
      const before = this.#measured.get(vm) ?? [];
      this.#measured.set(vm, [{ sample, atMs: clock.nowMs() }, ...before].slice(0, limits.dirtSamples));
    } catch {
      // The host is silent or the VM left: whoever judges the move asks about that by itself.
    }
  }
}
