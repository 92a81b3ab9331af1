/**
 * Which copies of the VM really run: the QEMU processes of each host, each watched for the processor time that its
 * guest gets. It needs no libvirt, which is what the benchmark kills, and no word of the guest, which has one address.
 */
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "@trunkline/lab";
import { limits } from "./limits.ts";

export interface Copy {
  readonly host: string;
  readonly pid: number;
  /** How much processor time its guest got while it was watched. */
  readonly guestMs: number;
}

/** @returns the copies that made progress; paused ones are left out. */
export async function runningCopies(lab: Lab, vm: string, signal: AbortSignal): Promise<readonly Copy[]> {
  const hosts = lab.plan.hosts.map((host) => host.node.name);
  const found = await Promise.all(hosts.map(async (host) => ({ host, pids: await lab.qemuPids(host, vm) })));
  const copies = found.flatMap(({ host, pids }) => pids.map((pid) => ({ host, pid, before: guestTimeNs(pid) })));
  await sleep(limits.watchMs, undefined, { signal });
  return copies.flatMap(({ host, pid, before }) => {
    const gained = guestTimeNs(pid) - before;
    return gained < limits.idleNs ? [] : [{ host, pid, guestMs: Number(gained / nsPerMs) }];
  });
}

const nsPerMs = 1_000_000n;

/** Processor time of the vCPU threads (proc(5), schedstat); QEMU names them "CPU n/…". A dead process has none. */
function guestTimeNs(pid: number): bigint {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .map((task) => `/proc/${pid}/task/${task}`)
      .filter((thread) => readFileSync(`${thread}/comm`, "utf8").startsWith("CPU "))
      .map((thread) => BigInt(readFileSync(`${thread}/schedstat`, "utf8").split(" ")[0] ?? "0"))
      .reduce((sum, time) => sum + time, 0n);
  } catch {
    return 0n;
  }
}
