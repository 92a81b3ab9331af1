/**
 * One host: its libvirt daemon, its QEMU processes and what they use. Copies of VMs live on while the daemon is dead; what
 * happens then is not told to anybody.
 */
import type { JobKind, PowerReason, Sighting, TransferFigures, VmId } from "@trunkline/model";
import type { HypervisorEvent } from "@trunkline/ports";
import { pace } from "../limits.ts";
import type { Ground } from "./ground.ts";
import type { Memory } from "./ledger.ts";
import { bytesOf } from "./spec.ts";
import type { HostSpec } from "./spec.ts";
import type { Vm } from "./vm.ts";

/** A transfer, as far as the hosts at its ends must tell it what happens there. */
export interface HostedTransfer {
  copyEnded(copy: Copy): void;
  daemonDied(host: Host): void;
  daemonBack(host: Host): void;
  /** The daemon noticed that this connection was closed by its client. */
  clientLost(client: Client): void;
}

/** The other end of a connection to the daemon. */
export interface Client {
  readonly host: Host;
  report(event: HypervisorEvent): void;
  closeByHost(why: string): void;
}

/** One QEMU process. */
export interface Copy {
  readonly vm: Vm;
  readonly host: Host;
  readonly memory: Memory;
  power: "running" | "paused";
  reason: PowerReason;
  job: JobKind;
  /** The transfer that leaves from here or arrives here. */
  transfer: HostedTransfer | undefined;
  isAlive: boolean;
  readonly ports: readonly string[];
  cpuTimeNs: number;
  trafficBytes: number;
}

export class Host {
  readonly name: string;
  readonly uri: string;
  readonly uuid: string;
  readonly spec: HostSpec;
  readonly ground: Ground;
  daemon: "up" | "down" | "hung" = "up";
  power: "on" | "off" | "standby" = "on";
  readonly copies = new Map<VmId, Copy>();
  readonly definitions = new Map<VmId, Vm>();
  readonly clients = new Set<Client>();
  readonly lastTransfers = new Map<VmId, TransferFigures>();
  /** How many moves it has taken part in at a time, at most. */
  readonly peak = { in: 0, out: 0 };
  cpuBusyNs = 0;
  /** Counts the daemons that ran here one after the other. */
  daemonLife = 0;
  /** One way to the controller. */
  latencyMs: number = pace.latencyMs;
  #busySinceMs = 0;
  #nextPort = 0;
  readonly #held: (() => void)[] = [];

  constructor(ground: Ground, spec: HostSpec) {
    this.ground = ground;
    this.spec = spec;
    this.name = spec.name;
    this.uri = `qemu+sim://${spec.name}/system`;
    this.uuid = ground.random.uuid();
  }

  get answers(): boolean {
    return this.power === "on" && this.daemon === "up";
  }

  sight(vm: VmId): Sighting {
    const copy = this.copies.get(vm);
    if (copy !== undefined) return { kind: "present", power: copy.power, reason: copy.reason, job: copy.job };
    if (this.definitions.has(vm)) return { kind: "present", power: "shutoff", reason: "other", job: "none" };
    return { kind: "absent" };
  }

  /** What is spoken for by its VMs. */
  get memoryUsedMiB(): number {
    return [...this.copies.values()].reduce((sum, copy) => sum + copy.vm.memoryMiB, 0);
  }

  /** What their processes really hold. */
  get memoryHeldMiB(): number {
    const bytes = [...this.copies.values()].reduce((sum, copy) => sum + copy.vm.memoryInUseBytes, 0);
    return Math.ceil(bytes / bytesOf(1));
  }

  boot(vm: Vm): Copy {
    const copy = this.#make(vm, "booted");
    this.run(copy, "booted");
    this.#announce(copy, [0]);
    return copy;
  }

  /** A QEMU that waits for memory. */
  receive(vm: Vm, transfer: HostedTransfer): Copy {
    const copy = this.#make(vm, "incoming");
    copy.transfer = transfer;
    copy.job = "migration-in";
    this.emit({ kind: "started", vm: vm.id, byMigration: true });
    this.countMoves();
    return copy;
  }

  run(copy: Copy, reason: PowerReason): void {
    this.settleLoad();
    copy.power = "running";
    copy.reason = reason;
    this.ground.ledger.runs(copy.vm.id, copy.memory);
    const kind = reason === "booted" ? "started" : "resumed";
    this.emit({ kind, vm: copy.vm.id, byMigration: reason === "migrated" });
    if (reason === "migrated" || reason === "postcopy") this.#announce(copy, pace.announceMs);
  }

  announceAgain(copy: Copy): void {
    this.#announce(copy, pace.announceMs);
  }

  /** It runs already, and from now on for another reason. */
  becomes(copy: Copy, reason: PowerReason): void {
    copy.reason = reason;
    this.emit({ kind: "resumed", vm: copy.vm.id, byMigration: reason === "migrated" });
  }

  pause(copy: Copy, reason: PowerReason): void {
    this.settleLoad();
    copy.power = "paused";
    copy.reason = reason;
    this.ground.ledger.pauses(copy.vm.id, copy.memory);
    this.emit({ kind: "suspended", vm: copy.vm.id, byMigration: reason === "migration" });
  }

  /** @param excuse see `Ledger.ended`. */
  end(copy: Copy, how: string, { byMigration = false, excuse }: { byMigration?: boolean; excuse?: string } = {}): void {
    if (!copy.isAlive) return;
    this.settleLoad();
    copy.isAlive = false;
    copy.power = "paused";
    this.copies.delete(copy.vm.id);
    for (const port of copy.ports) this.ground.network.unplug(this.name, port);
    this.ground.ledger.ended(copy.vm.id, copy.memory, how, excuse);
    this.emit({ kind: "stopped", vm: copy.vm.id, byMigration });
    const { transfer } = copy;
    copy.transfer = undefined;
    transfer?.copyEnded(copy);
  }

  emit(event: HypervisorEvent): void {
    if (this.power !== "on" || this.daemon === "down") return;
    this.whenServing(() => {
      for (const client of this.clients) client.report(event);
    });
  }

  /** Work that reaches a daemon: done at once, or when it no longer hangs. Nothing reaches a dead one. */
  whenServing(work: () => void): void {
    if (this.answers) work();
    else if (this.power === "on" && this.daemon === "hung") this.#held.push(work);
  }

  /** A client closed its connection or died: libvirt calls off what hangs on it. */
  lose(client: Client): void {
    this.whenServing(() => {
      for (const copy of this.copies.values()) copy.transfer?.clientLost(client);
    });
  }

  killDaemon(): void {
    if (this.power !== "on" || this.daemon === "down") return;
    this.daemon = "down";
    for (const client of this.clients) client.closeByHost(`the daemon of ${this.name} died`);
    this.#loseDaemon();
  }

  startDaemon(): void {
    if (this.power !== "on" || this.answers) return;
    const wasHung = this.daemon === "hung";
    this.daemon = "up";
    if (wasHung) for (const work of this.#held.splice(0)) work();
    else for (const copy of this.copies.values()) this.#reclaim(copy);
  }

  hangDaemon(): void {
    if (!this.answers) return;
    this.daemon = "hung";
    for (const peer of this.ground.peers) peer.mayBeSilent();
  }

  /** What keeps this host from taking the VM, in the words of libvirt and QEMU. */
  refusal(vm: Vm): string | undefined {
    if (this.copies.has(vm.id)) return `operation failed: domain '${vm.name}' is already active`;
    for (const { bridge } of vm.nics)
      if (!this.ground.network.hasBridge(this.name, bridge))
        return `Cannot get interface MTU on '${bridge}': No such device`;
    if (!(this.spec.pools ?? defaultPools).includes(vm.pool))
      return `internal error: process exited while connecting to monitor: Could not open '${diskPathOf(vm)}': No such file or directory`;
    if (this.memoryUsedMiB + vm.memoryMiB > this.spec.memoryMiB)
      return "internal error: process exited while connecting to monitor: cannot set up guest memory 'pc.ram': Cannot allocate memory";
    return undefined;
  }

  /** The daemon's life is over: whatever it drove or kept in mind is lost. */
  #loseDaemon(): void {
    this.#held.length = 0;
    this.daemonLife += 1;
    for (const copy of this.copies.values()) copy.transfer?.daemonDied(this);
    for (const peer of this.ground.peers) peer.daemonDied(this.name);
  }

  turnOff(power: "off" | "standby", excuse: string | undefined): void {
    if (this.power !== "on") return;
    this.power = power;
    for (const client of this.clients) client.closeByHost(`${this.name} has no power`);
    this.#loseDaemon();
    for (const copy of this.copies.values())
      this.end(copy, `${this.name} went ${power}`, excuse === undefined ? {} : { excuse });
    this.daemon = "down";
  }

  turnOn(): void {
    if (this.power === "on") return;
    this.power = "on";
    this.startDaemon();
  }

  /** A daemon that comes back takes over the QEMUs that it finds; half-done migrations are called off. */
  #reclaim(copy: Copy): void {
    if (copy.transfer === undefined) copy.job = "none";
    else copy.transfer.daemonBack(this);
  }

  /** Counts what was used since it was last asked; VMs share the threads that the host leaves them. */
  settleLoad(): void {
    const now = this.ground.timers.nowMs();
    const passedMs = now - this.#busySinceMs;
    this.#busySinceMs = now;
    const { cpuThreads, ownCpuRatio = 0.02 } = this.spec;
    const running = [...this.copies.values()].filter((copy) => copy.power === "running");
    const wanted = running.reduce((sum, copy) => sum + copy.vm.cpuDemand, 0);
    const own = cpuThreads * ownCpuRatio;
    const granted = wanted === 0 ? 0 : Math.min(1, (cpuThreads - own) / wanted);
    this.cpuBusyNs += (own + wanted * granted) * passedMs * nsPerMs;
    for (const copy of running) {
      copy.cpuTimeNs += copy.vm.cpuDemand * granted * passedMs * nsPerMs;
      copy.trafficBytes += (copy.vm.trafficBps / bitsPerByte / msPerS) * passedMs;
    }
  }

  countMoves(): void {
    const copies = [...this.copies.values()];
    const sending = copies.filter((copy) => copy.job === "migration-out").length;
    const arriving = copies.filter((copy) => copy.job === "migration-in").length;
    this.peak.out = Math.max(this.peak.out, sending);
    this.peak.in = Math.max(this.peak.in, arriving);
  }

  #make(vm: Vm, kind: "booted" | "incoming"): Copy {
    this.settleLoad();
    const ports = vm.nics.map((nic) => {
      const name = `vnet${this.#nextPort}`;
      this.#nextPort += 1;
      const [tag] = nic.vlans;
      const vlans =
        tag === undefined || nic.vlans.length > 1
          ? ({ kind: "trunk", trunks: nic.vlans } as const)
          : ({ kind: "access", tag } as const);
      this.ground.network.plug(this.name, nic.bridge, { name, vlans });
      return name;
    });
    const memory = this.ground.ledger.made(vm.id, this.name, kind);
    const state = { power: "paused", reason: kind === "booted" ? "starting-up" : "migration", job: "none" } as const;
    const counters = { cpuTimeNs: 0, trafficBytes: 0 };
    const copy: Copy = { vm, host: this, memory, ...state, ...counters, transfer: undefined, isAlive: true, ports };
    this.copies.set(vm.id, copy);
    return copy;
  }

  /** QEMU announces where the guest is: every switch that the frame reaches learns it. */
  #announce(copy: Copy, timesMs: readonly number[]): void {
    for (const ms of timesMs)
      this.ground.timers.after(ms + pace.wireMs, () => {
        if (!copy.isAlive || copy.power !== "running") return;
        copy.vm.nics.forEach((nic, at) => {
          for (const vlan of nic.vlans) this.ground.network.learn(this.name, copy.ports[at] ?? "", nic.mac, vlan);
        });
        this.ground.ledger.announced(copy.vm.id);
      });
  }
}

export const defaultPools: readonly string[] = ["san"];
export const diskPathOf = (vm: Vm): string => `/srv/${vm.pool}/${vm.name}.qcow2`;
const nsPerMs = 1e6;
const msPerS = 1000;
const bitsPerByte = 8;
