/** A lab in use: who runs where, commands inside its places, and the handles by which tests break it. */
import { statSync } from "node:fs";
import type { LabContext } from "./context.ts";
import { imageOf } from "./guest-image/build.ts";
import { readDiskRecords } from "./guest/disk-records.ts";
import type { DiskRecords } from "./guest/disk-records.ts";
import { clientCommandOf, createDomain, hostOf, askingClientCommand, placementOf } from "./guest/guests.ts";
import { askGuest, loadGuest } from "./guest/status.ts";
import type { GuestLoad, GuestStatus } from "./guest/status.ts";
import { writeInventory } from "./inventory.ts";
import type { Inventory } from "@trunkline/model";
import { LabError } from "./lab-error.ts";
import { KILL_TIMEOUT_MS, MIGRATION_TIMEOUT_MS } from "./limits.ts";
import { cableOf, labNetwork } from "./network.ts";
import type { LabNetwork } from "./network.ts";
import { openPlan } from "./plan.ts";
import { commandLine, identify, isAlive, signalProcess } from "./process/identity.ts";
import { run } from "./process/run.ts";
import { waitFor } from "./process/wait.ts";
import { labStatus } from "./status.ts";
import type { LabOptions, LabStatus } from "./status.ts";
import type { HostPlan, LabPlan, VmPlan } from "./topology/lab-plan.ts";
import { domainXmlOf } from "./world/domain-xml.ts";
import { chosenEmulator } from "./world/emulator.ts";
import { ensureLibvirtd, keeperPid, livingLibvirtd } from "./world/hypervisor.ts";
import { localDiskFile } from "./world/local-disks.ts";
import { setLink } from "./world/links.ts";
import { namespacePids } from "./world/namespaces.ts";
import { issueCertificate } from "./world/pki.ts";
import { showTargets } from "./world/san.ts";
import type { SanSession } from "./world/tgt-show.ts";

/** In which st_blocks counts (stat(2)). */
const BLOCK_BYTES = 512;

export type Lab = {
  readonly name: string;
  readonly plan: LabPlan;
  readonly status: () => Promise<LabStatus>;
  readonly inventory: () => Inventory;

  /** The beginning of a command line that runs the rest inside the host's namespaces. */
  readonly hostCommand: (host: string) => readonly string[];
  /** The same for a client; the first one where none is named. */
  readonly clientCommand: (client?: string) => readonly string[];

  /** Undefined when none lives. */
  readonly libvirtdPid: (host: string) => number | undefined;
  /** SIGKILL; returns when the process is gone. Its guests live on. */
  readonly killLibvirtd: (host: string) => Promise<void>;
  /** Returns when it answers. */
  readonly startLibvirtd: (host: string) => Promise<void>;
  /** The QEMUs that run this VM on this host: none, one, or two for a moment. */
  readonly qemuPids: (host: string, vm: string) => Promise<readonly number[]>;
  /** One end of a cable, named by its device and port. The other end loses its carrier. */
  readonly linkDown: (device: string, port: string) => Promise<void>;
  readonly linkUp: (device: string, port: string) => Promise<void>;

  /**
   * Undefined when the guest does not answer. `verify` makes it read its disk back first; `from` is the client that asks it,
   * by default one in its segment.
   */
  readonly guestStatus: (
    vm: string,
    options?: { readonly verify?: boolean; readonly from?: string },
  ) => Promise<GuestStatus | undefined>;
  /** Changes what the guest does to its memory; returns when it does so, undefined when the guest does not answer. */
  readonly loadGuest: (vm: string, load: GuestLoad) => Promise<GuestStatus | undefined>;
  /** Another certificate for the host's memory streams: for a name that may not be its own, valid for so many days, or no longer. */
  readonly issueCertificate: (
    host: string,
    certificate: { readonly name: string; readonly days: number },
  ) => Promise<void>;
  /** @param host whose file it is, of a VM with a local disk. */
  readonly readDiskRecords: (vm: string, host?: string) => DiskRecords;
  /** Bytes allocated for a local disk on a host; undefined where it has no such file. */
  readonly localDiskBytes: (vm: string, host: string) => number | undefined;
  readonly domainXml: (vm: string) => string;
  /** Starts the VM on a host; the caller knows that it runs nowhere. */
  readonly startVm: (vm: string, host: string) => Promise<void>;
  /** A live migration from host to host by virsh; returns when the VM runs there. Host routes are left as they are. */
  readonly migrateVm: (vm: string, host: string) => Promise<void>;
  /** Who is logged in to the VM's disk, as the SAN sees it. */
  readonly sanSessions: (vm: string) => Promise<readonly SanSession[]>;
} & LabNetwork;

export function openLab(name: string, options: LabOptions = {}): Lab {
  const { plan, state } = openPlan(name, options.root);
  const context: LabContext = { plan, state, log: () => undefined, signal: options.signal };
  const domainXml = (vm: string) =>
    domainXmlOf(plan, vmOf(plan, vm), chosenEmulator(plan, state.state.acceleration), imageOf(plan.folder));
  const link = async (device: string, port: string, direction: "up" | "down") => {
    const { a, b } = cableOf(plan, device, port);
    const end = a.node.name === device && a.port === port ? a : b;
    await setLink(end.node.namespace, end.device, direction);
  };
  return {
    ...labNetwork(context, (vm) => vmOf(plan, vm)),
    name,
    plan,
    status: () => labStatus(name, options),
    inventory: () => writeInventory(plan, state),
    hostCommand: (host) => ["nsenter", "-t", String(keeperPid(context, hostOf(plan, host))), "-n", "-m", "--"],
    clientCommand: (client) => clientCommandOf(plan, client),
    libvirtdPid: (host) => livingLibvirtd(hostOf(plan, host)),
    killLibvirtd: (host) => killLibvirtd(plan, host),
    startLibvirtd: async (host) => ensureLibvirtd(context, hostOf(plan, host)),
    qemuPids: async (host, vm) => {
      const pids = await namespacePids(hostOf(plan, host).node.namespace);
      return pids.filter((pid) => isQemuOf(pid, vm));
    },
    linkDown: (device, port) => link(device, port, "down"),
    linkUp: (device, port) => link(device, port, "up"),
    guestStatus: async (vm, asked = {}) =>
      askGuest(askingClientCommand(plan, vmOf(plan, vm), asked.from), vmOf(plan, vm), {
        ...asked,
        signal: options.signal,
      }),
    loadGuest: async (vm, load) =>
      loadGuest(askingClientCommand(plan, vmOf(plan, vm)), vmOf(plan, vm), load, options.signal),
    issueCertificate: async (host, certificate) => issueCertificate(context, hostOf(plan, host), certificate),
    readDiskRecords: (vm, host) =>
      readDiskRecords(
        host === undefined ? vmOf(plan, vm).target.file : localDiskFile(hostOf(plan, host), vmOf(plan, vm)),
      ),
    localDiskBytes: (vm, host) => {
      const found = statSync(localDiskFile(hostOf(plan, host), vmOf(plan, vm)), { throwIfNoEntry: false });
      return found === undefined ? undefined : found.blocks * BLOCK_BYTES;
    },
    domainXml,
    startVm: async (vm, host) => createDomain(hostOf(plan, host), vmOf(plan, vm), domainXml(vm), options.signal),
    migrateVm: async (vm, host) => migrateVm(context, vmOf(plan, vm), hostOf(plan, host)),
    sanSessions: async (vm) => {
      const { iqn } = vmOf(plan, vm).target;
      return (await showTargets(plan.san, options.signal)).find((target) => target.iqn === iqn)?.sessions ?? [];
    },
  };
}

/** The inventory of a lab, also written to inventory.yaml in its folder. */
export function labInventory(name: string, options: LabOptions = {}): Inventory {
  return openLab(name, options).inventory();
}

async function migrateVm({ plan, state, signal }: LabContext, vm: VmPlan, target: HostPlan): Promise<void> {
  const source = (await placementOf(plan, signal)).get(vm.name);
  if (source === undefined) {
    throw new LabError("lab.not-found", `${vm.name} runs on no host of the lab ${plan.lab}`, {
      hint: "Build it anew with `trunkline lab up`.",
    });
  }
  if (source === target.node.name) return;
  const enter = ["nsenter", "-t", String(keeperPid({ state }, hostOf(plan, source))), "-n", "-m", "--"];
  const peer = `qemu+tcp://${target.managementAddress}/system`;
  const migrate = ["virsh", "-c", "qemu:///system", "migrate", "--live", "--p2p", vm.name, peer];
  await run([...enter, ...migrate], { signal, timeoutMs: MIGRATION_TIMEOUT_MS });
}

async function killLibvirtd(plan: LabPlan, host: string): Promise<void> {
  const pid = livingLibvirtd(hostOf(plan, host));
  const identity = pid === undefined ? undefined : identify(pid);
  if (identity === undefined) return;
  signalProcess(identity, "SIGKILL");
  const gone = await waitFor(() => (isAlive(identity) ? undefined : true), { timeoutMs: KILL_TIMEOUT_MS });
  if (gone === true) return;
  throw new LabError("lab.left-over", `libvirtd of ${host} (process ${identity.pid}) does not end`, {
    hint: `See what it waits for with \`cat /proc/${identity.pid}/stack\`.`,
  });
}

/** libvirt starts QEMU with `-name guest=NAME,…`; its threads and the wrapper before exec are no QEMU. */
function isQemuOf(pid: number, vm: string): boolean {
  const words = commandLine(pid);
  const name = words[words.indexOf("-name") + 1];
  return words[0]?.includes("qemu-system") === true && name?.split(",").includes(`guest=${vm}`) === true;
}

function vmOf(plan: LabPlan, name: string): VmPlan {
  const vm = plan.vms.find((candidate) => candidate.name === name);
  if (vm !== undefined) return vm;
  throw new LabError("lab.not-found", `The lab ${plan.lab} has no VM "${name}"`, {
    hint: `Its VMs are ${plan.vms.map((candidate) => candidate.name).join(", ")}.`,
  });
}
