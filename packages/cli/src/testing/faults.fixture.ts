/**
 * What the tests of broken moves need: to strike at a moment that libvirt itself announces, and to ask everybody but
 * Trunkline where the VM runs: virsh on both hosts, the processes of the machine, the guest, and the SAN's own file.
 */
import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { promisify } from "node:util";
import type { Lab } from "@trunkline/lab";
import { connect, lifecycleDetail } from "@trunkline/libvirt";
import { expect } from "vitest";

/** Bounds of these tests, not measures: how often is asked, and the pause in between. */
const patience = { attempts: 1_000, pauseMs: 200 } as const;
/** Records that the guest must add before it counts as running: half a second's work. */
const recordsOfALivingGuest = 10;

const run = promisify(execFile);
const toolMs = 30_000;

export type Moment = "suspended" | "resumed";

export interface Trap {
  /** Fulfils when the strike has been made. */
  readonly sprung: Promise<void>;
  disarm(): Promise<void>;
}

/** Calls `strike` in the same turn in which the host reports that a migration suspended or resumed the VM. */
export async function setTrap(lab: Lab, host: string, moment: Moment, strike: () => void): Promise<Trap> {
  const connection = await connect(uriOf(lab, host), {});
  let spring: () => void = () => undefined;
  const sprung = new Promise<void>((resolve) => {
    spring = resolve;
  });
  connection.onEvent((event) => {
    if (event.kind !== "lifecycle" || event.event !== moment) return;
    if (event.detail !== lifecycleDetail[moment].migrated) return;
    strike();
    spring();
  });
  await connection.registerEvents(["lifecycle"]);
  return { sprung, disarm: async () => await connection.close() };
}

/** "running (migrated)", "paused (migrating)", "none", or "silent" when the host's libvirt does not answer. */
export async function stateOn(lab: Lab, host: string, vm: string): Promise<string> {
  try {
    const { stdout } = await run("virsh", ["-c", uriOf(lab, host), "domstate", "--reason", vm], { timeout: toolMs });
    return stdout.trim();
  } catch (error) {
    return /failed to get domain/.test(String(error)) ? "none" : "silent";
  }
}

/** QEMU's own word that everything was sent; libvirt passes it on only with the reply. */
export async function hasSentAll(lab: Lab, host: string, vm: string): Promise<boolean> {
  const question = ["qemu-monitor-command", vm, '{"execute":"query-migrate"}'];
  const { stdout } = await run("virsh", ["-c", uriOf(lab, host), ...question], { timeout: toolMs });
  return (JSON.parse(stdout) as { return: { status?: string } }).return.status === "completed";
}

/** Processes at the client's place: the witnesses that a command left behind. */
export async function witnesses(lab: Lab): Promise<readonly string[]> {
  const [client] = lab.plan.clients;
  const { stdout } = await run("ip", ["netns", "pids", client?.node.namespace ?? ""], { timeout: toolMs });
  return stdout.split("\n").filter((line) => line !== "");
}

/** Where a QEMU of this VM gets processor time for its guest: a paused one gets none at all. */
export async function runningCopies(lab: Lab, vm: string): Promise<readonly string[]> {
  const hosts = lab.plan.hosts.map((host) => host.node.name);
  const copies = (
    await Promise.all(hosts.map(async (host) => (await lab.qemuPids(host, vm)).map((pid) => ({ host, pid }))))
  ).flat();
  const before = copies.map(({ pid }) => guestTimeOf(pid));
  await livingGuest(lab, vm);
  return copies.filter(({ pid }, index) => guestTimeOf(pid) > (before[index] ?? 0n)).map(({ host }) => host);
}

/** The VM runs on this host and nowhere else, and nothing that it ever wrote or remembered is lost. */
export async function expectRunsOnceOn(lab: Lab, host: string, vm: string): Promise<void> {
  const others = lab.plan.hosts.map(({ node }) => node.name).filter((name) => name !== host);
  expect(await stateOn(lab, host, vm)).toMatch(/^running/);
  expect(await lab.qemuPids(host, vm)).toHaveLength(1);
  for (const other of others) {
    expect(await stateOn(lab, other, vm)).toBe("none");
    // libvirt says "none" a moment before the process is gone.
    await until(async () => (await lab.qemuPids(other, vm)).length === 0);
  }
  expect(await runningCopies(lab, vm)).toEqual([host]);
  await expectNothingLost(lab, vm);
}

async function expectNothingLost(lab: Lab, vm: string): Promise<void> {
  const status = await lab.guestStatus(vm, { verify: true });
  // In this form the first line of the failure says what is lost.
  const found = [status?.memoryErrors, status?.diskVerifyErrors, status?.writeErrors, status?.diskFull];
  expect(`${vm}: memory, disk, write errors, full: ${found.join(" ")}`).toBe(
    `${vm}: memory, disk, write errors, full: 0 0 0 false`,
  );
  expect(status?.memoryPagesChecked).toBeGreaterThan(0);
  const disk = lab.readDiskRecords(vm);
  expect(disk).toMatchObject({ corrupt: 0, firstGap: null });
  expect(disk.valid).toBeGreaterThanOrEqual(status?.recordsWritten ?? Number.POSITIVE_INFINITY);
}

export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < patience.attempts; attempt += 1) {
    if (await condition()) return;
    await new Promise((resolve) => {
      setTimeout(resolve, patience.pauseMs);
    });
  }
  throw new Error(`it did not come true: ${condition.toString()}`);
}

/** Returns when the guest has written more records than it had. */
async function livingGuest(lab: Lab, vm: string): Promise<void> {
  const before = await lab.guestStatus(vm);
  if (before === undefined) throw new Error(`the guest ${vm} does not answer`);
  await until(async () => {
    const now = await lab.guestStatus(vm);
    return now !== undefined && now.recordsWritten >= before.recordsWritten + recordsOfALivingGuest;
  });
}

/** Processor time of the vCPU threads in nanoseconds (proc(5), schedstat); QEMU names them "CPU n/…". */
function guestTimeOf(pid: number): bigint {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`);
    return threads
      .filter((thread) => readFileSync(`${thread}/comm`, "utf8").startsWith("CPU "))
      .map((thread) => BigInt(readFileSync(`${thread}/schedstat`, "utf8").split(" ")[0] ?? "0"))
      .reduce((sum, time) => sum + time, 0n);
  } catch {
    return 0n;
  }
}

function uriOf(lab: Lab, host: string): string {
  const found = lab.inventory().hosts.find(({ name }) => name === host);
  if (found === undefined) throw new Error(`the lab has no host ${host}`);
  return found.uri;
}
