/**
 * A cluster of libvirt hosts that exists only here: its hosts, VMs, links and switches as they really are, the faults that
 * can befall them, and the ledger that says whether a law was broken. Controllers see it through `connect`.
 */
import { assert } from "@trunkline/model";
import type { Clock, World } from "@trunkline/ports";
import { SeededRandom } from "../clock/seeded-random.ts";
import { timersOn } from "../clock/timers.ts";
import { LayerTwo } from "../network/layer-two.ts";
import type { Link } from "../network/layer-two.ts";
import { Wire } from "../network/wire.ts";
import type { FaultHooks } from "../process/faults.ts";
import { ProcessLife } from "../process/process.ts";
import type { ProbeView } from "../process/probe.ts";
import { simulatedWorld } from "../process/world.ts";
import type { ClusterView } from "../process/world.ts";
import { migrationOf } from "../transfer/migration.ts";
import type { Ground } from "../host/ground.ts";
import { Host } from "../host/host.ts";
import type { Copy } from "../host/host.ts";
import { defaultBridge, inventoryOf } from "./inventory.ts";
import { Ledger } from "../host/ledger.ts";
import type { Violation } from "../host/ledger.ts";
import type { ClusterSpec } from "./spec.ts";
import { vmOf } from "../host/vm.ts";
import type { Vm } from "../host/vm.ts";

export interface ClusterOptions extends ClusterSpec {
  readonly seed: number;
  readonly clock: Clock;
}

/** One controller process. */
export interface SimulatedProcess {
  readonly name: string;
  readonly world: World;
  readonly isAlive: boolean;
  /** SIGKILL. */
  kill(): void;
  /** A promise of something else of this process, such as its store: it never settles after the kill. */
  whileAlive<T>(work: Promise<T>): Promise<T>;
}

export class SimulatedCluster {
  readonly hooks: FaultHooks = {};
  readonly inventory: ClusterView["inventory"];
  readonly #clock: Clock;
  readonly #ground: Ground;
  readonly #spec: ClusterSpec;
  readonly #hosts = new Map<string, Host>();
  readonly #vms = new Map<string, Vm>();
  readonly #uris = new Map<string, Host>();

  constructor({ seed, clock, ...spec }: ClusterOptions) {
    const timers = timersOn(clock);
    const wire = new Wire(timers);
    const network = new LayerTwo(wire);
    const random = new SeededRandom(seed);
    this.#clock = clock;
    this.#spec = spec;
    this.#ground = { timers, random, wire, network, ledger: new Ledger(() => timers.nowMs()), peers: new Set() };
    for (const host of spec.hosts) {
      const built = new Host(this.#ground, host);
      this.#hosts.set(host.name, built);
      this.#uris.set(built.uri, built);
      const bridges = host.bridges ?? [{ name: defaultBridge, uplinks: [{ name: "up0", vlans: everyVlan }] }];
      network.addDevice(
        host.name,
        bridges.map(({ uplinks, ...bridge }) => ({ ...bridge, ports: uplinks })),
      );
    }
    for (const device of spec.switches ?? [])
      network.addDevice(device.name, [{ name: defaultBridge, ports: device.ports }]);
    for (const { a, b, rateBps } of spec.links ?? []) network.addLink(a, b, rateBps);
    for (const vm of spec.vms) {
      const built = vmOf(vm, random);
      assert(!this.#vms.has(vm.name), `the name ${vm.name} is given to one VM`);
      this.#vms.set(vm.name, built);
      this.#ground.ledger.open(built.id, built.name);
      const host = this.host(vm.host);
      if (built.persistent) host.definitions.set(built.id, built);
      if (vm.isStopped !== true) host.boot(built);
    }
    this.inventory = inventoryOf(spec, [...this.#hosts.values()]);
  }

  /** Another controller process, with a world of its own. */
  connect(name: string): SimulatedProcess {
    const life = new ProcessLife(name, this.hooks, this.#clock);
    const world = simulatedWorld(life, this.#ground.random.fork(), {
      inventory: this.inventory,
      network: this.#ground.network,
      fabric: this.#spec.fabric,
      hostAt: (uri) => this.#uris.get(uri),
      hosts: () => [...this.#hosts.values()],
      probeView: (point) => this.#probeView(point),
    });
    return {
      name,
      world,
      get isAlive() {
        return life.isAlive;
      },
      kill: () => {
        life.die();
      },
      whileAlive: async (work) => await life.whileAlive(work),
    };
  }

  /** A host with its faults: kill, hang and start its daemon, turn it off and on. */
  host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`the cluster has no host ${name}`);
    return host;
  }

  vm(name: string): Vm {
    const vm = this.#vms.get(name);
    if (vm === undefined) throw new Error(`the cluster has no VM ${name}`);
    return vm;
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  get vms(): readonly Vm[] {
    return [...this.#vms.values()];
  }

  /** Another address under which a host can be reached. */
  addUri(uri: string, host: string): void {
    this.#uris.set(uri, this.host(host));
  }

  // Faults.

  killDaemon(host: string): void {
    this.host(host).killDaemon();
  }

  startDaemon(host: string): void {
    this.host(host).startDaemon();
  }

  /** It accepts and says nothing, until it is started again. */
  hangDaemon(host: string): void {
    this.host(host).hangDaemon();
  }

  turnOff(host: string): void {
    this.host(host).turnOff("off", `${host} lost its power`);
  }

  turnOn(host: string): void {
    this.host(host).turnOn();
  }

  killEmulator(host: string, vm: string): void {
    const copy = this.#copy(host, vm);
    if (copy !== undefined) this.host(host).end(copy, "QEMU died", { excuse: "its QEMU died" });
  }

  /** Of all links between the two devices. */
  setLink(a: string, b: string, isUp: boolean): void {
    const { network, peers } = this.#ground;
    const joins = ({ a: near, b: far }: Link): boolean =>
      (near.device === a && far.device === b) || (near.device === b && far.device === a);
    for (const link of network.links.filter(joins)) {
      network.setLink(link, isUp);
      for (const { copies } of this.#hosts.values())
        for (const copy of copies.values()) if (copy.job === "migration-out") migrationOf(copy)?.linkChanged(link);
    }
    for (const peer of peers) peer.mayBeSilent();
  }

  /** A switch, or the one of a host, that answers no question; it forwards all the same. */
  setSwitchSilent(device: string, isSilent: boolean): void {
    const found = this.#ground.network.devices.get(device);
    if (found !== undefined) found.isSilent = isSilent;
  }

  /** Of the transfer of this VM that is under way, as an operator may ask QEMU for. */
  postCopy(vm: string, what: "start" | "break" | "recover"): void {
    const { id } = this.vm(vm);
    const copies = this.hosts.map((host) => host.copies.get(id));
    const migration = migrationOf(copies.find((copy) => copy?.job === "migration-out"));
    if (what === "start") migration?.startPostCopy();
    else if (what === "break") migration?.breakPostCopy();
    else migration?.recoverPostCopy();
  }

  // What an operator does behind the controller's back.

  startVm(vm: string, host: string): void {
    this.host(host).boot(this.vm(vm));
  }

  stopVm(vm: string): void {
    for (const host of this.#hosts.values()) {
      const copy = this.#copy(host.name, vm);
      if (copy !== undefined) host.end(copy, "stopped by an operator", { excuse: "an operator stopped it" });
    }
  }

  pauseVm(vm: string): void {
    for (const host of this.#hosts.values()) {
      const copy = this.#copy(host.name, vm);
      if (copy?.power === "running") host.pause(copy, "user");
    }
  }

  resumeVm(vm: string, host: string): void {
    const copy = this.#copy(host, vm);
    if (copy?.power === "paused") this.host(host).run(copy, "unpaused");
  }

  /** What it wants of the processors from now on, in threads; at most its vCPUs. */
  setCpuDemand(vm: string, threads: number): void {
    const found = this.vm(vm);
    for (const host of this.#hosts.values()) if (host.copies.has(found.id)) host.settleLoad();
    found.cpuDemand = Math.min(found.vcpus, Math.max(0, threads));
  }

  // The truth.

  runningOn(vm: string): readonly string[] {
    const runs = (copy: Copy | undefined): boolean => copy?.memory.runningSinceMs !== undefined;
    return this.hosts.filter((host) => runs(this.#copy(host.name, vm))).map((host) => host.name);
  }

  /** Every copy of it: the host, and `running` or `paused` with the reason. */
  copiesOf(vm: string): readonly string[] {
    return this.hosts.flatMap((host) => {
      const copy = this.#copy(host.name, vm);
      return copy === undefined ? [] : [`${host.name} ${copy.power}/${copy.reason}`];
    });
  }

  /** When what happened to it, oldest first. */
  historyOf(vm: string): readonly string[] {
    return this.#ground.ledger.historyOf(this.vm(vm).id);
  }

  /** Broken laws so far; the ledger names them. */
  violations(): readonly Violation[] {
    return this.#ground.ledger.violations();
  }

  /** The most moves that each host took part in at a time. */
  peaks(): Readonly<Record<string, { readonly in: number; readonly out: number }>> {
    return Object.fromEntries(this.hosts.map((host) => [host.name, { ...host.peak }]));
  }

  #copy(host: string, vm: string): Copy | undefined {
    return this.host(host).copies.get(this.vm(vm).id);
  }

  #probeView(point: string): ProbeView {
    const probe = this.#spec.probes?.find((candidate) => candidate.name === point);
    const { network, ledger } = this.#ground;
    return {
      ledger,
      vmAt: (address, echoPort) => {
        const found = this.#spec.vms.find(
          ({ service }) => service?.address === address && service.echoPort === echoPort,
        );
        return found && this.vm(found.name);
      },
      isReached: (vm) => {
        const [host] = this.runningOn(vm.name);
        if (host === undefined || probe === undefined) return false;
        if (!network.reaches(probe.at.device, host, probe.vlan)) return false;
        // The probe's own switch must forward to the port that leads to where it runs now.
        const entry = vm.nics
          .map((nic) => network.devices.get(probe.at.device)?.macs.get(`${nic.mac} ${probe.vlan}`))
          .find((found) => found !== undefined);
        return entry === undefined || this.#leadsTo(probe.at.device, entry.port, host);
      },
    };
  }

  /** The first hop of the way is the link on that port. */
  #leadsTo(device: string, port: string, host: string): boolean {
    if (device === host) return true;
    const [first] = this.#ground.network.path(device, host, undefined)?.links ?? [];
    return [first?.a, first?.b].some((end) => end?.device === device && end.port === port);
  }
}

const everyVlan = { kind: "trunk", trunks: "all" } as const;
