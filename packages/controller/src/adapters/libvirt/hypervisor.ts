/** The `Hypervisor` port over libvirt's RPC. */
import {
  abortJobFlags,
  domByUuid,
  jobStatsFlags,
  listDomainsFlags,
  numberParam,
  parseCapabilities,
  parseDomain,
  remoteErrorCode,
  statsGroups,
} from "@trunkline/libvirt";
import type {
  Connection,
  Dom,
  EventKind,
  LibvirtEvent,
  ProcedureArgs,
  ProcedureName,
  ProcedureResult,
} from "@trunkline/libvirt";
import type { CpuComparison } from "@trunkline/migration";
import { TrunklineError, isOlder, messageOf, vmId } from "@trunkline/model";
import type {
  DirtySample,
  HostFacts,
  HostName,
  InventoryHost,
  JobKind,
  Sighting,
  TransferFigures,
  Version,
  VmDescription,
  VmId,
  VmSummary,
} from "@trunkline/model";
import type {
  DiskSize,
  EmulatorOffer,
  HostSurvey,
  Hypervisor,
  HypervisorEvent,
  StorageRoom,
  TransferBounds,
  TransferProgress,
} from "@trunkline/ports";
import { limits } from "../../limits.ts";
import { systemClock } from "../system/system-clock.ts";
import { ConnectionHolder } from "./connection-holder.ts";
import { describe } from "./description.ts";
import { measureDirt } from "./dirt.ts";
import type { Ask } from "./dirt.ts";
import { hostError, remoteCodeOf } from "./errors.ts";
import { hypervisorEventOf } from "./events.ts";
import { figuresOf, mibPerS, progressOf } from "./figures.ts";
import { jobOf, powerOf, reasonOf } from "./sighting.ts";
import { diskSizes, removeVolume, roomFor } from "./storage.ts";
import { Surveyor } from "./survey.ts";
import { versionOf } from "./version.ts";

export class LibvirtHypervisor implements Hypervisor {
  readonly host: HostName;
  readonly uri: string;
  readonly #control: ConnectionHolder;
  /** Apart from the other: a survey that a stuck VM holds up must not stand in the way of a move's abort. */
  readonly #observation: ConnectionHolder;
  readonly #surveyor: Surveyor;

  constructor(host: InventoryHost) {
    this.host = host.name;
    this.uri = host.uri;
    this.#control = new ConnectionHolder(host.uri);
    this.#observation = new ConnectionHolder(host.uri);
    this.#surveyor = new Surveyor(host.name);
  }

  async listVms(signal: AbortSignal): Promise<readonly VmSummary[]> {
    const args = { needResults: 1, flags: 0 };
    const { domains } = await this.#ask("list its VMs", "connectListAllDomains", args, signal);
    const persistent = await this.#ask(
      "list its VMs",
      "connectListAllDomains",
      { needResults: 1, flags: listDomainsFlags.persistent },
      signal,
    );
    const defined = new Set(persistent.domains.map((dom) => dom.uuid));
    const summaries = await Promise.all(
      domains.map(async (dom) => await this.#summary(dom, defined.has(dom.uuid), signal)),
    );
    return summaries.filter((summary) => summary !== undefined);
  }

  /** A connection on which a question was not answered is given up: more questions would only pile up behind it. */
  async survey(known: ReadonlyMap<VmId, VmSummary>, signal: AbortSignal): Promise<HostSurvey> {
    const doing = "tell of itself and its VMs";
    const connection = await this.#connection(this.#observation, doing, signal);
    try {
      return await this.#surveyor.survey(connection, known, signal);
    } catch (error) {
      if (remoteCodeOf(error) === undefined) this.#observation.giveUp(connection);
      throw hostError(this.host, doing, error);
    }
  }

  async sight(vm: VmId, signal: AbortSignal): Promise<Sighting> {
    const dom = domByUuid(vm);
    const bounded = AbortSignal.any([signal, systemClock.deadline(limits.sightMs)]);
    try {
      const connection = await this.#control.get(bounded);
      const state = await connection.call("domainGetState", { dom, flags: 0 }, { signal: bounded });
      const power = powerOf(state.state);
      const job = power === "shutoff" ? "none" : await this.#jobOf(connection, dom, bounded);
      return { kind: "present", power, reason: reasonOf(state.state, state.reason), job };
    } catch (error) {
      if (remoteCodeOf(error) === remoteErrorCode.noDomain) return { kind: "absent" };
      return { kind: "unreachable", why: messageOf(error) };
    }
  }

  async describeVm(vm: VmId, signal: AbortSignal): Promise<VmDescription | undefined> {
    const dom = domByUuid(vm);
    const doing = `describe VM ${vm}`;
    const xml = await this.#ifPresent(doing, "domainGetXmlDesc", { dom, flags: 0 }, signal);
    if (xml === undefined) return undefined;
    const domain = parseDomain(xml.xml);
    const connection = await this.#connection(this.#control, doing, signal);
    const args = { dom, needResults: 0, flags: 0 };
    const [snapshots, job, stats, ramBlockBytes] = await Promise.all([
      this.#ask(doing, "domainListAllSnapshots", args, signal),
      this.#jobOf(connection, dom, signal),
      this.#ask(doing, "connectGetAllDomainStats", { doms: [dom], stats: statsGroups.balloon, flags: 0 }, signal),
      domain.type === "qemu" ? this.#ramBlockBytes(dom, signal) : undefined,
    ]);
    const rssKiB = numberParam(stats.records[0]?.params ?? [], "balloon.rss");
    return describe(domain, {
      snapshotCount: snapshots.ret,
      job,
      memoryInUseBytes: rssKiB === undefined ? undefined : Math.min(rssKiB * 1024, domain.memoryMiB * 1024 * 1024),
      ramBlockBytes,
    });
  }

  async facts(signal: AbortSignal): Promise<HostFacts> {
    const doing = "say what it is";
    const [hostname, hypervisor, libvirt, memory, capabilities, vms] = await Promise.all([
      this.#ask(doing, "connectGetHostname", undefined, signal),
      this.#ask(doing, "connectGetVersion", undefined, signal),
      this.#ask(doing, "connectGetLibVersion", undefined, signal),
      this.#memory(signal),
      this.#ask(doing, "connectGetCapabilities", undefined, signal),
      this.listVms(signal),
    ]);
    const { hostUuid, arch } = parseCapabilities(capabilities.xml);
    return {
      host: this.host,
      hostname: hostname.hostname,
      hostUuid,
      hypervisorVersion: versionOf(hypervisor.version),
      libvirtVersion: versionOf(libvirt.version),
      memoryMiB: memory.totalMiB,
      memoryFreeMiB: memory.availableMiB,
      arch,
      vms,
    };
  }

  async offers(arch: string, signal: AbortSignal): Promise<EmulatorOffer> {
    const { xml } = await this.#ask("list its emulators", "connectGetCapabilities", undefined, signal);
    const guests = parseCapabilities(xml).guests.filter((guest) => guest.arch === arch);
    return {
      machines: guests.flatMap((guest) =>
        guest.machines.flatMap(({ name, canonical }) => (canonical === undefined ? [name] : [name, canonical])),
      ),
      accelerators: [...new Set(guests.flatMap((guest) => guest.domainTypes))],
    };
  }

  /** libvirt's own comparison on the target, for the emulator and accelerator that the VM uses. */
  async compareCpu(vm: VmDescription, signal: AbortSignal): Promise<CpuComparison> {
    if (vm.cpuXml === undefined) return { verdict: "compatible", why: "it uses the emulator's default CPU" };
    try {
      const { result } = await (
        await this.#control.get(signal)
      ).call(
        "connectCompareHypervisorCpu",
        {
          emulator: vm.emulator === "" ? null : vm.emulator,
          arch: vm.arch,
          machine: null,
          virtType: vm.accelerator,
          xml: vm.cpuXml,
          flags: failWhenIncompatible,
        },
        { signal },
      );
      if (result > 0) return { verdict: "compatible", why: "libvirt there compared it with what it can emulate" };
      return { verdict: "incompatible", why: "libvirt there calls it incompatible" };
    } catch (error) {
      if (remoteCodeOf(error) === remoteErrorCode.cpuIncompatible)
        return { verdict: "incompatible", why: messageOf(error) };
      throw hostError(this.host, "compare the guest's CPU", error);
    }
  }

  async diskSizes(vm: VmId, disks: readonly string[], signal: AbortSignal): Promise<readonly DiskSize[] | undefined> {
    const doing = "say how large the VM's disks are";
    return await this.#on(doing, signal, async (connection) => await diskSizes(connection, vm, disks, signal));
  }

  async roomFor(path: string, signal: AbortSignal): Promise<StorageRoom | undefined> {
    const doing = "say what room it has for a disk";
    return await this.#on(doing, signal, async (connection) => await roomFor(connection, path, signal));
  }

  async removeVolume(path: string, signal: AbortSignal): Promise<void> {
    const doing = "remove the copy of a disk";
    await this.#on(doing, signal, async (connection) => {
      await removeVolume(connection, path, signal);
    });
  }

  async progress(vm: VmId, signal: AbortSignal): Promise<TransferProgress | undefined> {
    const args = { dom: domByUuid(vm), flags: 0 };
    try {
      const { type, params } = await (await this.#control.get(signal)).call("domainGetJobStats", args, { signal });
      return jobOf(type, numberParam(params, "operation")) === "migration-out" ? progressOf(params) : undefined;
    } catch {
      // Progress is for the eyes: it may hang or fail while the source flushes its last pass.
      return undefined;
    }
  }

  async tune(vm: VmId, { maxRateBps, maxDowntimeMs }: TransferBounds, signal: AbortSignal): Promise<void> {
    const dom = domByUuid(vm);
    const doing = "change the bounds of the move";
    if (maxRateBps !== undefined)
      await this.#ask(
        doing,
        "domainMigrateSetMaxSpeed",
        { dom, bandwidthMiBps: BigInt(mibPerS(maxRateBps)), flags: 0 },
        signal,
      );
    if (maxDowntimeMs !== undefined)
      await this.#ask(
        doing,
        "domainMigrateSetMaxDowntime",
        { dom, downtimeMs: BigInt(maxDowntimeMs), flags: 0 },
        signal,
      );
  }

  async measureDirt(vm: VmId, overMs: number, signal: AbortSignal): Promise<DirtySample | undefined> {
    const doing = "measure what the guest dirties";
    const ask: Ask = async (procedure, args) => await this.#ask(doing, procedure, args, signal);
    try {
      return await measureDirt(ask, domByUuid(vm), overMs, signal);
    } catch (error) {
      if (error instanceof TrunklineError && cannotTell.has(remoteCodeOf(error.cause) ?? 0)) return undefined;
      throw error;
    }
  }

  async lastTransfer(vm: VmId, signal: AbortSignal): Promise<TransferFigures | undefined> {
    const args = { dom: domByUuid(vm), flags: jobStatsFlags.completed | jobStatsFlags.keepCompleted };
    const stats = await this.#ifPresent("say how the move went", "domainGetJobStats", args, signal);
    return stats === undefined || stats.params.length === 0 ? undefined : figuresOf(stats.params);
  }

  /**
   * On the connection of the moves where there is one, else on that of the surveys: a host that is only observed has no
   * other, which halves what a thousand of them cost.
   */
  async watch(listener: (event: HypervisorEvent) => void, signal: AbortSignal): Promise<() => void> {
    const connection = this.#control.standing ?? (await this.#connection(this.#observation, "report events", signal));
    let isWatching = true;
    const stop = connection.onEvent((event: LibvirtEvent) => {
      const translated = hypervisorEventOf(event);
      if (translated !== undefined) listener(translated);
    });
    await connection.registerEvents(["lifecycle"], { signal });
    await Promise.all(comforts.map(async (kind) => await registerIfKnown(connection, kind, signal)));
    void connection.closed.then((reason) => {
      if (isWatching) listener({ kind: "connection-lost", why: reason.message });
    });
    return () => {
      isWatching = false;
      stop();
    };
  }

  async announce(vm: VmId, signal: AbortSignal): Promise<void> {
    const command = JSON.stringify({ execute: "announce-self", arguments: announcements });
    const args = { dom: domByUuid(vm), command, flags: 0 };
    const { result } = await this.#ask("announce the VM", "qemuDomainMonitorCommand", args, signal);
    const answer = JSON.parse(result) as { error?: { desc?: string } };
    if (answer.error === undefined) return;
    throw new TrunklineError("host.failed", `${this.host} could not announce the VM: ${answer.error.desc ?? ""}`);
  }

  async abort(vm: VmId, signal: AbortSignal): Promise<void> {
    await this.#ask("abort the move", "domainAbortJob", { dom: domByUuid(vm) }, signal);
  }

  async pausePostCopy(vm: VmId, signal: AbortSignal): Promise<void> {
    const args = { dom: domByUuid(vm), flags: abortJobFlags.postCopy };
    await this.#ask("pause its post-copy", "domainAbortJobFlags", args, signal);
  }

  async resume(vm: VmId, signal: AbortSignal): Promise<void> {
    await this.#ask("let the VM go on", "domainResume", { dom: domByUuid(vm) }, signal);
  }

  async destroy(vm: VmId, signal: AbortSignal): Promise<void> {
    await this.#ifPresent("end its copy of the VM", "domainDestroy", { dom: domByUuid(vm) }, signal);
  }

  async close(): Promise<void> {
    await Promise.all([this.#control.close(), this.#observation.close()]);
  }

  async #summary(dom: Dom, persistent: boolean, signal: AbortSignal): Promise<VmSummary | undefined> {
    const state = await this.#ifPresent("list its VMs", "domainGetState", { dom, flags: 0 }, signal);
    const xml = await this.#ifPresent("list its VMs", "domainGetXmlDesc", { dom, flags: 0 }, signal);
    if (state === undefined || xml === undefined) return undefined;
    const domain = parseDomain(xml.xml);
    return {
      id: vmId(dom.uuid),
      name: dom.name,
      host: this.host,
      power: powerOf(state.state),
      reason: reasonOf(state.state, state.reason),
      memoryMiB: domain.memoryMiB,
      macs: domain.nics.map((nic) => nic.mac.toLowerCase()),
      persistent,
    };
  }

  async #jobOf(connection: Connection, dom: Dom, signal: AbortSignal): Promise<JobKind> {
    try {
      const { type, params } = await connection.call("domainGetJobStats", { dom, flags: 0 }, { signal });
      return jobOf(type, numberParam(params, "operation"));
    } catch (error) {
      const code = remoteCodeOf(error);
      // An incoming VM refuses the question with 84; one that does not run has no job (55).
      if (code === remoteErrorCode.operationUnsupported) return "migration-in";
      if (code === remoteErrorCode.operationInvalid) return "none";
      throw error;
    }
  }

  /**
   * Both figures from one source: nodeGetInfo counts by NUMA node, and was seen to name less than was free. Available is
   * what is free or reclaimable; what Linux calls so (proc(5), MemAvailable) is not among libvirt's figures.
   */
  async #memory(signal: AbortSignal): Promise<{ readonly totalMiB: number; readonly availableMiB: number }> {
    const args = { count: memoryStatsWanted, cell: allCells, flags: 0 };
    const { params } = await this.#ask("say how much memory is free", "nodeGetMemoryStats", args, signal);
    const sumMiB = (...fields: readonly string[]): number => {
      const named = params.filter((figure) => fields.includes(figure.field));
      return Math.floor(named.reduce((sum, figure) => sum + Number(figure.value), 0) / 1024);
    };
    return { totalMiB: sumMiB("total"), availableMiB: sumMiB("free", "buffers", "cached") };
  }

  /** Base memory as QEMU made it (QMP query-memory-size-summary); libvirt's XML rounds it to MiB. */
  async #ramBlockBytes(dom: Dom, signal: AbortSignal): Promise<number | undefined> {
    const { version } = await this.#ask("say its version", "connectGetVersion", undefined, signal);
    if (!isOlder(versionOf(version), firstSafeEmulator)) return undefined;
    const command = JSON.stringify({ execute: "query-memory-size-summary" });
    try {
      const { result } = await this.#ask(
        "ask the emulator",
        "qemuDomainMonitorCommand",
        { dom, command, flags: 0 },
        signal,
      );
      const answer = JSON.parse(result) as { return?: { "base-memory"?: number } };
      return answer.return?.["base-memory"];
    } catch {
      return undefined;
    }
  }

  async #connection(holder: ConnectionHolder, doing: string, signal: AbortSignal): Promise<Connection> {
    try {
      return await holder.get(signal);
    } catch (error) {
      throw hostError(this.host, doing, error);
    }
  }

  /** Several questions that belong together, on the connection of the moves. */
  async #on<T>(doing: string, signal: AbortSignal, work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#control.get(signal));
    } catch (error) {
      throw hostError(this.host, doing, error);
    }
  }

  async #ask<P extends ProcedureName>(
    doing: string,
    procedure: P,
    args: ProcedureArgs<P>,
    signal: AbortSignal,
  ): Promise<ProcedureResult<P>> {
    try {
      const connection = await this.#control.get(signal);
      return await connection.call(procedure, args, { signal });
    } catch (error) {
      throw hostError(this.host, doing, error);
    }
  }

  /** As `#ask`, for VMs that may vanish between two questions. */
  async #ifPresent<P extends ProcedureName>(
    doing: string,
    procedure: P,
    args: ProcedureArgs<P>,
    signal: AbortSignal,
  ): Promise<ProcedureResult<P> | undefined> {
    try {
      return await this.#ask(doing, procedure, args, signal);
    } catch (error) {
      if (error instanceof TrunklineError && remoteCodeOf(error.cause) === remoteErrorCode.noDomain) return undefined;
      throw error;
    }
  }
}

/** VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE: answer with an error that names the missing features. */
const failWhenIncompatible = 1;
/** VIR_NODE_MEMORY_STATS_ALL_CELLS, and room for total, free, buffers, cached. */
const allCells = -1;
const memoryStatsWanted = 4;
/** QEMU 8.2.2 mended the TCG dirty bitmap; later ones need no such question. */
const firstSafeEmulator: Version = { major: 8, minor: 2, patch: 2 };

/** The VM does not run, the emulator is too old, or libvirt: nothing is wrong with the host. */
const cannotTell: ReadonlySet<number> = new Set([
  remoteErrorCode.operationInvalid,
  remoteErrorCode.operationUnsupported,
  remoteErrorCode.noDomain,
]);

/** As after a migration: five within 550 ms (QEMU, announce-self and the parameters announce-*). */
const announcements = { initial: 50, max: 550, rounds: 5, step: 100 } as const;

/** Events that make a move's report richer; a libvirt that refuses them is watched without. */
const comforts = ["migration-iteration", "job-completed"] as const;

async function registerIfKnown(connection: Connection, kind: EventKind, signal: AbortSignal): Promise<void> {
  try {
    await connection.registerEvents([kind], { signal });
  } catch (error) {
    if (remoteCodeOf(error) === undefined) throw error;
  }
}
