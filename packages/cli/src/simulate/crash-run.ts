/**
 * One seeded run of the whole controller in virtual time: moves are asked for, controllers are killed at drawn moments,
 * daemons die or hang, answers and events are lost; each death is followed by another controller on the same store. In
 * the end everything is healed, and what the records say is held against what is true.
 *
 * The laws, each with a name that a violation bears:
 * - `runs-twice`, `stale-memory`, `lost`: the cluster's own ledger of every VM, at every instant.
 * - `unsettled`: a move is not over although every host answers.
 * - `untrue`: the record of a VM's last move names another place than the one where it runs.
 * - `started-twice`: a move began more often than its record says, or more than once.
 * - `refused-unduly`: a move that nothing speaks against was refused (staged runs).
 * - `budget`: more moves on a host at a time than its budget.
 */
import { Service, openStore, silentLog } from "@trunkline/controller";
import type { OpenStore } from "@trunkline/controller";
import { TrunklineError, hostName, messageOf, moveId } from "@trunkline/model";
import type { MoveDriver, MoveId } from "@trunkline/model";
import type { Journal, Store } from "@trunkline/ports";
import { SeededRandom, SimulatedCluster, VirtualClock, scenario } from "@trunkline/simulator";
import type { Call, CallFault, CallName, ClusterSpec, SimulatedProcess } from "@trunkline/simulator";
import { limits } from "../limits.ts";
import { StrikeWatch, drawStrike, strikeText } from "./strikes.ts";
import type { Hit, Strike } from "./strikes.ts";

export interface CrashRun {
  readonly seed: number;
  readonly violations: readonly { readonly law: string; readonly message: string }[];
  /** What the strikes hit. */
  readonly hits: readonly Hit[];
  readonly lives: number;
  /** How often each moment of the first life came. */
  readonly seen: Readonly<Record<string, number>>;
  readonly moves: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly virtualMs: number;
  /** Everything that befell it, oldest first; the same for the same seed. */
  readonly story: readonly string[];
}

/** Instead of what the seed draws: one move on two hosts, one misfortune, and these strikes. */
export interface Staged {
  readonly driver: MoveDriver;
  readonly misfortune: Misfortune;
  readonly strikes: readonly Strike[];
  /** Reports are written down with the other host: what the laws must find out. */
  readonly lies?: boolean;
}

/** What goes wrong besides the controller's death. */
export type Misfortune = "none" | "finish-answer-lost" | "perform-refused" | "called-off" | "source-daemon-dies";

export async function crashRun(seed: number, staged?: Staged): Promise<CrashRun> {
  const run = new Run(seed, staged);
  return await run.toEnd();
}

class Run {
  readonly #seed: number;
  readonly #clock = new VirtualClock();
  readonly #random: SeededRandom;
  readonly #cluster: SimulatedCluster;
  readonly #strikes: readonly Strike[];
  readonly #staged: Staged | undefined;
  readonly #story: string[] = [];
  readonly #hits: Hit[] = [];
  readonly #violations: { law: string; message: string }[] = [];
  /** Begin calls that a host carried out, by VM. */
  readonly #begins = new Map<string, number>();
  #lives = 0;
  #faultsEndMs = 0;
  #hasStruck = false;
  #seen: ReadonlyMap<string, number> = new Map();

  constructor(seed: number, staged: Staged | undefined) {
    this.#seed = seed;
    this.#staged = staged;
    this.#random = new SeededRandom(seed);
    const spec = staged === undefined ? scenario(seed) : stage;
    this.#cluster = new SimulatedCluster({ ...spec, seed, clock: this.#clock });
    this.#strikes = staged?.strikes ?? drawStrikes(this.#random);
  }

  async toEnd(): Promise<CrashRun> {
    let store = await openStore({ path: ":memory:", clock: this.#clock });
    const outcomes: Record<string, number> = {};
    let moves = 0;
    try {
      await this.#clock.run(
        this.#lead(store, (heir) => {
          store = heir;
        }),
      );
      const records = await store.journal.listMoves(limits.simulatedMoves);
      moves = records.length;
      for (const { state } of records) outcomes[state.phase] = (outcomes[state.phase] ?? 0) + 1;
    } catch (error) {
      this.#violate("unsettled", messageOf(error));
    } finally {
      await store.close();
    }
    for (const { law, message } of this.#cluster.violations()) this.#violate(law, message);
    return {
      seed: this.#seed,
      violations: this.#violations,
      hits: this.#hits,
      lives: this.#lives,
      seen: Object.fromEntries(this.#seen),
      moves,
      outcomes,
      virtualMs: this.#clock.nowMs(),
      story: this.#story,
    };
  }

  /** Life after life, until the strikes are spent and everything is settled. */
  async #lead(first: OpenStore, onHeir: (store: OpenStore) => void): Promise<void> {
    const never = new AbortController().signal;
    let store = first;
    const wishes = this.#staged === undefined ? this.#drawWishes() : [stagedWish(this.#staged)];
    if (this.#staged === undefined) this.#planFaults();
    for (const strike of [...this.#strikes, undefined]) {
      this.#lives += 1;
      this.#tell(
        strike === undefined ? "a controller that nobody kills" : `a controller that is to be ${strikeText(strike)}`,
      );
      const process = this.#cluster.connect(`controller-${this.#lives}`);
      const isDead = new AbortController();
      const watch = new StrikeWatch(strike, (hit) => {
        this.#hits.push(hit);
        this.#tell(`killed: ${hit}`);
        process.kill();
        isDead.abort();
      });
      if (this.#lives === 1) this.#seen = watch.seen;
      this.#hook(process, watch);
      const service = new Service({
        world: process.world,
        store: watchedStore(store, process, watch, this.#staged?.lies === true),
        as: "service",
        observeIntervalMs: limits.simulatedObserveMs,
        maxMoves: limits.simulatedMoves,
        log: silentLog,
      });
      const life = this.#live(service, process, wishes);
      life.catch((error: unknown) => {
        if (process.isAlive) this.#violate("unsettled", `a controller broke: ${messageOf(error)}`);
      });
      if (strike === undefined) {
        await life;
        await this.#settle(store, service);
        await service.stop(AbortSignal.abort());
      } else {
        const bound = strike.kind === "time" ? strike.afterMs : limits.simulatedLifeMs;
        const idle = new AbortController();
        void life.then(
          async () => await this.#whenIdle(store, process, idle),
          () => undefined,
        );
        await this.#clock.sleep(bound, AbortSignal.any([isDead.signal, idle.signal])).catch(() => undefined);
        if (process.isAlive) {
          this.#hits.push(strike.kind === "time" ? "at some time" : "missed");
          process.kill();
        }
        await this.#clock.sleep(this.#random.next() * limits.simulatedPauseMs, never);
        store = store.heir();
        onHeir(store);
      }
    }
  }

  /** Nothing is left that a strike could hit. */
  async #whenIdle({ journal }: OpenStore, process: SimulatedProcess, idle: AbortController): Promise<void> {
    while (process.isAlive) {
      await process.world.clock.sleep(limits.simulatedAskMs, new AbortController().signal);
      if ((await process.whileAlive(journal.unfinished())).length === 0) break;
    }
    idle.abort();
  }

  /** What the operator does in each life: asks once for every move, and calls some off. */
  async #live(service: Service, process: SimulatedProcess, wishes: Wish[]): Promise<void> {
    await service.start();
    while (process.isAlive && wishes.length > 0) {
      const [wish] = wishes;
      if (wish === undefined) break;
      await process.world.clock.sleep(wish.afterMs, new AbortController().signal);
      wishes.shift();
      try {
        const move = await service.requestMove({ ...wish, mode: "auto", handover: false, priority: 0 }, "operator");
        this.#tell(`asked: ${wish.vm} to ${wish.target}, ${wish.driver}`);
        if (wish.cancelAfterMs !== undefined)
          void this.#cancelLater(service, process, move.request.id, wish.cancelAfterMs);
      } catch (error) {
        if (!(error instanceof TrunklineError)) throw error;
        this.#tell(`not taken: ${wish.vm} to ${wish.target}: ${error.code}`);
      }
    }
  }

  async #cancelLater(service: Service, process: SimulatedProcess, id: MoveId, afterMs: number): Promise<void> {
    await process.world.clock.sleep(afterMs, new AbortController().signal);
    await service.cancelMove(id).catch(() => undefined);
    this.#tell(`called off: ${id}`);
  }

  /** All hosts answer now; the last controller has bounded time to bring everything to its end, and to the truth. */
  async #settle(store: OpenStore, service: Service): Promise<void> {
    const never = new AbortController().signal;
    await this.#clock.sleep(Math.max(0, this.#faultsEndMs - this.#clock.nowMs()), never);
    for (const host of this.#cluster.hosts) if (host.daemon !== "up") this.#cluster.startDaemon(host.name);
    const untilMs = this.#clock.nowMs() + limits.simulatedSettleMs;
    while ((await store.journal.unfinished()).length > 0) {
      if (this.#clock.nowMs() > untilMs) break;
      await this.#clock.sleep(limits.simulatedAskMs, never);
    }
    await service.refresh(never);
    await this.#judge(store);
  }

  async #judge({ journal }: OpenStore): Promise<void> {
    for (const { request, state } of await journal.unfinished())
      this.#violate("unsettled", `${request.vmName} to ${request.target} is still ${JSON.stringify(state)}`);
    const told = new Set<string>();
    const moves = await journal.listMoves(limits.simulatedMoves);
    // Only the last word about a VM is about now.
    for (const { request, report, state } of moves.toSorted((left, right) =>
      left.changedAt < right.changedAt ? 1 : -1,
    )) {
      await this.#judgeBegins(journal, request.id, request.vmName);
      this.#tell(
        `recorded: ${request.vmName} to ${request.target}, ${state.phase}, runs on ${report?.runsOn ?? "?"}, ${request.id}`,
      );
      if (told.has(request.vm) || state.phase === "queued") continue;
      const running = this.#cluster.runningOn(request.vmName);
      if (report === null) this.#violate("untrue", `${request.vmName}: a move that is ${state.phase} has no report`);
      else if (report.runsOn !== null && !running.includes(report.runsOn))
        this.#violate(
          "untrue",
          `${request.vmName} runs on ${running.join(", ") || "no host"}, its record says ${report.runsOn}`,
        );
      // On this stage every host answers and has room: nothing speaks against the move.
      if (this.#staged !== undefined && state.phase === "refused")
        this.#violate("refused-unduly", `${request.vmName} to ${request.target}: ${state.failure.message}`);
      told.add(request.vm);
    }
    for (const [host, peak] of Object.entries(this.#cluster.peaks()))
      if (peak.in > 2 || peak.out > 2) this.#violate("budget", `${host} took part in ${peak.in} in, ${peak.out} out`);
    for (const [vm, begins] of this.#begins) {
      const asked = (await journal.listMoves(limits.simulatedMoves)).filter((move) => move.request.vm === vm).length;
      if (begins > asked) this.#violate("started-twice", `${begins} moves of ${vm} began, ${asked} were asked for`);
    }
  }

  async #judgeBegins(journal: Journal, id: MoveId, vmName: string): Promise<void> {
    const starts = (await journal.transitions(moveId(id))).filter(({ event }) => event?.kind === "start").length;
    if (starts > 1) this.#violate("started-twice", `the move ${id} of ${vmName} was started ${starts} times`);
  }

  #hook(process: SimulatedProcess, watch: StrikeWatch): void {
    const { hooks } = this.#cluster;
    hooks.onCall = (call) => {
      if (call.name === "begin" && call.when === "after" && call.vm !== undefined)
        this.#begins.set(call.vm, (this.#begins.get(call.vm) ?? 0) + 1);
      if (call.process === process.name) watch.call(call.name, call.when);
      if (this.#staged !== undefined) return this.#misfortune(this.#staged.misfortune, call);
      if (this.#clock.nowMs() > limits.simulatedFaultsMs) return undefined;
      return this.#random.next() < lostAnswerRatio ? "lose" : undefined;
    };
    hooks.onEvent = () =>
      this.#staged === undefined &&
      this.#clock.nowMs() < limits.simulatedFaultsMs &&
      this.#random.next() < lostEventRatio
        ? "lose"
        : undefined;
  }

  /** Strikes once in a run. */
  #misfortune(misfortune: Misfortune, { name, when, host }: Call): CallFault | undefined {
    const comes = (wanted: CallName, moment: Call["when"]): boolean => {
      if (this.#hasStruck || name !== wanted || when !== moment) return false;
      this.#hasStruck = true;
      return true;
    };
    switch (misfortune) {
      case "finish-answer-lost":
        return comes("finish", "after") ? "lose" : undefined;
      case "perform-refused":
        return comes("perform", "before") ? { refuse: "the copy broke" } : undefined;
      case "source-daemon-dies":
        if (comes("perform", "before") || comes("perform-peer-to-peer", "before"))
          void this.#fault(host, "kill", sourceDiesAfterMs, sourceIsDeadMs);
        return undefined;
      case "called-off":
      case "none":
        return undefined;
    }
  }

  #planFaults(): void {
    const count = this.#random.below(3);
    for (let number = 0; number < count; number += 1) {
      const host = this.#anyHost();
      const fromMs = this.#random.next() * limits.simulatedFaultsMs;
      const forMs = this.#random.next() * limits.simulatedFaultMs;
      const kind = this.#random.next() < 0.5 ? "kill" : "hang";
      this.#faultsEndMs = Math.max(this.#faultsEndMs, fromMs + forMs);
      void this.#fault(host, kind, fromMs, forMs);
    }
  }

  async #fault(host: string, kind: "kill" | "hang", fromMs: number, forMs: number): Promise<void> {
    const never = new AbortController().signal;
    await this.#clock.sleep(fromMs, never);
    this.#tell(`${host}: libvirtd ${kind === "kill" ? "dies" : "hangs"} for ${Math.round(forMs)} ms`);
    if (kind === "kill") this.#cluster.killDaemon(host);
    else this.#cluster.hangDaemon(host);
    await this.#clock.sleep(forMs, never);
    this.#cluster.startDaemon(host);
  }

  #drawWishes(): Wish[] {
    return Array.from({ length: 1 + this.#random.below(4) }, (): Wish => {
      const vm = this.#cluster.vms[this.#random.below(this.#cluster.vms.length)]?.name ?? "vm1";
      const draw = this.#random.next();
      return {
        vm,
        target: hostName(this.#anyHost()),
        // Peer-to-peer can split a VM in two by libvirt's own doing (docs/state-machine.md); staged runs have it.
        driver: "client",
        afterMs: this.#random.next() * 3_000,
        ...(draw < 0.2 ? { cancelAfterMs: this.#random.next() * cancelledWithinMs } : {}),
      };
    });
  }

  #anyHost(): string {
    const { hosts } = this.#cluster;
    return hosts[this.#random.below(hosts.length)]?.name ?? "h1";
  }

  #violate(law: string, message: string): void {
    this.#tell(`VIOLATION ${law}: ${message}`);
    this.#violations.push({ law, message });
  }

  #tell(text: string): void {
    this.#story.push(`${(this.#clock.nowMs() / 1000).toFixed(3).padStart(9)} ${text}`);
  }
}

interface Wish {
  readonly vm: string;
  readonly target: ReturnType<typeof hostName>;
  readonly driver: MoveDriver;
  readonly afterMs: number;
  readonly cancelAfterMs?: number;
}

/** In mid-copy, and long enough that questions to it fail. */
const sourceDiesAfterMs = 300;
const sourceIsDeadMs = 20_000;

/** Two hosts and a VM that takes some seconds to copy. */
const stage: ClusterSpec = {
  hosts: [
    { name: "h1", memoryMiB: 8_192, cpuThreads: 8, migration: { address: "10.20.0.1", vlan: 20 } },
    { name: "h2", memoryMiB: 8_192, cpuThreads: 8, migration: { address: "10.20.0.2", vlan: 20 } },
  ],
  links: [{ a: { device: "h1", port: "up0" }, b: { device: "h2", port: "up0" }, rateBps: 1e9 }],
  vms: [{ name: "vm1", host: "h1", memoryMiB: 512, dirtyRateBps: 200e6, workingSetMiB: 32, persistent: true }],
};

const stagedWish = ({ driver, misfortune }: Staged): Wish => ({
  vm: "vm1",
  target: hostName("h2"),
  driver,
  afterMs: 100,
  ...(misfortune === "called-off" ? { cancelAfterMs: midCopyMs } : {}),
});

/** Its guest is watched for a second or two before it is judged; then it copies until some nine seconds are over. */
const midCopyMs = 6_000;
const cancelledWithinMs = 12_000;

/** Of all calls, and of all events, while faults are about. */
const lostAnswerRatio = 0.01;
const lostEventRatio = 0.05;

const drawStrikes = (random: SeededRandom): readonly Strike[] =>
  Array.from({ length: 1 + random.below(3) }, () => drawStrike(random));

/** The store of one life: each record of a move is a moment at which to strike, and a dead process writes nothing. */
function watchedStore(store: OpenStore, process: SimulatedProcess, watch: StrikeWatch, lies: boolean): Store {
  const { journal } = store;
  return {
    events: store.events,
    intents: store.intents,
    accounts: store.accounts,
    audit: store.audit,
    answers: store.answers,
    backup: async (path) => await store.backup(path),
    close: async () => undefined,
    journal: {
      readOnly: false,
      addMove: async (request, state) => {
        await process.whileAlive(journal.addMove(request, state));
        watch.record(state.phase);
        if (!process.isAlive) await process.whileAlive(Promise.resolve());
      },
      amend: async (id, request) => await process.whileAlive(journal.amend(id, request)),
      append: async (id, event, state) => {
        await process.whileAlive(journal.append(id, event, state));
        watch.record("step" in state ? `${state.phase}/${state.step}` : state.phase);
        if (!process.isAlive) await process.whileAlive(Promise.resolve());
      },
      addReport: async (id, report) => {
        const { runsOn, source, target } = report;
        const told = lies ? { ...report, runsOn: runsOn === source ? target : source } : report;
        await process.whileAlive(journal.addReport(id, told));
      },
      listMoves: async (limit) => await process.whileAlive(journal.listMoves(limit)),
      pageMoves: async (page) => await process.whileAlive(journal.pageMoves(page)),
      findMove: async (id) => await process.whileAlive(journal.findMove(id)),
      transitions: async (id) => await process.whileAlive(journal.transitions(id)),
      unreported: async () => await process.whileAlive(journal.unreported()),
      unfinished: async () => await process.whileAlive(journal.unfinished()),
      close: async () => undefined,
    },
  };
}
