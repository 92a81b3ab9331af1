/**
 * Keeps the reading of one host fresh: asks again and again, at once when an event or a caller wants it, and more and
 * more rarely while the host is silent.
 *
 * Duties:
 * 1. One question at a time, each with a deadline. Whatever the host does, the loop goes on until `stop`.
 * 2. Events of the host lead to a question, a little later, so that a burst of them leads to one. One that arrives while
 *    a question is under way leads to another: the answer may be older than the event.
 * 3. What is remembered of a VM is used only while a watch stands that would have contradicted it.
 * 4. `ask` fulfils after a question that began after the call.
 */
import { messageOf } from "@trunkline/model";
import type { InventoryHost, VmId, VmSummary } from "@trunkline/model";
import type { HypervisorEvent, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import type { Deadlines } from "../concurrency/deadlines.ts";
import type { Slots } from "../concurrency/slots.ts";
import { unasked, withAnswer, withSilence } from "./snapshot-builder.ts";
import type { HostReading } from "./snapshot-builder.ts";

export interface HostObserverOptions {
  readonly world: World;
  readonly intervalMs: number;
  /** After which a question is given up. */
  readonly deadlines: Deadlines;
  readonly slots: Slots;
  /** A question was answered or not; must not throw. */
  readonly onReading: (before: HostReading, after: HostReading) => void;
}

export class HostObserver {
  readonly host: InventoryHost;
  readonly #options: HostObserverOptions;
  readonly #over = new AbortController();
  readonly #waiting: (() => void)[] = [];
  readonly #changed = new Set<VmId>();
  #reading: HostReading;
  #readMs: number | undefined;
  #questionLastedMs = 0;
  #failures = 0;
  #hasNews = false;
  #unwatch: (() => void) | undefined;
  #known: ReadonlyMap<VmId, VmSummary> = new Map();
  #nap: AbortController | undefined;
  #loop: Promise<void> | undefined;

  constructor(host: InventoryHost, options: HostObserverOptions) {
    this.host = host;
    this.#options = options;
    this.#reading = unasked(host);
  }

  get reading(): HostReading {
    return this.#reading;
  }

  /** Monotonic time of the last answer. */
  get readMs(): number | undefined {
    return this.#readMs;
  }

  get questionLastedMs(): number {
    return this.#questionLastedMs;
  }

  start(firstDelayMs: number): void {
    this.#loop ??= this.#run(firstDelayMs);
  }

  /** Starts the loop where nobody has. */
  async ask(): Promise<void> {
    if (this.#over.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#nap?.abort();
      this.start(0);
    });
  }

  async stop(): Promise<void> {
    this.#over.abort();
    this.#nap?.abort();
    await this.#loop;
    this.#endWatch();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #run(firstDelayMs: number): Promise<void> {
    await this.#rest(firstDelayMs);
    while (!this.#over.signal.aborted) {
      const served = this.#waiting.splice(0);
      this.#hasNews = false;
      await this.#question();
      for (const resolve of served) resolve();
      await this.#rest(this.#failures === 0 ? this.#nextMs() : this.#retryMs());
    }
  }

  /** Ends early for a caller at once, for an event after the time in which more of them may come. */
  async #rest(ms: number): Promise<void> {
    if (!this.#hasNews || this.#failures > 0) await this.#sleep(ms);
    // At most half of the time is spent on asking, however many events a host tells.
    const gatherMs = Math.min(limits.eventGatherMaxMs, Math.max(limits.eventGatherMs, this.#questionLastedMs));
    if (this.#hasNews && this.#failures === 0) await this.#sleep(gatherMs);
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#over.signal.aborted || this.#waiting.length > 0) return;
    const nap = new AbortController();
    this.#nap = nap;
    // Its end by a signal is one of its two proper ends.
    await this.#options.world.clock.sleep(ms, nap.signal).catch(() => undefined);
    this.#nap = undefined;
  }

  async #question(): Promise<void> {
    const { world, slots, deadlines } = this.#options;
    let release: (() => void) | undefined;
    try {
      release = await slots.take(() => world.clock.nowMs(), this.#over.signal);
    } catch {
      return;
    }
    const since = world.clock.timestamp();
    const beganMs = world.clock.nowMs();
    const question = new Question(this.#over.signal);
    const callOff = deadlines.add(() => question.giveUp());
    try {
      const survey = await this.#askHost(question.signal);
      if (this.#over.signal.aborted) return;
      this.#failures = 0;
      this.#readMs = world.clock.nowMs();
      const vms = new Map(survey.vms.map((vm) => [vm.id, vm]));
      const answer = { survey, vms, at: world.clock.timestamp(), atMs: this.#readMs };
      this.#known = vms;
      this.#settle(withAnswer(this.#reading, this.host, answer));
    } catch (error) {
      if (this.#over.signal.aborted) return;
      this.#failures += 1;
      const lastedMs = Math.round(world.clock.nowMs() - beganMs);
      const why = question.signal.aborted ? `it gave no answer within ${lastedMs} ms` : messageOf(error);
      this.#settle(withSilence(this.#reading, { since, why }));
    } finally {
      callOff();
      question.end();
      release();
      this.#questionLastedMs = world.clock.nowMs() - beganMs;
    }
  }

  async #askHost(signal: AbortSignal): ReturnType<ReturnType<World["hypervisor"]>["survey"]> {
    const hypervisor = this.#options.world.hypervisor(this.host.name);
    if (this.#unwatch === undefined) await this.#watch(signal);
    const known = this.#unwatch === undefined ? nothing : this.#remembered();
    return await hypervisor.survey(known, signal);
  }

  #remembered(): ReadonlyMap<VmId, VmSummary> {
    if (this.#changed.size === 0) return this.#known;
    const known = new Map(this.#known);
    for (const vm of this.#changed) known.delete(vm);
    this.#changed.clear();
    return known;
  }

  /** A host that cannot be watched is asked all the same; whether it is silent, the question itself shows. */
  async #watch(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.world;
    const attempt = new Question(signal, clock.deadline(limits.watchMs));
    try {
      const hypervisor = this.#options.world.hypervisor(this.host.name);
      // What was remembered from before this moment nobody has watched over.
      this.#known = nothing;
      this.#changed.clear();
      let isLost = false;
      const stop = await hypervisor.watch((event) => {
        isLost ||= event.kind === "connection-lost";
        this.#hear(event);
      }, attempt.signal);
      if (isLost || this.#over.signal.aborted) stop();
      else this.#unwatch = stop;
    } catch {
      this.#unwatch = undefined;
    } finally {
      attempt.end();
    }
  }

  #hear(event: HypervisorEvent): void {
    switch (event.kind) {
      case "started":
      case "suspended":
      case "resumed":
      case "stopped":
      case "changed":
        this.#changed.add(event.vm);
        break;
      case "connection-lost":
        this.#endWatch();
        break;
      // They tell how a transfer goes; its end is told as a start here and a stop there.
      case "round":
      case "transfer-completed":
        return;
      default:
        event satisfies never;
    }
    // The first of a burst ends the rest; the others are gathered. A host that fails is left to its longer rests.
    if (!this.#hasNews && this.#failures === 0) this.#nap?.abort();
    this.#hasNews = true;
  }

  #endWatch(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #settle(after: HostReading): void {
    const before = this.#reading;
    this.#reading = after;
    this.#options.onReading(before, after);
  }

  /** Never twice the same, so that hosts that were asked together drift apart. */
  #nextMs(): number {
    const spread = 1 + limits.intervalSpreadRatio * (2 * this.#options.world.random.next() - 1);
    return this.#options.intervalMs * spread;
  }

  #retryMs(): number {
    const doublings = Math.min(this.#failures - 1, limits.silentRetryDoublings);
    const wholeMs = Math.min(limits.silentRetryMaxMs, limits.silentRetryFirstMs * 2 ** doublings);
    return (wholeMs * (1 + this.#options.world.random.next())) / 2;
  }
}

/**
 * One signal for two reasons to stop, which leaves nothing behind on the one that outlives it: `AbortSignal.any` keeps
 * each combination for as long as its longest-lived source.
 */
class Question {
  readonly #controller = new AbortController();
  readonly #sources: readonly AbortSignal[];
  readonly #onAbort = (): void => this.giveUp();

  constructor(...sources: readonly AbortSignal[]) {
    this.#sources = sources;
    for (const source of sources) source.addEventListener("abort", this.#onAbort, { once: true });
    if (sources.some((source) => source.aborted)) this.#onAbort();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  giveUp(): void {
    this.#controller.abort();
  }

  end(): void {
    for (const source of this.#sources) source.removeEventListener("abort", this.#onAbort);
  }
}

const nothing: ReadonlyMap<VmId, VmSummary> = new Map();
