/** What a figure was measured on: enough to compare, nothing that names the machine or its owner. */
import { execFile } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import { promisify } from "node:util";
import { limits } from "./limits.ts";

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryMiB: number;
  readonly kernel: string;
  readonly node: string;
  /** null: not installed. */
  readonly qemu: string | null;
  readonly libvirt: string | null;
  readonly openVSwitch: string | null;
}

export async function describeMachine(): Promise<Machine> {
  const [qemu, libvirt, openVSwitch] = await Promise.all([
    versionOf("qemu-system-x86_64"),
    versionOf("libvirtd"),
    versionOf("ovs-vswitchd"),
  ]);
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? "unknown",
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    node: process.versions.node,
    qemu,
    libvirt,
    openVSwitch,
  };
}

/** Every one of these programs prints its version as the first number with a point in it. */
async function versionOf(program: string): Promise<string | null> {
  const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  const options = { env: { ...process.env, PATH: path }, timeout: limits.versionMs };
  try {
    const { stdout } = await promisify(execFile)(program, ["--version"], options);
    return /\d+(?:\.\d+)+/.exec(stdout)?.[0] ?? null;
  } catch {
    return null;
  }
}
