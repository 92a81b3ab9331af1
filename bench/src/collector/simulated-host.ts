/**
 * What one simulated libvirt says: a host with VMs whose counters move with time. Answers are made once; of the
 * statistics, only the counters are written anew, because the machine that measures also plays the hosts.
 */
import { createHash } from "node:crypto";
import { domainState, encodeAnswer, runningReason, typedParam } from "@trunkline/libvirt";
import type { Dom, EncodedAnswer, EndpointAnswers, TypedParam } from "@trunkline/libvirt";

export function simulatedHost(host: number, vmCount: number): EndpointAnswers {
  const doms = Array.from({ length: vmCount }, (_, vm) => domOf(host, vm));
  const started = process.hrtime.bigint();
  const elapsedNs = (): bigint => process.hrtime.bigint() - started;
  const stats = new MovingStats(doms, host);
  const descriptions = new Map(doms.map((dom, vm) => [dom.uuid, descriptionOf(dom, host, vm)]));
  const defined = encodeAnswer("connectListAllDomains", { domains: doms, ret: doms.length });
  const constants = {
    authList: encodeAnswer("authList", { types: [] }),
    connectSupportsFeature: encodeAnswer("connectSupportsFeature", { supported: 1 }),
    connectOpen: encodeAnswer("connectOpen", undefined),
    registered: encodeAnswer("connectDomainEventCallbackRegisterAny", { callbackId: 0 }),
    hostname: encodeAnswer("connectGetHostname", { hostname: `host${host}` }),
    hypervisor: encodeAnswer("connectGetVersion", { version: 7_002_022n }),
    libvirt: encodeAnswer("connectGetLibVersion", { version: 9_000_000n }),
    node: encodeAnswer("nodeGetInfo", node),
    capabilities: encodeAnswer("connectGetCapabilities", { xml: capabilitiesOf(host) }),
    memory: encodeAnswer("nodeGetMemoryStats", memoryStats),
    cpuCount: encodeAnswer("nodeGetCpuStats", { params: [], count: 4 }),
  };
  return {
    authList: () => constants.authList,
    connectSupportsFeature: () => constants.connectSupportsFeature,
    connectOpen: () => constants.connectOpen,
    connectDomainEventCallbackRegisterAny: () => constants.registered,
    connectGetHostname: () => constants.hostname,
    connectGetVersion: () => constants.hypervisor,
    connectGetLibVersion: () => constants.libvirt,
    nodeGetInfo: () => constants.node,
    connectGetCapabilities: () => constants.capabilities,
    nodeGetMemoryStats: () => constants.memory,
    nodeGetCpuStats: ({ count }) => (count === 0 ? constants.cpuCount : cpuStats(elapsedNs())),
    connectListAllDomains: () => defined,
    connectGetAllDomainStats: () => stats.at(elapsedNs()),
    domainGetXmlDesc: ({ dom }) => encodeAnswer("domainGetXmlDesc", { xml: descriptions.get(dom.uuid) ?? "" }),
  };
}

/** The encoded statistics of all VMs, in which each counter's place is found by the value that it was made with. */
class MovingStats {
  readonly #answer: EncodedAnswer;
  readonly #counters: readonly { readonly at: number; readonly perS: bigint }[];
  readonly #view: DataView;

  constructor(doms: readonly Dom[], host: number) {
    const records = doms.map((dom, vm) => ({ dom, params: paramsOf(vm) }));
    this.#answer = encodeAnswer("connectGetAllDomainStats", { records });
    this.#view = new DataView(this.#answer.buffer, this.#answer.byteOffset, this.#answer.byteLength);
    const bytes = Buffer.from(this.#answer.buffer, this.#answer.byteOffset, this.#answer.byteLength);
    this.#counters = doms.flatMap((_, vm) =>
      perSecond.map((rate, which) => {
        const mark = Buffer.alloc(8);
        mark.writeBigUInt64BE(markOf(vm, which));
        return { at: bytes.indexOf(mark), perS: rate * BigInt(1 + ((host + vm) % 7)) };
      }),
    );
  }

  at(elapsedNs: bigint): EncodedAnswer {
    const elapsedMs = elapsedNs / 1_000_000n;
    for (const { at, perS } of this.#counters) this.#view.setBigUint64(at, (perS * elapsedMs) / 1_000n);
    return this.#answer;
  }
}

/** Processor time, bytes received, bytes sent: an eighth of one of two processors, some megabits. */
const perSecond = [125_000_000n, 400_000n, 150_000n] as const;
const markOf = (vm: number, which: number): bigint => 0x5452_4e4b_0000_0000n + BigInt(vm * perSecond.length + which);

/** As many as libvirt 9 tells of a running VM with two processors, a balloon and one interface. */
function paramsOf(vm: number): readonly TypedParam[] {
  const [cpuTime, received, sent] = perSecond.map((_, which) => markOf(vm, which));
  const kib = 1_048_576n * BigInt(1 + (vm % 4));
  const ullong = (field: string, value: bigint): TypedParam => typedParam.ullong(field, value);
  return [
    typedParam.int("state.state", domainState.running),
    typedParam.int("state.reason", runningReason.booted),
    ullong("cpu.time", cpuTime ?? 0n),
    ullong("cpu.user", 4_610_000_000n),
    ullong("cpu.system", 1_260_000_000n),
    typedParam.uint("cpu.cache.monitor.count", 0),
    ullong("cpu.haltpoll.success.time", 0n),
    ullong("cpu.haltpoll.fail.time", 0n),
    ...["current", "maximum", "swap_in", "swap_out", "major_fault", "minor_fault", "unused", "available", "usable"].map(
      (field) => ullong(`balloon.${field}`, kib),
    ),
    ullong("balloon.last-update", 0n),
    ullong("balloon.rss", kib - 4_096n),
    typedParam.uint("vcpu.current", 2),
    typedParam.uint("vcpu.maximum", 2),
    ...[0, 1].flatMap((processor) => [
      typedParam.int(`vcpu.${processor}.state`, 1),
      ullong(`vcpu.${processor}.time`, 5_080_000_000n),
      ullong(`vcpu.${processor}.wait`, 0n),
      ullong(`vcpu.${processor}.delay`, 390_317_983n),
    ]),
    typedParam.uint("net.count", 1),
    typedParam.string("net.0.name", `vnet${vm}`),
    ullong("net.0.rx.bytes", received ?? 0n),
    ...["rx.pkts", "rx.errs", "rx.drop"].map((field) => ullong(`net.0.${field}`, 22n)),
    ullong("net.0.tx.bytes", sent ?? 0n),
    ...["tx.pkts", "tx.errs", "tx.drop"].map((field) => ullong(`net.0.${field}`, 14n)),
  ];
}

function domOf(host: number, vm: number): Dom {
  const digits = createHash("sha256").update(`${host}/${vm}`).digest("hex");
  const uuid = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
  return { name: `vm-${host}-${vm}`, uuid, id: vm + 1 };
}

function cpuStats(elapsedNs: bigint): EncodedAnswer {
  const used = elapsedNs * 8n;
  const params = ["kernel", "user", "idle", "iowait"].map((field) => ({ field, value: used / 4n }));
  return encodeAnswer("nodeGetCpuStats", { params, count: params.length });
}

const node = {
  model: "x86_64",
  memoryKiB: 263_000_000n,
  cpus: 64,
  mhz: 2_400,
  nodes: 2,
  sockets: 1,
  cores: 16,
  threads: 2,
};

const memoryStats = {
  params: [
    { field: "total", value: 263_000_000n },
    { field: "free", value: 180_000_000n },
    { field: "buffers", value: 1_000_000n },
    { field: "cached", value: 20_000_000n },
  ],
  count: 4,
};

function capabilitiesOf(host: number): string {
  const uuid = domOf(host, -1).uuid;
  return `<capabilities><host><uuid>${uuid}</uuid><cpu><arch>x86_64</arch><model>Skylake-Server</model></cpu></host>
<guest><os_type>hvm</os_type><arch name='x86_64'><wordsize>64</wordsize><emulator>/usr/bin/qemu-system-x86_64</emulator>
<machine canonical='pc-q35-7.2' maxCpus='288'>q35</machine><domain type='kvm'/></arch></guest></capabilities>`;
}

function descriptionOf(dom: Dom, host: number, vm: number): string {
  const mac = [host >> 8, host & 0xff, vm].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
  return `<domain type='kvm' id='${dom.id}'><name>${dom.name}</name><uuid>${dom.uuid}</uuid>
<memory unit='KiB'>${1_048_576 * (1 + (vm % 4))}</memory><currentMemory unit='KiB'>1048576</currentMemory>
<vcpu placement='static'>2</vcpu><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><boot dev='hd'/></os>
<features><acpi/><apic/></features><cpu mode='custom' match='exact'><model fallback='forbid'>Skylake-Server</model></cpu>
<clock offset='utc'/><on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
<disk type='block' device='disk'><driver name='qemu' type='raw' cache='none'/><source dev='/dev/mapper/${dom.name}'/><target dev='vda' bus='virtio'/></disk>
<interface type='bridge'><mac address='52:54:00:${mac}'/><source bridge='br-int'/><virtualport type='openvswitch'/><target dev='vnet${vm}'/><model type='virtio'/></interface>
<memballoon model='virtio'/></devices></domain>`;
}
