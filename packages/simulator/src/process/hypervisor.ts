/** The `Hypervisor` port of one process to one simulated host. */
import type { CpuComparison } from "@trunkline/migration";
import type {
  DirtySample,
  HostFacts,
  HostName,
  Sighting,
  TransferFigures,
  VmDescription,
  VmId,
  VmSummary,
} from "@trunkline/model";
import { messageOf } from "@trunkline/model";
import type {
  DiskSize,
  EmulatorOffer,
  HostSurvey,
  Hypervisor,
  HypervisorEvent,
  StorageRoom,
  TransferBounds,
  TransferProgress,
  VmSurvey,
} from "@trunkline/ports";
import type { Host } from "../host/host.ts";
import { pace } from "../limits.ts";
import { migrationOf } from "../transfer/migration.ts";
import { dirtiedBytes } from "../transfer/sender.ts";
import type { Answer, Connection } from "./connection.ts";
import type { CallName } from "./faults.ts";
import type { ControlLine } from "./process.ts";
import { describe, factsOf, offerOf, summariesOf, surveyOf } from "./testimony.ts";

interface Question {
  readonly name: CallName;
  readonly doing: string;
  readonly vm?: VmId;
  readonly signal: AbortSignal;
  readonly deadlineMs?: number;
  readonly thinkMs?: number;
}

export class SimulatedHypervisor implements Hypervisor {
  readonly host: HostName;
  readonly uri: string;
  readonly #line: ControlLine;

  constructor(host: HostName, uri: string, line: ControlLine) {
    this.host = host;
    this.uri = uri;
    this.#line = line;
  }

  async listVms(signal: AbortSignal): Promise<readonly VmSummary[]> {
    return await this.#ask({ name: "list", doing: "list its VMs", signal }, (host) => summariesOf(host, this.host));
  }

  /** Nothing is remembered: what the caller knows is asked again, which costs nothing here. */
  async survey(_known: ReadonlyMap<VmId, VmSummary>, signal: AbortSignal): Promise<HostSurvey> {
    return await this.#ask({ name: "survey", doing: "say how it is", signal }, (host) => {
      const vms: readonly VmSurvey[] = surveyOf(host, this.host);
      const { vms: _vms, host: _host, ...facts } = factsOf(host, this.host);
      return { ...facts, cpuThreads: host.spec.cpuThreads, cpuBusyNs: Math.round(host.cpuBusyNs), vms };
    });
  }

  async sight(vm: VmId, signal: AbortSignal): Promise<Sighting> {
    const question = { name: "sight", doing: "say where its copy is", vm, signal } as const;
    try {
      return await this.#answered<Sighting>({ ...question, deadlineMs: pace.sightDeadlineMs }, (host, answer) => {
        // A monitor that hangs keeps the question for the job waiting.
        if (migrationOf(host.copies.get(vm))?.isMonitorHung !== true) answer.done(host.sight(vm));
      });
    } catch (error) {
      return { kind: "unreachable", why: messageOf(error) };
    }
  }

  async describeVm(vm: VmId, signal: AbortSignal): Promise<VmDescription | undefined> {
    return await this.#ask({ name: "describe", doing: `describe VM ${vm}`, vm, signal }, (host) => describe(host, vm));
  }

  async facts(signal: AbortSignal): Promise<HostFacts> {
    return await this.#ask({ name: "facts", doing: "say what it is", signal }, (host) => factsOf(host, this.host));
  }

  async offers(arch: string, signal: AbortSignal): Promise<EmulatorOffer> {
    return await this.#ask({ name: "offers", doing: "list its emulators", signal }, (host) => offerOf(host, arch));
  }

  async compareCpu(vm: VmDescription, signal: AbortSignal): Promise<CpuComparison> {
    const question = { name: "compare-cpu", doing: "compare the guest's CPU", vm: vm.id, signal } as const;
    return await this.#ask(question, ({ spec: { cpuModels } }) => {
      const { cpuModel = "" } = vm;
      if (cpuModels === undefined || cpuModels.includes(cpuModel))
        return { verdict: "compatible", why: "libvirt there compared it with what it can emulate" };
      return { verdict: "incompatible", why: `the CPU model ${cpuModel} is not among ${cpuModels.join(", ")}` };
    });
  }

  /** The disks here are all shared. */
  async diskSizes(vm: VmId, _disks: readonly string[], signal: AbortSignal): Promise<readonly DiskSize[] | undefined> {
    const question = { name: "describe", doing: "say how large the disks are", vm, signal } as const;
    return await this.#ask(question, (host) => (host.copies.has(vm) ? [] : undefined));
  }

  async roomFor(_path: string, signal: AbortSignal): Promise<StorageRoom | undefined> {
    return await this.#ask({ name: "facts", doing: "say what room it has", signal }, () => undefined);
  }

  async removeVolume(_path: string, signal: AbortSignal): Promise<void> {
    await this.#ask({ name: "facts", doing: "remove a volume", signal }, () => undefined);
  }

  async progress(vm: VmId, signal: AbortSignal): Promise<TransferProgress | undefined> {
    try {
      const question = { name: "progress", doing: "say how far the move is", vm, signal } as const;
      return await this.#answered<TransferProgress | undefined>(question, (host, answer) => {
        const copy = host.copies.get(vm);
        const migration = migrationOf(copy);
        if (migration?.isMonitorHung === true) return;
        answer.done(copy?.job === "migration-out" ? migration?.progress() : undefined);
      });
    } catch {
      return undefined;
    }
  }

  async tune(vm: VmId, bounds: TransferBounds, signal: AbortSignal): Promise<void> {
    await this.#act({ name: "tune", doing: "change the bounds of the move", vm, signal }, (host, answer) => {
      const copy = host.copies.get(vm);
      const migration = migrationOf(copy);
      if (copy === undefined) answer.refuse(noDomain(vm), noDomainCode);
      else if (copy.job !== "migration-out" || migration === undefined)
        answer.refuse("Requested operation is not valid: domain is not being migrated", operationInvalid);
      else {
        migration.tune(bounds);
        answer.done(undefined);
      }
    });
  }

  async measureDirt(vm: VmId, overMs: number, signal: AbortSignal): Promise<DirtySample | undefined> {
    const question = { name: "measure-dirt", doing: "measure what the guest dirties", vm, signal } as const;
    const duration = { thinkMs: pace.questionMs + overMs, deadlineMs: pace.questionDeadlineMs + overMs };
    return await this.#ask({ ...question, ...duration }, (host) => {
      const copy = host.copies.get(vm);
      return copy === undefined ? undefined : { overMs, bytes: Math.round(dirtiedBytes(copy, overMs)) };
    });
  }

  async lastTransfer(vm: VmId, signal: AbortSignal): Promise<TransferFigures | undefined> {
    const question = { name: "last-transfer", doing: "say how the move went", vm, signal } as const;
    return await this.#ask(question, (host) => (host.copies.has(vm) ? host.lastTransfers.get(vm) : undefined));
  }

  async watch(listener: (event: HypervisorEvent) => void, signal: AbortSignal): Promise<() => void> {
    let stop: () => void = () => undefined;
    await this.#answered<true>(
      { name: "watch", doing: "report events", signal },
      (_host, answer, connection: Connection) => {
        stop = connection.listen(listener);
        answer.done(true);
      },
    );
    return () => {
      stop();
    };
  }

  async announce(vm: VmId, signal: AbortSignal): Promise<void> {
    await this.#act({ name: "announce", doing: "announce the VM", vm, signal }, (host, answer) => {
      const copy = host.copies.get(vm);
      if (copy === undefined) answer.refuse(noDomain(vm), noDomainCode);
      else {
        host.announceAgain(copy);
        answer.done(undefined);
      }
    });
  }

  async pausePostCopy(vm: VmId, signal: AbortSignal): Promise<void> {
    const question = { name: "pause-post-copy", doing: "pause its post-copy", vm, signal } as const;
    await this.#act(question, (host, answer) => {
      const migration = migrationOf(host.copies.get(vm));
      if (migration?.stage === "post-copy") {
        migration.breakPostCopy();
        answer.done(undefined);
      } else
        answer.refuse(
          "Requested operation is not valid: current job is not outgoing migration in post-copy mode",
          operationInvalid,
        );
    });
  }

  async abort(vm: VmId, signal: AbortSignal): Promise<void> {
    await this.#act({ name: "abort", doing: "abort the move", vm, signal }, (host, answer) => {
      const copy = host.copies.get(vm);
      const migration = migrationOf(copy);
      if (copy === undefined) answer.refuse(noDomain(vm), noDomainCode);
      else if (copy.job !== "migration-out" || migration === undefined)
        answer.refuse("Requested operation is not valid: no job is active on the domain", operationInvalid);
      else if (migration.stage === "post-copy")
        answer.refuse("Requested operation is not valid: cannot abort migration in post-copy mode", operationInvalid);
      else {
        migration.abort();
        answer.done(undefined);
      }
    });
  }

  async resume(vm: VmId, signal: AbortSignal): Promise<void> {
    await this.#act({ name: "resume", doing: "let the VM go on", vm, signal }, (host, answer) => {
      const copy = host.copies.get(vm);
      if (copy === undefined) answer.refuse(noDomain(vm), noDomainCode);
      else if (copy.job !== "none")
        answer.refuse("Timed out during operation: cannot acquire state change lock", operationTimeout);
      else {
        if (copy.power === "paused") host.run(copy, "unpaused");
        answer.done(undefined);
      }
    });
  }

  async destroy(vm: VmId, signal: AbortSignal): Promise<void> {
    const question = { name: "destroy", doing: "end its copy of the VM", vm, signal, thinkMs: pace.destroyMs } as const;
    await this.#act(question, (host, answer) => {
      const copy = host.copies.get(vm);
      // A stopped definition has nothing to end, and an absent VM is as wanted.
      if (copy === undefined && host.definitions.has(vm))
        answer.refuse("Requested operation is not valid: domain is not running", operationInvalid);
      else {
        if (copy !== undefined) host.end(copy, "destroyed by the controller");
        answer.done(undefined);
      }
    });
  }

  async close(): Promise<void> {
    this.#line.close();
  }

  async #ask<T>(question: Question, answerOf: (host: Host) => T): Promise<T> {
    return await this.#answered<T>(question, (host, answer) => {
      answer.done(answerOf(host));
    });
  }

  async #act(question: Question, act: (host: Host, answer: Answer<undefined>) => void): Promise<void> {
    await this.#answered<undefined>(question, act);
  }

  async #answered<T>(
    { vm, deadlineMs = pace.questionDeadlineMs, thinkMs = pace.questionMs, ...question }: Question,
    serve: (host: Host, answer: Answer<T>, connection: Connection) => void,
  ): Promise<T> {
    return await this.#line.call<T>({ ...question, vm, deadlineMs, thinkMs }, serve);
  }
}

const noDomain = (vm: VmId): string => `Domain not found: no domain with matching uuid '${vm}'`;
/** VIR_ERR_NO_DOMAIN, VIR_ERR_OPERATION_INVALID, VIR_ERR_OPERATION_TIMEOUT (libvirt, virterror.h). */
const noDomainCode = 42;
const operationInvalid = 55;
const operationTimeout = 68;
