/**
 * What is known of the cluster, kept fresh: one loop per host of the inventory, and a snapshot whenever somebody looks.
 *
 * Duties:
 * 1. `current` costs nothing that grows with time, and never waits. Two looks between which nothing happened get the
 *    same object.
 * 2. Hosts of the inventory that come, go or are replaced at run time are picked up soon, or at once by
 *    `hostsChanged`.
 * 3. No host holds up another one: questions have deadlines, and a silent host gives its place to the next.
 * 4. Changes are told once, as events, after `current` shows them.
 */
import type {
  Automation,
  ClusterEvent,
  HostName,
  Inventory,
  InventoryHost,
  Maintenance,
  Snapshot,
} from "@trunkline/model";
import type { World } from "@trunkline/ports";
import { Deadlines } from "../concurrency/deadlines.ts";
import { Slots } from "../concurrency/slots.ts";
import { unlessAborted } from "../concurrency/unless-aborted.ts";
import { limits } from "../limits.ts";
import { changesOf } from "./cluster-changes.ts";
import { HostObserver } from "./host-observer.ts";
import { Rounds } from "./rounds.ts";
import { snapshotOf, withMaintenance } from "./snapshot-builder.ts";
import type { HostReading } from "./snapshot-builder.ts";

export interface CollectorOptions {
  readonly world: World;
  /** Between two questions to the same host, on average. */
  readonly intervalMs: number;
  /** Must not throw. */
  readonly onEvents: (events: readonly ClusterEvent[]) => void;
  readonly maintenanceOf: (host: HostName) => Maintenance;
  readonly automation: () => Automation;
  readonly limits?: Partial<CollectorLimits>;
}

export interface CollectorLimits {
  /** After which a host counts as silent. */
  readonly questionMs: number;
  readonly hostsAskedAtOnce: number;
}

export interface CollectorStats {
  readonly questions: number;
  readonly failures: number;
  /** In which every host was asked once, at last; null before the first time. */
  readonly cycleMs: number | null;
  readonly hosts: readonly HostLag[];
}

export interface HostLag {
  readonly host: HostName;
  readonly isUp: boolean;
  /** Age of what is known of it; null before its first answer. */
  readonly lagMs: number | null;
  readonly questionMs: number;
}

export class Collector {
  readonly #options: CollectorOptions;
  readonly #limits: CollectorLimits;
  readonly #slots: Slots;
  readonly #deadlines: Deadlines;
  readonly #over = new AbortController();
  readonly #observers = new Map<HostName, HostObserver>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #rounds = new Rounds();
  readonly #counts = { questions: 0, failures: 0 };
  #inventory: Inventory | undefined;
  #snapshot: Snapshot | undefined;
  #sequence = 0;
  #hasChanged = true;
  #isStarted = false;
  #housekeeping: Promise<void> | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#limits = {
      questionMs: limits.surveyMs,
      hostsAskedAtOnce: limits.hostsAskedAtOnce,
      ...options.limits,
    };
    this.#slots = new Slots(this.#limits.hostsAskedAtOnce);
    const span = { afterMs: this.#limits.questionMs, momentMs: limits.deadlineMomentMs };
    this.#deadlines = new Deadlines(options.world.clock, span);
  }

  /** From now on hosts are asked without being told; before that, those that a caller wants to look at. */
  start(): void {
    this.#isStarted = true;
    for (const observer of this.#observers.values()) this.#startObserver(observer);
    this.hostsChanged();
    this.#housekeeping ??= this.#keepHouse();
  }

  /** Asks every host once more. Fulfils when each has answered or was found silent, rejects when the caller gives up. */
  async refresh(signal: AbortSignal): Promise<void> {
    this.hostsChanged();
    await this.#ask([...this.#observers.values()], signal);
  }

  /** Asks these hosts once more; those that nobody knows any more are left out. Fulfils as `refresh` does. */
  async lookAt(hosts: readonly HostName[], signal: AbortSignal): Promise<void> {
    this.hostsChanged();
    await this.#ask(
      hosts.flatMap((host) => this.#observers.get(host) ?? []),
      signal,
    );
  }

  current(): Snapshot {
    const { world, maintenanceOf, automation } = this.#options;
    this.hostsChanged();
    const readings = [...this.#observers.values()].map(({ host, reading }) =>
      withMaintenance(reading, maintenanceOf(host.name)),
    );
    const before = this.#snapshot;
    const surroundings = { inventory: world.inventory, automation: automation() };
    if (before !== undefined && !this.#hasChanged && isSame(before, readings, surroundings)) return before;
    this.#sequence += 1;
    this.#hasChanged = false;
    this.#snapshot = snapshotOf(readings, {
      ...surroundings,
      sequence: this.#sequence,
      takenAt: world.clock.timestamp(),
    });
    return this.#snapshot;
  }

  /** Begins to ask hosts that are new in the inventory, and forgets those that left it. */
  hostsChanged(): void {
    const { world, intervalMs } = this.#options;
    const { inventory } = world;
    if (this.#over.signal.aborted || inventory === this.#inventory) return;
    this.#inventory = inventory;
    const declared = new Map(inventory.hosts.map((host) => [host.name, host]));
    for (const [name, observer] of this.#observers) {
      if (isSameHost(declared.get(name), observer.host)) continue;
      this.#observers.delete(name);
      this.#seeOff(observer);
    }
    for (const host of inventory.hosts) {
      if (this.#observers.has(host.name)) continue;
      const observer: HostObserver = new HostObserver(host, {
        world,
        intervalMs,
        deadlines: this.#deadlines,
        slots: this.#slots,
        onReading: (before, after) => this.#take(observer, before, after),
      });
      this.#observers.set(host.name, observer);
      if (this.#isStarted) this.#startObserver(observer);
    }
    this.#hasChanged = true;
    this.#rounds.begin(this.#observers.keys(), world.clock.nowMs());
  }

  stats(): CollectorStats {
    const nowMs = this.#options.world.clock.nowMs();
    return {
      ...this.#counts,
      cycleMs: this.#rounds.lastedMs,
      hosts: [...this.#observers.values()].map(({ host, reading, readMs, questionLastedMs }) => ({
        host: host.name,
        isUp: reading.observation.reach.kind === "up",
        lagMs: readMs === undefined ? null : nowMs - readMs,
        questionMs: questionLastedMs,
      })),
    };
  }

  async stop(): Promise<void> {
    this.#over.abort();
    for (const observer of this.#observers.values()) this.#seeOff(observer);
    await Promise.all([this.#housekeeping, ...this.#leaving]);
  }

  async #ask(observers: readonly HostObserver[], signal: AbortSignal): Promise<void> {
    this.#housekeeping ??= this.#keepHouse();
    const asked = observers.map(async (observer) => await observer.ask());
    await unlessAborted(Promise.all(asked), signal);
  }

  #startObserver(observer: HostObserver): void {
    const { world, intervalMs } = this.#options;
    observer.start(world.random.next() * Math.min(intervalMs, limits.firstQuestionsMs));
  }

  #take(observer: HostObserver, before: HostReading, after: HostReading): void {
    const { name } = observer.host;
    // What a host says while it is being forgotten is news of nobody.
    if (this.#observers.get(name) !== observer) return;
    this.#hasChanged = true;
    this.#counts.questions += 1;
    if (after.observation.reach.kind !== "up") this.#counts.failures += 1;
    const nowMs = this.#options.world.clock.nowMs();
    if (this.#rounds.asked(name, nowMs)) this.#rounds.begin(this.#observers.keys(), nowMs);
    const events = changesOf(before, after);
    if (events.length > 0) this.#options.onEvents(events);
  }

  #seeOff(observer: HostObserver): void {
    const leaving = observer.stop().finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  async #keepHouse(): Promise<void> {
    const { clock } = this.#options.world;
    while (!this.#over.signal.aborted) {
      await clock.sleep(limits.housekeepingMs, this.#over.signal).catch(() => undefined);
      this.hostsChanged();
      // Hosts that keep us waiting give their places to the next: the hung ones must not hold up the others.
      this.#slots.takeBack(clock.nowMs() - limits.slotMs);
    }
  }
}

/** In what observation reads of it; whoever it is reached by is asked of the world each time. */
function isSameHost(now: InventoryHost | undefined, before: InventoryHost): boolean {
  return now?.uri === before.uri && now.memoryMiB === before.memoryMiB && now.cpuThreads === before.cpuThreads;
}

function isSame(
  before: Snapshot,
  readings: readonly HostReading[],
  now: Pick<Snapshot, "inventory" | "automation">,
): boolean {
  const isCalm = before.inventory === now.inventory && before.automation === now.automation;
  return isCalm && readings.every(({ observation }, at) => before.hosts[at]?.maintenance === observation.maintenance);
}
