/** What can happen to the parties of a move, how it is done to them on a lab's hosts, and how it is mended. */
import type { Lab } from "@trunkline/lab";
import { setTimeout as pause } from "node:timers/promises";
import { runCommand } from "../command.ts";
import { until } from "../split-brain/command.ts";
import type { ServiceProcess } from "../service-process.ts";

export const faults = [
  "source QEMU",
  "target QEMU",
  "source libvirtd",
  "target libvirtd",
  "controller",
  "link down",
  "target disk full",
] as const;
export type Fault = (typeof faults)[number];

export const phases = ["preparing", "copying", "post-copy", "switching"] as const;
export type Phase = (typeof phases)[number];

export interface Scene {
  readonly lab: Lab;
  readonly vm: string;
  readonly source: string;
  readonly target: string;
  readonly service: ServiceProcess;
  readonly restartService: () => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * Strikes now. @returns what brings back what can be brought back, after as long as it was to stay away: dead QEMUs stay
 * dead.
 */
export async function strike(fault: Fault, scene: Scene): Promise<() => Promise<void>> {
  const { lab, source, target, signal } = scene;
  switch (fault) {
    case "source QEMU":
      await killQemu(scene, source);
      return nothing;
    case "target QEMU":
      // In preparing it is only just being started.
      await until(async () => (await lab.qemuPids(target, scene.vm)).length > 0, "the target has a process", signal);
      await killQemu(scene, target);
      return nothing;
    case "source libvirtd":
      return await killLibvirtd(scene, source);
    case "target libvirtd":
      return await killLibvirtd(scene, target);
    case "controller":
      await scene.service.kill();
      return scene.restartService;
    case "link down": {
      const port = uplinkOf(lab, target);
      await lab.linkDown(target, port);
      return async () => {
        await pause(linkAwayMs, undefined, { signal });
        await lab.linkUp(target, port);
      };
    }
    case "target disk full": {
      await fillUp(scene, target);
      return async () => {
        await pause(diskFullMs, undefined, { signal });
        await makeRoom(scene, target);
      };
    }
  }
}

async function killQemu({ lab, vm }: Scene, host: string): Promise<void> {
  for (const pid of await lab.qemuPids(host, vm)) process.kill(pid, "SIGKILL");
}

async function killLibvirtd({ lab, signal }: Scene, host: string): Promise<() => Promise<void>> {
  await lab.killLibvirtd(host);
  return async () => {
    await pause(daemonAwayMs, undefined, { signal });
    await lab.startLibvirtd(host);
  };
}

/** Where libvirt and QEMU keep what they write on a host gets a file system that has room for no file more (ENOSPC). */
async function fillUp({ lab, signal }: Scene, host: string): Promise<void> {
  for (const folder of written)
    await runCommand(
      [...lab.hostCommand(host), "mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=1", "full", folder],
      signal,
    );
}

async function makeRoom({ lab, signal }: Scene, host: string): Promise<void> {
  for (const folder of written) await runCommand([...lab.hostCommand(host), "umount", "-l", folder], signal);
}

function uplinkOf(lab: Lab, host: string): string {
  for (const { a, b } of lab.inventory().links) {
    if (a.device === host) return a.port;
    if (b.device === host) return b.port;
  }
  throw new TypeError(`the lab's inventory has no link of ${host}`);
}

const nothing = async (): Promise<void> => await Promise.resolve();
const written = ["/run/libvirt/qemu", "/var/lib/libvirt/qemu", "/var/log/libvirt/qemu"];
const daemonAwayMs = 3_000;
/** Longer than libvirt's keepalive waits at its shortest setting, shorter than TCP gives a connection up. */
const linkAwayMs = 20_000;
const diskFullMs = 10_000;
