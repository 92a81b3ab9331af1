/** Asks everything that the checks of one move look at: both hosts, the switches, and the target's own tries. */
import { known, unknown } from "@trunkline/migration";
import type { CpuComparison, DiskProof, Known, LocalDisk, MoveFacts, StorageFacts } from "@trunkline/migration";
import { TrunklineError, messageOf } from "@trunkline/model";
import type {
  HostName,
  MoveDriver,
  MoveRequest,
  StorageCopy,
  VmDescription,
  VmDisk,
  VmSummary,
} from "@trunkline/model";
import type { HostShell, Hypervisor, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import { fabricNow } from "./fabric-now.ts";
import type { Placements } from "./fabric-now.ts";
import { readFabric } from "./read-fabric.ts";

export interface MoveQuestion {
  readonly vm: VmSummary;
  readonly target: HostName;
  readonly driver: MoveDriver;
  readonly copyStorage?: StorageCopy;
  /** Moves that have their place already: what they take of the target is spoken for. */
  readonly alongside: readonly MoveRequest[];
  readonly placements: Placements;
}

export async function gatherFacts(world: World, wish: MoveQuestion, signal: AbortSignal): Promise<MoveFacts> {
  const sourceName = wish.vm.host;
  const source = world.hypervisor(sourceName);
  const target = world.hypervisor(wish.target);
  const vm = await source.describeVm(wish.vm.id, signal);
  if (vm === undefined)
    throw new TrunklineError("vm.unknown", `${wish.vm.name} left ${sourceName} while it was being looked at`);

  const shell = world.shell(wish.target);
  const [
    sourceSighting,
    targetSighting,
    sourceHost,
    targetHost,
    offer,
    cpu,
    reading,
    document,
    disks,
    hostFiles,
    reaches,
  ] = await Promise.all([
    source.sight(vm.id, signal),
    target.sight(vm.id, signal),
    tell(source.facts(signal)),
    tell(target.facts(signal)),
    tell(target.offers(vm.arch, signal)),
    compareCpu(target, vm, signal),
    readFabric(world, signal),
    tell(world.fabricDocument()),
    Promise.all(vm.disks.map(async (disk) => await tryDisk(world.shell(sourceName), shell, disk, signal))),
    Promise.all(vm.hostFiles.map(async (file) => ({ ...file, isThere: await isThere(shell, file.path, signal) }))),
    tryMigrationNetwork(world, sourceName, wish.target, signal),
  ]);

  const storage =
    wish.copyStorage === undefined ? undefined : await lookAtDisks(wish.copyStorage, vm, source, target, signal);
  const sourceInventory = hostOf(world, sourceName);
  const targetInventory = hostOf(world, wish.target);
  const budget = targetInventory?.memoryMiB;
  const sourceBridges = reading.bridges.get(sourceName) ?? [];
  const placed = new Set(targetHost.known ? targetHost.value.vms.map((other) => other.id) : []);
  return {
    vm,
    source: sourceName,
    target: wish.target,
    driver: wish.driver,
    sourceSighting,
    targetSighting,
    sourceHost,
    targetHost,
    targetMachines: offer,
    cpu,
    targetMemoryMiB:
      budget === undefined ? (targetHost.known ? known(targetHost.value.memoryMiB) : targetHost) : known(budget),
    // A move whose copy already waits on the target is among the target's VMs.
    inFlight: wish.alongside
      .filter((other) => other.target === wish.target && other.vm !== vm.id && !placed.has(other.vm))
      .map(({ vmName, memoryMiB }) => ({ vmName, memoryMiB })),
    disks,
    ...(storage === undefined ? {} : { storage }),
    hostFiles,
    targetBridges: bridgesOf(reading, wish.target),
    sourceMtus: Object.fromEntries(
      vm.nics.flatMap((nic) => {
        const mtu = sourceBridges.find((bridge) => bridge.name === nic.bridge)?.mtu;
        return mtu === undefined ? [] : [[nic.mac, mtu]];
      }),
    ),
    fabric: fabricNow({
      document: document.known ? document.value : undefined,
      inventory: world.inventory,
      reading,
      placements: new Map([...wish.placements, [vm.name, sourceName]]),
      vm,
    }),
    ...(document.known ? {} : { fabricProblem: document.why }),
    migrationNetwork: {
      sourceAddress: sourceInventory?.migration?.address,
      targetAddress: targetInventory?.migration?.address,
      vlan: targetInventory?.migration?.vlan,
      reaches,
    },
  };
}

const hostOf = (world: World, name: HostName): World["inventory"]["hosts"][number] | undefined =>
  world.inventory.hosts.find((host) => host.name === name);

function bridgesOf(fabric: Awaited<ReturnType<typeof readFabric>>, host: string): MoveFacts["targetBridges"] {
  const bridges = fabric.bridges.get(host);
  if (bridges !== undefined) return known(bridges);
  return unknown(fabric.silent.get(host) ?? "the inventory names no virtual switch of it");
}

async function tell<T>(question: Promise<T>): Promise<Known<T>> {
  try {
    return known(await question);
  } catch (error) {
    return unknown(messageOf(error));
  }
}

/**
 * These modes give the guest whatever its first host offered. Its live XML lists none of it, and libvirt, asked to
 * compare such an element, answers "superset" on any host (seen with libvirt 9.0): that is no proof.
 */
const openEndedCpuModes: readonly string[] = ["host-passthrough", "maximum"];

async function compareCpu(target: Hypervisor, vm: VmDescription, signal: AbortSignal): Promise<Known<CpuComparison>> {
  const mode = vm.cpuModel ?? "";
  if (openEndedCpuModes.includes(mode))
    return unknown(`${mode} gives a guest whatever its first host offered, and nothing lists what that was`);
  return await tell(target.compareCpu(vm, signal));
}

/** The target opens the disk itself, read-only and without a lock (`qemu-img info -U`), while the source writes to it. */
async function tryDisk(
  sourceShell: HostShell | undefined,
  shell: HostShell | undefined,
  disk: VmDisk,
  signal: AbortSignal,
): Promise<DiskProof> {
  const { target } = disk;
  const where = locationOf(disk);
  if (where === undefined)
    return { target, opens: unknown("kind"), why: "its kind of backing cannot be tried from outside" };
  if (shell === undefined) return { target, opens: unknown("shell"), why: noShell };
  try {
    const command = ["qemu-img", "info", "-U", "-f", disk.format, where];
    const { status, stderr } = await shell.run(command, { timeoutMs: limits.shellMs, signal });
    if (neverRan.includes(status)) return { target, opens: unknown("shell"), why: lastLine(stderr) };
    if (status !== 0) return { target, opens: known(false), why: lastLine(stderr) };
    const isSame = disk.backing.kind === "file" ? await isSameFile(sourceShell, shell, where, signal) : undefined;
    return { target, opens: known(true), ...(isSame === undefined ? {} : { isSame }), why: "" };
  } catch (error) {
    // A storage network that swallows packets leaves qemu-img waiting. On a host that does run commands, that is an answer.
    if (!(await runsCommands(shell, signal))) return { target, opens: unknown("shell"), why: messageOf(error) };
    return { target, opens: known(false), why: `it got no answer within ${limits.shellMs} ms` };
  }
}

/** Hosts that share a file system see one inode under one path; two files of one name have two. */
async function isSameFile(
  source: HostShell | undefined,
  target: HostShell,
  path: string,
  signal: AbortSignal,
): Promise<Known<boolean>> {
  if (source === undefined) return unknown("the inventory gives no way to run a command on its host (shell)");
  const ask = async (shell: HostShell): Promise<string> => {
    const { status, stdout, stderr } = await shell.run(["stat", "-c", "%i", path], {
      timeoutMs: limits.shellMs,
      signal,
    });
    if (status !== 0) throw new TrunklineError("host.failed", lastLine(stderr));
    return stdout.trim();
  };
  try {
    return known((await ask(source)) === (await ask(target)));
  } catch (error) {
    return unknown(messageOf(error));
  }
}

/** Every disk that is a file which the guest writes to: which of them travel, the checks say. */
async function lookAtDisks(
  copy: StorageCopy,
  vm: VmDescription,
  source: Hypervisor,
  target: Hypervisor,
  signal: AbortSignal,
): Promise<StorageFacts> {
  const files = vm.disks.flatMap(({ target: name, device, isReadOnly, backing }) =>
    device === "disk" && !isReadOnly && backing.kind === "file" ? [{ target: name, path: backing.path }] : [],
  );
  const names = files.map((file) => file.target);
  const sizes = await tell(source.diskSizes(vm.id, names, signal));
  const disks = files.map(async (file): Promise<LocalDisk> => {
    const size = sizes.known ? sizes.value?.find((one) => one.target === file.target) : undefined;
    const room = await tell(target.roomFor(file.path, signal));
    return {
      ...file,
      size: size === undefined ? (sizes.known ? unknown("it does not know the disk") : sizes) : known(size),
      room: room.known ? known(room.value ?? null) : room,
    };
  });
  return { copy, disks: await Promise.all(disks) };
}

async function runsCommands(shell: HostShell, signal: AbortSignal): Promise<boolean> {
  try {
    return (await shell.run(["true"], { timeoutMs: limits.shellMs, signal })).status === 0;
  } catch {
    return false;
  }
}

function locationOf({ backing }: VmDisk): string | undefined {
  switch (backing.kind) {
    case "file":
    case "block":
      return backing.path;
    case "network": {
      const [host] = backing.hosts;
      if (backing.hasSecret || host === undefined) return undefined;
      const authority = host.port === undefined ? host.name : `${host.name}:${host.port}`;
      if (backing.protocol === "iscsi") {
        // libvirt writes "iqn…/LUN"; without a LUN it means 0 (formatdomain, "Disks").
        const unit = backing.name.includes("/") ? backing.name : `${backing.name}/0`;
        return `iscsi://${authority}/${unit}`;
      }
      return backing.protocol === "nbd" ? `nbd://${authority}/${backing.name}` : undefined;
    }
    case "volume":
    case "empty":
      return undefined;
  }
}

async function isThere(shell: HostShell | undefined, path: string, signal: AbortSignal): Promise<Known<boolean>> {
  if (shell === undefined) return unknown(noShell);
  try {
    const { status, stderr } = await shell.run(["test", "-r", path], { timeoutMs: limits.shellMs, signal });
    return neverRan.includes(status) ? unknown(lastLine(stderr)) : known(status === 0);
  } catch (error) {
    return unknown(messageOf(error));
  }
}

async function tryMigrationNetwork(
  world: World,
  from: HostName,
  to: HostName,
  signal: AbortSignal,
): Promise<Known<boolean>> {
  const address = hostOf(world, to)?.migration?.address;
  const own = hostOf(world, from)?.migration?.address;
  if (address === undefined) return unknown("the target has no migration address in the inventory");
  const shell = world.shell(from);
  if (shell === undefined) return unknown(noShell);
  try {
    const bind = own === undefined ? [] : ["-I", own];
    const command = ["ping", "-n", "-q", "-c", "3", "-i", "0.2", "-W", "1", ...bind, address];
    const { status, stderr } = await shell.run(command, { timeoutMs: limits.shellMs, signal });
    return neverRan.includes(status) ? unknown(lastLine(stderr)) : known(status === 0);
  } catch (error) {
    return unknown(messageOf(error));
  }
}

/** Of the shell, not of the command: cannot be executed, not found (POSIX 2.8.2), and ssh's own failures (ssh(1)). */
const neverRan: readonly number[] = [126, 127, 255];

const noShell = "the inventory gives no way to run a command there (shell)";

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
