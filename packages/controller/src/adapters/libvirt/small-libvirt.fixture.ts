/** A libvirt with a few VMs on a real socket, which tests change, silence, stop and start again at the same place. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  answerCalls,
  domainState,
  encodeAnswer,
  pausedReason,
  runningReason,
  shutoffReason,
  typedParam,
} from "@trunkline/libvirt";
import type { Dom, Endpoint, EndpointAnswers, TypedParam } from "@trunkline/libvirt";
import { hostName } from "@trunkline/model";
import type { InventoryHost } from "@trunkline/model";

export interface SmallVm {
  readonly uuid: string;
  readonly name: string;
  readonly power: "running" | "paused" | "shutoff";
  readonly persistent: boolean;
  readonly cpuTimeNs: number;
  readonly nics: readonly { readonly mac: string; readonly rxBytes: number; readonly txBytes: number }[];
}

/** The VMs' UUIDs differ in their last digits alone. */
export const uuidOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

export function smallVm(number: number, differences: Partial<SmallVm> = {}): SmallVm {
  const nics = [{ mac: `52:54:00:00:00:${String(number).padStart(2, "0")}`, rxBytes: 0, txBytes: 0 }];
  const name = `vm${number}`;
  return { uuid: uuidOf(number), name, power: "running", persistent: true, cpuTimeNs: 0, nics, ...differences };
}

export class SmallLibvirt {
  readonly host: InventoryHost;
  readonly vms = new Map<string, SmallVm>();
  /** Names of the calls that were answered, since the beginning. */
  readonly calls: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), "small-libvirt-"));
  readonly #endpoints = new Map<Socket, Endpoint>();
  #server: Server | undefined;
  #accepted = 0;
  isSilent = false;
  refusesMigrationEvents = false;

  constructor(name: string, vms: readonly SmallVm[]) {
    this.host = { name: hostName(name), uri: `qemu+unix:///system?socket=${join(this.#folder, "sock")}` };
    for (const vm of vms) this.vms.set(vm.uuid, vm);
  }

  get openConnections(): number {
    return this.#endpoints.size;
  }

  get accepted(): number {
    return this.#accepted;
  }

  async start(): Promise<void> {
    const server = createServer((socket) => {
      this.#accepted += 1;
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.#endpoints.delete(socket));
      this.#endpoints.set(socket, answerCalls(socket, this.#answers()));
    });
    this.#server = server;
    await new Promise<void>((resolve) => {
      server.listen(join(this.#folder, "sock"), resolve);
    });
  }

  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#endpoints.keys()) socket.destroy();
    await new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Changes or adds the VM and tells it as libvirt does: `event` is a number of virDomainEventType. */
  put(vm: SmallVm, event: number): void {
    this.vms.set(vm.uuid, vm);
    this.#tell(vm, event);
  }

  drop(vm: SmallVm, event: number): void {
    this.vms.delete(vm.uuid);
    this.#tell(vm, event);
  }

  #tell(vm: SmallVm, event: number): void {
    for (const endpoint of this.#endpoints.values()) endpoint.tell("lifecycle", { dom: domOf(vm), event, detail: 0 });
  }

  #answers(): EndpointAnswers {
    const doms = (): readonly Dom[] => [...this.vms.values()].map(domOf);
    const answers: EndpointAnswers = {
      authList: () => encodeAnswer("authList", { types: [] }),
      connectSupportsFeature: () => encodeAnswer("connectSupportsFeature", { supported: 1 }),
      connectOpen: () => encodeAnswer("connectOpen", undefined),
      connectDomainEventCallbackRegisterAny: ({ eventId }) =>
        eventId !== 0 && this.refusesMigrationEvents
          ? { refuse: noSupport }
          : encodeAnswer("connectDomainEventCallbackRegisterAny", { callbackId: 0 }),
      connectGetHostname: () => encodeAnswer("connectGetHostname", { hostname: this.host.name }),
      connectGetVersion: () => encodeAnswer("connectGetVersion", { version: 7_002_022n }),
      connectGetLibVersion: () => encodeAnswer("connectGetLibVersion", { version: 9_000_000n }),
      nodeGetInfo: () => encodeAnswer("nodeGetInfo", node),
      connectGetCapabilities: () => encodeAnswer("connectGetCapabilities", { xml: capabilities }),
      nodeGetMemoryStats: () => encodeAnswer("nodeGetMemoryStats", memoryStats),
      nodeGetCpuStats: () => encodeAnswer("nodeGetCpuStats", { params: [], count: 0 }),
      connectListAllDomains: () => {
        const domains = doms().filter(({ uuid }) => this.vms.get(uuid)?.persistent === true);
        return encodeAnswer("connectListAllDomains", { domains, ret: domains.length });
      },
      connectGetAllDomainStats: () => {
        const records = [...this.vms.values()].map((vm) => ({ dom: domOf(vm), params: paramsOf(vm) }));
        return encodeAnswer("connectGetAllDomainStats", { records });
      },
      domainGetXmlDesc: ({ dom }) => {
        const vm = this.vms.get(dom.uuid);
        return vm === undefined ? { refuse: noDomain } : encodeAnswer("domainGetXmlDesc", { xml: xmlOf(vm) });
      },
    };
    return this.#overheard(answers);
  }

  /** Notes what is asked; while the host is silent, nothing is answered. */
  #overheard(answers: EndpointAnswers): EndpointAnswers {
    return new Proxy(answers, {
      get: (all, name, receiver): unknown => {
        const answer: unknown = Reflect.get(all, name, receiver);
        if (this.isSilent) return () => "silence";
        if (typeof answer === "function") this.calls.push(String(name));
        return answer;
      },
    });
  }
}

/** virErrorNumber. */
const noSupport = 3;
const noDomain = 42;
const states = {
  running: [domainState.running, runningReason.booted],
  paused: [domainState.paused, pausedReason.user],
  shutoff: [domainState.shutoff, shutoffReason.destroyed],
} as const;

function paramsOf({ power, cpuTimeNs, nics }: SmallVm): readonly TypedParam[] {
  const [state, reason] = states[power];
  const always = [
    typedParam.int("state.state", state),
    typedParam.int("state.reason", reason),
    typedParam.ullong("balloon.maximum", 1_048_576n),
    typedParam.uint("vcpu.current", 2),
  ];
  if (power === "shutoff") return always;
  return [
    ...always,
    typedParam.ullong("cpu.time", cpuTimeNs),
    typedParam.ullong("balloon.rss", 524_288n),
    typedParam.uint("net.count", nics.length),
    ...nics.flatMap(({ rxBytes, txBytes }, index) => [
      typedParam.ullong(`net.${index}.rx.bytes`, rxBytes),
      typedParam.ullong(`net.${index}.tx.bytes`, txBytes),
    ]),
  ];
}

const domOf = ({ uuid, name, power }: SmallVm): Dom => ({ uuid, name, id: power === "shutoff" ? -1 : 1 });

const xmlOf = ({ uuid, name, nics }: SmallVm): string =>
  `<domain type='kvm'><name>${name}</name><uuid>${uuid}</uuid><memory unit='KiB'>1048576</memory><vcpu>2</vcpu>
<os><type arch='x86_64'>hvm</type></os><devices>${nics
    .map(({ mac }) => `<interface type='bridge'><mac address='${mac}'/><source bridge='br'/></interface>`)
    .join("")}</devices></domain>`;

const node = {
  model: "x86_64",
  memoryKiB: 8_388_608n,
  cpus: 4,
  mhz: 2_000,
  nodes: 1,
  sockets: 1,
  cores: 4,
  threads: 1,
};

const memoryStats = {
  params: [
    { field: "total", value: 8_388_608n },
    { field: "free", value: 4_194_304n },
    { field: "buffers", value: 0n },
    { field: "cached", value: 1_048_576n },
  ],
  count: 4,
};

const capabilities = `<capabilities><host><uuid>${uuidOf(99)}</uuid><cpu><arch>x86_64</arch></cpu></host></capabilities>`;
