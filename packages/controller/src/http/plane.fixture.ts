/** A controller of a few hosts and VMs that only remembers what it was told, for tests of the interface in front of it. */
import { emptyFabric } from "@trunkline/fabric";
import { accuracyOf } from "@trunkline/migration";
import { TrunklineError, batchId, hostName, moveId, vmId } from "@trunkline/model";
import type {
  Automation,
  BalancePlan,
  Batch,
  BatchId,
  BatchPlan,
  Evacuation,
  HostName,
  HostObservation,
  InventoryHost,
  MoveId,
  MoveReport,
  Snapshot,
  VmObservation,
} from "@trunkline/model";
import type { BalanceWish, BatchWish, ControlPlane, MoveView, MoveWish } from "../service/control-plane.ts";
import type { FabricObservations } from "../observe/observe-fabric.ts";
import type { FabricAnswer, PortChange } from "../service/fabric-desk.ts";

const at = "2026-03-01T12:00:00.000Z";

function observedHost(name: string): HostObservation {
  return {
    name: hostName(name),
    uri: `qemu+ssh://root@${name}/system`,
    reach: { kind: "up" },
    observedAt: at,
    figures: null,
    maintenance: "no",
  };
}

/** The VM that stands at `index` of a row, on the host that stands at `index` of another. */
export function observedVm(index: number, hosts: number): VmObservation {
  return {
    id: vmId(`6f1d9d1e-1111-4222-8333-${index.toString(16).padStart(12, "0")}`),
    name: `vm-${String(index).padStart(5, "0")}`,
    host: hostName(`h${(index % hosts) + 1}`),
    power: index % 10 === 0 ? "shutoff" : "running",
    reason: "booted",
    memoryMiB: 512 * ((index % 7) + 1),
    macs: [`52:54:00:00:00:${(index % 256).toString(16).padStart(2, "0")}`],
    persistent: true,
    vcpus: 2,
    cpuUsedRatio: index % 5 === 0 ? null : (index % 97) / 97,
    memoryInUseMiB: 256,
    rxBps: 1_000,
    txBps: 2_000,
    observedAt: at,
    isLastSeen: false,
  };
}

export function snapshotOf(hosts: number, vms: number, sequence = 1): Snapshot {
  return {
    version: 1,
    sequence,
    takenAt: at,
    hosts: Array.from({ length: hosts }, (_, index) => observedHost(`h${index + 1}`)),
    vms: Array.from({ length: vms }, (_, index) => observedVm(index, hosts)),
    inventory: { hosts: [], switches: [], links: [], probes: [], services: [] },
    automation: { paused: false },
  };
}

export class PlaneFixture implements ControlPlane {
  current: Snapshot;
  /** Every call that acts, as `verb object actor`. */
  readonly deeds: string[] = [];
  /** The next call that acts throws it. */
  failure: unknown = undefined;
  /** The next request for a move waits for it. */
  gate: Promise<void> = Promise.resolve();
  readonly #moves: MoveView[] = [];
  readonly #batches: Batch[] = [];
  #automation: Automation = { paused: false };
  readonly #evacuations = new Map<HostName, Evacuation>();

  constructor(snapshot: Snapshot) {
    this.current = snapshot;
  }

  async fabric(): Promise<FabricAnswer> {
    return { fabric: emptyFabric, silent: new Map([["sw9", "it does not answer"]]) };
  }

  async observeFabric(): Promise<FabricObservations & { readonly document: undefined }> {
    return { observations: [], silent: new Map(), document: undefined };
  }

  async changePorts(changes: readonly PortChange[]): Promise<readonly PortChange[]> {
    for (const { device, port } of changes) this.#act(`change ${device}/${port}`);
    return changes;
  }

  snapshot(): Snapshot {
    return this.current;
  }

  async refresh(signal: AbortSignal): Promise<Snapshot> {
    signal.throwIfAborted();
    this.current = { ...this.current, sequence: this.current.sequence + 1 };
    return this.current;
  }

  async requestMove(wish: MoveWish, actor: string): Promise<MoveView> {
    await this.gate;
    this.#act(`move ${wish.vm} ${wish.target} ${actor}`);
    const vm = this.#vmOf(wish.vm);
    this.#hostOf(wish.target);
    const move: MoveView = {
      request: {
        id: moveId(`m${String(this.#moves.length + 1).padStart(6, "0")}`),
        vm: vm.id,
        vmName: vm.name,
        source: vm.host,
        target: wish.target,
        sourceUri: "qemu:///a",
        targetUri: "qemu:///b",
        driver: wish.driver,
        memoryMiB: vm.memoryMiB,
        isPersistent: true,
        handover: wish.handover,
        asked: { by: actor, origin: "operator", priority: wish.priority, outlivesProcess: true },
      },
      state: { phase: "queued", driver: wish.driver },
      createdAt: at,
      changedAt: at,
      report: null,
      waitsFor: [{ kind: "turn", subject: vm.name, message: "its turn has not come" }],
      progress: null,
    };
    this.#moves.unshift(move);
    return move;
  }

  async previewMove(wish: MoveWish, signal: AbortSignal): Promise<MoveReport> {
    signal.throwIfAborted();
    const vm = this.#vmOf(wish.vm);
    return {
      moveId: moveId("preview"),
      vm: vm.name,
      source: vm.host,
      target: this.#hostOf(wish.target).name,
      outcome: "refused",
      runsOn: vm.host,
      checks: [{ rule: "memory-fits", severity: "block", subject: wish.target, message: "too little", fix: "more" }],
      predicted: null,
      measured: null,
      evidence: [],
      failure: { code: "move.refused", message: "memory" },
    };
  }

  async cancelMove(id: MoveId, actor: string): Promise<MoveView> {
    this.#act(`cancel ${id} ${actor}`);
    return this.#change(await this.findMove(id), { state: { phase: "cancelled" }, waitsFor: [] });
  }

  async setPriority(id: MoveId, priority: number, actor: string): Promise<MoveView> {
    this.#act(`prioritise ${id} ${priority} ${actor}`);
    const move = await this.findMove(id);
    if (move.state.phase !== "queued") throw new TrunklineError("move.not-waiting", `the move ${id} has ended`);
    return this.#change(move, { request: { ...move.request, asked: { ...move.request.asked, priority } } });
  }

  async findMove(id: MoveId): Promise<MoveView> {
    const move = this.#moves.find(({ request }) => request.id === id);
    if (move === undefined) throw new TrunklineError("move.unknown", `there is no move ${id}`);
    return move;
  }

  async pageMoves({ limit, after, vm, host, isOver }: Parameters<ControlPlane["pageMoves"]>[0]) {
    const start = after === undefined ? 0 : this.#moves.findIndex(({ request }) => request.id === after) + 1;
    return this.#moves
      .slice(start)
      .filter(
        ({ request, state }) =>
          (vm === undefined || request.vmName === vm || request.vm === vm) &&
          (host === undefined || request.source === host || request.target === host) &&
          (isOver === undefined || (state.phase !== "queued") === isOver),
      )
      .slice(0, limit);
  }

  async accuracy() {
    return accuracyOf([]);
  }

  async transitions(id: MoveId) {
    const { state } = await this.findMove(id);
    return [{ sequence: 1, at, event: null, state }];
  }

  async previewBatch({ moves }: BatchWish): Promise<BatchPlan> {
    const stays = moves.map(({ vm }) => this.#vmOf(vm)).map(({ id, name }) => ({ vm: id, name, why: "it is there" }));
    return { blocked: [], steps: [], waves: [], stays, predictedMs: 0, network: [] };
  }

  async requestBatch({ moves, onFailure, options }: BatchWish, actor: string): Promise<Batch> {
    this.#act(`batch ${moves.map(({ vm }) => vm).join(" ")} ${actor}`);
    const base = { after: [], roomAfter: [], predictedMs: 1_000, state: "waiting", move: null, why: null } as const;
    const batch: Batch = {
      id: batchId(`b${String(this.#batches.length + 1).padStart(6, "0")}`),
      requestedBy: actor,
      requestedAt: at,
      onFailure,
      outlivesProcess: true,
      options,
      state: "running",
      calledOff: null,
      predictedMs: 1_000,
      steps: moves.map(({ vm, target = hostName("h1") }, step) => {
        const { id, name, host: source } = this.#vmOf(vm);
        return { ...base, step, vm: id, name, source, target: this.#hostOf(target).name };
      }),
    };
    this.#batches.unshift(batch);
    return batch;
  }

  async planBalance({ threshold }: BalanceWish): Promise<BalancePlan> {
    const score = { before: 100, after: 100, bound: 100 };
    return { threshold, score, terms: [], hosts: [], moves: [], held: [], movesByThreshold: [0, 0, 0, 0, 0] };
  }

  async cancelBatch(id: BatchId, actor: string): Promise<Batch> {
    this.#act(`call off ${id} ${actor}`);
    return { ...(await this.findBatch(id)), state: "cancelled", calledOff: { kind: "cancel", why: actor } };
  }

  async findBatch(id: BatchId): Promise<Batch> {
    const batch = this.#batches.find((one) => one.id === id);
    if (batch === undefined) throw new TrunklineError("batch.unknown", `there is no batch ${id}`);
    return batch;
  }

  async listBatches(limit: number): Promise<readonly Batch[]> {
    return this.#batches.slice(0, limit);
  }

  async addHost(host: Omit<InventoryHost, "name"> & { readonly name?: HostName }, actor: string) {
    this.#act(`add ${host.uri} ${actor}`);
    const added = { ...observedHost(host.name ?? "own-name"), uri: host.uri };
    if (this.current.hosts.some(({ name }) => name === added.name))
      throw new TrunklineError("host.exists", `there is a host ${added.name} already`);
    if (host.uri.includes("nowhere")) throw new TrunklineError("host.unreachable", `${host.uri} does not answer`);
    this.current = { ...this.current, hosts: [...this.current.hosts, added] };
    return added;
  }

  async removeHost(host: HostName, actor: string): Promise<void> {
    this.#act(`remove ${host} ${actor}`);
    this.#hostOf(host);
    this.current = { ...this.current, hosts: this.current.hosts.filter(({ name }) => name !== host) };
  }

  async previewEvacuation(host: HostName) {
    return { host: this.#hostOf(host).name, blocked: [], waves: [], stays: [], predictedMs: 0, network: [] };
  }

  async enterMaintenance(host: HostName, actor: string): Promise<Evacuation> {
    this.#act(`enter ${host} ${actor}`);
    const { name } = this.#hostOf(host);
    const evacuation: Evacuation = { host: name, requestedBy: actor, requestedAt: at, state: "running", vms: [] };
    this.#evacuations.set(name, evacuation);
    return evacuation;
  }

  async exitMaintenance(host: HostName, actor: string): Promise<HostObservation> {
    this.#act(`exit ${host} ${actor}`);
    this.#evacuations.delete(host);
    return this.#hostOf(host);
  }

  async evacuation(host: HostName): Promise<Evacuation | undefined> {
    return this.#evacuations.get(host);
  }

  automation(): Automation {
    return this.#automation;
  }

  async pauseAutomation(reason: string, actor: string): Promise<Automation> {
    this.#act(`pause ${actor}`);
    this.#automation = { paused: true, since: at, by: actor, reason };
    return this.#automation;
  }

  async resumeAutomation(actor: string): Promise<Automation> {
    this.#act(`resume ${actor}`);
    this.#automation = { paused: false };
    return this.#automation;
  }

  #act(deed: string): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    this.deeds.push(deed);
  }

  #change(move: MoveView, changes: Partial<MoveView>): MoveView {
    const changed = { ...move, ...changes };
    this.#moves[this.#moves.indexOf(move)] = changed;
    return changed;
  }

  #hostOf(name: HostName): HostObservation {
    const host = this.current.hosts.find((one) => one.name === name);
    if (host === undefined) throw new TrunklineError("host.unknown", `there is no host ${name}`);
    return host;
  }

  #vmOf(nameOrId: string): VmObservation {
    const vm = this.current.vms.find(({ name, id }) => name === nameOrId || id === nameOrId);
    if (vm === undefined) throw new TrunklineError("vm.unknown", `there is no VM ${nameOrId}`);
    return vm;
  }
}
