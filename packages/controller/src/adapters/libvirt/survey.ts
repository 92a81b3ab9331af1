/**
 * A host and all its VMs in four questions, asked at once. libvirt serves five calls of a connection at a time
 * (`max_client_requests` of libvirtd.conf), so one is left for what comes in between.
 *
 * What a daemon cannot change while it lives (names, versions, threads) is asked once per connection. What a VM's XML
 * alone says is asked for VMs that nobody knows yet, and for those that gained or lost a network interface meanwhile.
 */
import {
  LibvirtError,
  interfaceMacsOf,
  listDomainsFlags,
  numberParam,
  parseCapabilities,
  parseDomain,
  remoteErrorCode,
  statsFlags,
  statsGroups,
} from "@trunkline/libvirt";
import type { Connection, Dom, ProcedureResult, TypedParam } from "@trunkline/libvirt";
import { vmId } from "@trunkline/model";
import type { HostName, VmId, VmSummary } from "@trunkline/model";
import type { HostSurvey, VmSurvey } from "@trunkline/ports";
import { limits } from "../../limits.ts";
import { powerOf, reasonOf } from "./sighting.ts";
import { versionOf } from "./version.ts";

export class Surveyor {
  readonly #host: HostName;
  /** Asked of this connection; another one may lead to a daemon that was replaced meanwhile. */
  #constants: { readonly of: Connection; readonly value: HostConstants } | undefined;

  constructor(host: HostName) {
    this.#host = host;
  }

  async survey(connection: Connection, known: ReadonlyMap<VmId, VmSummary>, signal: AbortSignal): Promise<HostSurvey> {
    const options = { signal };
    const constants = await this.#constantsOf(connection, signal);
    // The statistics come last: eight hundred thousand parameters of a large cluster are read as they arrive, and none of
    // them grows old while other answers are waited for.
    const [defined, memory, cpu, records] = await Promise.all([
      connection.call("connectListAllDomains", { needResults: 1, flags: listDomainsFlags.persistent }, options),
      connection.call("nodeGetMemoryStats", { count: memoryFigures, cell: sumOfAll, flags: 0 }, options),
      constants.cpuFigures === 0
        ? undefined
        : connection.call("nodeGetCpuStats", { cpu: sumOfAll, count: constants.cpuFigures, flags: 0 }, options),
      askFigures(connection, signal),
    ]);
    const persistent = new Set(defined.domains.map(({ uuid }) => uuid));
    const { cpuFigures: _, ...said } = constants;
    return {
      ...said,
      cpuBusyNs: cpu === undefined ? undefined : sumOf(cpu.params, busyStates),
      memoryMiB: Math.floor(sumOf(memory.params, ["total"]) / 1024),
      memoryFreeMiB: Math.floor(sumOf(memory.params, availableMemory) / 1024),
      vms: await this.#vmsOf(connection, records, { known, persistent }, signal),
    };
  }

  async #constantsOf(connection: Connection, signal: AbortSignal): Promise<HostConstants> {
    if (this.#constants?.of === connection) return this.#constants.value;
    const value = await askConstants(connection, signal);
    this.#constants = { of: connection, value };
    return value;
  }

  async #vmsOf(
    connection: Connection,
    records: readonly VmRecord[],
    { known, persistent }: Remembered,
    signal: AbortSignal,
  ): Promise<readonly VmSurvey[]> {
    const vms: VmSurvey[] = [];
    const unknown: Wanted[] = [];
    for (const { dom, figures } of records) {
      const id = vmId(dom.uuid);
      const before = known.get(id);
      const isOld = before === undefined || (figures.nics !== undefined && figures.nics !== before.macs.length);
      if (isOld) unknown.push({ at: vms.length, dom, hasMemory: figures.maximumMiB !== undefined });
      vms.push({
        id: before?.id ?? id,
        name: before?.name === dom.name ? before.name : dom.name,
        host: this.#host,
        power: powerOf(figures.state),
        reason: reasonOf(figures.state, figures.reason),
        memoryMiB: figures.maximumMiB ?? before?.memoryMiB ?? 0,
        macs: before?.macs ?? [],
        persistent: persistent.has(dom.uuid),
        vcpus: figures.vcpus,
        cpuTimeNs: figures.cpuTimeNs,
        memoryInUseMiB: figures.memoryInUseMiB,
        rxBytes: figures.rxBytes,
        txBytes: figures.txBytes,
      });
    }
    if (unknown.length === 0) return vms;
    const described = await describeAll(connection, unknown, signal);
    return vms.flatMap((vm, at) => {
      const answer = described.get(at);
      if (answer === undefined) return [vm];
      return answer === "vanished" ? [] : [{ ...vm, ...answer }];
    });
  }
}

interface HostConstants extends Pick<
  HostSurvey,
  "hostname" | "hostUuid" | "arch" | "libvirtVersion" | "hypervisorVersion" | "cpuThreads"
> {
  /** How many figures `nodeGetCpuStats` insists on being asked for; none where the host has no such thing. */
  readonly cpuFigures: number;
}

interface Remembered {
  readonly known: ReadonlyMap<VmId, VmSummary>;
  readonly persistent: ReadonlySet<string>;
}

interface VmRecord {
  readonly dom: Dom;
  readonly figures: VmFigures;
}

type HostFigure = ProcedureResult<"nodeGetMemoryStats">["params"][number];
type FromXml = Pick<VmSummary, "macs"> & Partial<Pick<VmSummary, "memoryMiB">>;

interface Wanted {
  readonly at: number;
  readonly dom: Dom;
  readonly hasMemory: boolean;
}

/** `noWait`: a VM in a long job tells what it can; waiting for it would hold up the answer for the whole host. */
const groups =
  statsGroups.state | statsGroups.cpuTotal | statsGroups.balloon | statsGroups.vcpu | statsGroups.interface;
/** VIR_NODE_CPU_STATS_ALL_CPUS and VIR_NODE_MEMORY_STATS_ALL_CELLS. */
const sumOfAll = -1;
/** total, free, buffers, cached. */
const memoryFigures = 4;

async function askConstants(connection: Connection, signal: AbortSignal): Promise<HostConstants> {
  const options = { signal };
  // Four and two: no more than libvirt serves at a time.
  const [hostname, hypervisor, libvirt, node] = await Promise.all([
    connection.call("connectGetHostname", undefined, options),
    connection.call("connectGetVersion", undefined, options),
    connection.call("connectGetLibVersion", undefined, options),
    connection.call("nodeGetInfo", undefined, options),
  ]);
  const [capabilities, cpuFigures] = await Promise.all([
    connection.call("connectGetCapabilities", undefined, options),
    countCpuFigures(connection, signal),
  ]);
  const { hostUuid, arch } = parseCapabilities(capabilities.xml);
  return {
    hostname: hostname.hostname,
    hostUuid,
    arch,
    libvirtVersion: versionOf(libvirt.version),
    hypervisorVersion: versionOf(hypervisor.version),
    cpuThreads: node.cpus,
    cpuFigures,
  };
}

async function countCpuFigures(connection: Connection, signal: AbortSignal): Promise<number> {
  try {
    const { count } = await connection.call("nodeGetCpuStats", { cpu: sumOfAll, count: 0, flags: 0 }, { signal });
    return count;
  } catch (error) {
    if (error instanceof LibvirtError && error.remote !== undefined) return 0;
    throw error;
  }
}

/** Reads the parameters at once, for the same reason. */
async function askFigures(connection: Connection, signal: AbortSignal): Promise<readonly VmRecord[]> {
  const args = { doms: [], stats: groups, flags: statsFlags.noWait };
  const { records } = await connection.call("connectGetAllDomainStats", args, { signal });
  return records.map(({ dom, params }) => ({ dom, figures: readFigures(params) }));
}

/** What the XML says of each, by its place; a bounded number of questions at a time. */
async function describeAll(
  connection: Connection,
  wanted: readonly Wanted[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, FromXml | "vanished">> {
  const answers = new Map<number, FromXml | "vanished">();
  const rest = wanted.values();
  const askOneByOne = async (): Promise<void> => {
    for (const one of rest) answers.set(one.at, await describeOne(connection, one, signal));
  };
  await Promise.all(Array.from({ length: limits.surveyDescriptionsAtOnce }, askOneByOne));
  return answers;
}

async function describeOne(
  connection: Connection,
  { dom, hasMemory }: Wanted,
  signal: AbortSignal,
): Promise<FromXml | "vanished"> {
  const xml = await xmlOf(connection, dom, signal);
  if (xml === undefined) return "vanished";
  // The whole document costs thirty times as much as the addresses in it, and a start of ours reads all of a cluster's.
  const macs = interfaceMacsOf(xml);
  return hasMemory ? { macs } : { macs, memoryMiB: parseDomain(xml).memoryMiB };
}

async function xmlOf(connection: Connection, dom: Dom, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { xml } = await connection.call("domainGetXmlDesc", { dom, flags: 0 }, { signal });
    return xml;
  } catch (error) {
    if (error instanceof LibvirtError && error.remote?.code === remoteErrorCode.noDomain) return undefined;
    throw error;
  }
}

interface VmFigures {
  state: number;
  reason: number;
  cpuTimeNs: number | undefined;
  maximumMiB: number | undefined;
  memoryInUseMiB: number | undefined;
  vcpus: number;
  nics: number | undefined;
  rxBytes: number | undefined;
  txBytes: number | undefined;
}

/** Counters of all its interfaces together; a VM without one, and one that does not run, has none. */
function readFigures(params: readonly TypedParam[]): VmFigures {
  const read = (field: string): number | undefined => numberParam(params, field);
  const maximumKiB = read("balloon.maximum");
  const residentKiB = read("balloon.rss");
  const nics = read("net.count");
  const sum = (direction: "rx" | "tx"): number | undefined => {
    let bytes: number | undefined;
    for (let index = 0; index < (nics ?? 0); index += 1) {
      const counter = read(`net.${index}.${direction}.bytes`);
      if (counter !== undefined) bytes = (bytes ?? 0) + counter;
    }
    return bytes;
  };
  const maximumMiB = maximumKiB === undefined ? undefined : maximumKiB / 1024;
  const residentMiB = residentKiB === undefined ? undefined : residentKiB / 1024;
  return {
    state: read("state.state") ?? 0,
    reason: read("state.reason") ?? 0,
    cpuTimeNs: read("cpu.time"),
    maximumMiB,
    // The emulator's own memory is in the resident set too.
    memoryInUseMiB: residentMiB === undefined ? undefined : Math.min(residentMiB, maximumMiB ?? residentMiB),
    vcpus: read("vcpu.current") ?? 0,
    nics,
    rxBytes: sum("rx"),
    txBytes: sum("tx"),
  };
}

/** Free and reclaimable; what Linux calls "available" (proc(5), MemAvailable) is not among libvirt's figures. */
const availableMemory = ["free", "buffers", "cached"];
/** virNodeGetCPUStats: of kernel, user, idle, iowait and intr, the ones in which a thread works. */
const busyStates = ["kernel", "user", "intr"];

function sumOf(figures: readonly HostFigure[], fields: readonly string[]): number {
  let sum = 0;
  for (const { field, value } of figures) if (fields.includes(field)) sum += Number(value);
  return sum;
}
