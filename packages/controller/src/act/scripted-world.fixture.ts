/**
 * Two hosts in memory that keep libvirt's promises about one VM, for tests of what the controller does around them.
 * Whatever is called is written to `calls` together with the phase that the journal held at that moment.
 */
import type { MoveState, MoveEvent } from "@trunkline/migration";
import { TrunklineError, hostName, moveId, vmId } from "@trunkline/model";
import type { HostName, MoveRequest, Sighting } from "@trunkline/model";
import type { Hypervisor, Journal, Transfer, World } from "@trunkline/ports";

export interface Script {
  /** Calls that fail, with the message of their error. */
  readonly failing?: Readonly<Record<string, string>>;
  /** Finish is carried out, its answer is lost. */
  readonly losesFinishAnswer?: boolean;
  /** The phase, and step if it has one, whose record cannot be written. */
  readonly diskFullAt?: string;
  /** Called before each of the transfer's calls. */
  readonly before?: (call: string) => void;
}

export interface ScriptedWorld {
  readonly world: World;
  readonly journal: Journal;
  readonly request: MoveRequest;
  /** `call@phase/step`, in order. */
  readonly calls: readonly string[];
  readonly states: readonly MoveState[];
  copies(): { source: Sighting; target: Sighting };
}

export function scriptedWorld(script: Script = {}): ScriptedWorld {
  const calls: string[] = [];
  const states: MoveState[] = [];
  let recorded = "nothing";
  let source: Sighting = running("booted");
  let target: Sighting = { kind: "absent" };

  const call = (name: string): void => {
    calls.push(`${name}@${recorded}`);
    script.before?.(name);
    const message = script.failing?.[name];
    if (message !== undefined) throw new TrunklineError("host.failed", message);
  };
  const transfer: Transfer = {
    begin: async () => {
      call("begin");
    },
    prepare: async () => {
      call("prepare");
      target = { kind: "present", power: "paused", reason: "migration", job: "migration-in" };
    },
    perform: async () => {
      call("perform");
      source = { kind: "present", power: "paused", reason: "migration", job: "migration-out" };
    },
    startPostCopy: async () => {
      call("start-post-copy");
      source = { kind: "present", power: "paused", reason: "postcopy", job: "migration-out" };
    },
    finish: async () => {
      call("finish");
      target = running("migrated");
      if (script.losesFinishAnswer === true) throw new TrunklineError("host.unreachable", "the answer was lost");
    },
    confirm: async () => {
      call("confirm");
      source = { kind: "absent" };
    },
    performPeerToPeer: async () => {
      call("perform-peer-to-peer");
      source = { kind: "absent" };
      target = running("migrated");
    },
    encryption: () => ({ isEncrypted: false }),
    unwind: async () => {
      calls.push(`unwind@${recorded}`);
      if (isRunning(target)) return;
      target = { kind: "absent" };
      source = running("migration-canceled");
    },
    resumeSource: async () => {
      call("resume-source");
      source = running("unpaused");
    },
    releaseSource: async () => {
      call("release-source");
      source = { kind: "absent" };
    },
    close: async () => undefined,
  };
  const hypervisor = (host: HostName): Hypervisor => ({
    host,
    uri: `qemu+unix:///system?socket=/${host}`,
    sight: async () => (host === request.source ? source : target),
    progress: async () => undefined,
    tune: async () => undefined,
    measureDirt: async () => undefined,
    diskSizes: async () => undefined,
    roomFor: async () => undefined,
    removeVolume: async (path) => {
      call(`remove ${path}`);
    },
    lastTransfer: async () => undefined,
    watch: async () => () => undefined,
    announce: async () => undefined,
    pausePostCopy: async () => {
      call("pause-post-copy");
    },
    abort: async () => {
      call("abort");
    },
    resume: async (_vm, signal) => {
      await transfer.resumeSource(signal);
    },
    destroy: async (_vm, signal) => {
      await transfer.releaseSource(signal);
    },
    close: async () => undefined,
    ...notAsked,
  });
  return {
    calls,
    states,
    request,
    copies: () => ({ source, target }),
    world: {
      inventory: { hosts: [], switches: [], links: [], probes: [], services: [] },
      clock: {
        nowMs: () => 0,
        timestamp: () => "2026-01-01T00:00:00Z",
        sleep: async () => undefined,
        deadline: () => new AbortController().signal,
      },
      random: { uuid: () => "00000000-0000-4000-8000-000000000000", next: () => 0 },
      identify: async () => "h1",
      attach: async () => undefined,
      detach: async () => undefined,
      hypervisor,
      openTransfer: async () => transfer,
      openHandover: () => "no switches",
      clearHandover: async () => undefined,
      virtualSwitches: () => [],
      probes: () => [],
      shell: () => undefined,
      fabricDocument: async () => undefined,
      neighbours: async () => [],
      close: async () => undefined,
    },
    journal: {
      ...emptyJournal,
      append: async (_id: string, _event: MoveEvent, state: MoveState) => {
        const name = "step" in state ? `${state.phase}/${state.step}` : state.phase;
        if (name === script.diskFullAt) throw new TrunklineError("store.failed", "no space left on device");
        recorded = name;
        states.push(state);
      },
    },
  };
}

export const isRunning = (sighting: Sighting): boolean => sighting.kind === "present" && sighting.power === "running";

const running = (reason: "booted" | "migrated" | "unpaused" | "migration-canceled"): Sighting => ({
  kind: "present",
  power: "running",
  reason,
  job: "none",
});

const request: MoveRequest = {
  id: moveId("m1"),
  vm: vmId("6f1d9d1e-1111-4222-8333-abcdefabcdef"),
  vmName: "vm1",
  source: hostName("h1"),
  target: hostName("h2"),
  sourceUri: "qemu+unix:///system?socket=/h1",
  targetUri: "qemu+unix:///system?socket=/h2",
  driver: "client",
  memoryMiB: 256,
  isPersistent: false,
  handover: false,
  asked: { by: "test", origin: "operator", priority: 0, outlivesProcess: false },
};

const refuse = async (): Promise<never> => await Promise.reject(new Error("a move does not ask this"));
const notAsked = {
  survey: refuse,
  listVms: refuse,
  describeVm: refuse,
  facts: refuse,
  offers: refuse,
  compareCpu: refuse,
};

const emptyJournal = {
  readOnly: false,
  addMove: async () => undefined,
  amend: async () => undefined,
  pageMoves: async () => [],
  addReport: async () => undefined,
  listMoves: async () => [],
  findMove: async () => undefined,
  transitions: async () => [],
  unfinished: async () => [],
  unreported: async () => [],
  close: async () => undefined,
};
