/**
 * What the tests hold our statements against: virsh as an independent client, the processes of the machine, the
 * journal's own records; and small guests that cost little to start, to break and to move.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Lab } from "@trunkline/lab";
import { readHistories } from "./move-history.fixture.ts";

const run = promisify(execFile);
/** Above what virsh takes on a busy machine: it waits for libvirtd, which may be probing its emulators. */
const toolMs = 60_000;

export async function virsh(lab: Lab, host: string, ...args: readonly string[]): Promise<string> {
  return (await run("virsh", ["-c", uriOf(lab, host), ...args], { timeout: toolMs })).stdout.trim();
}

export function uriOf(lab: Lab, host: string): string {
  const uri = lab.inventory().hosts.find((candidate) => candidate.name === host)?.uri;
  if (uri === undefined) throw new Error(`the lab has no host ${host}`);
  return uri;
}

export const hostsOf = (lab: Lab): readonly string[] => lab.plan.hosts.map((host) => host.node.name);

/** Where virsh says that the VM runs, and the other host. */
export async function placesOf(lab: Lab, vm: string): Promise<{ source: string; target: string }> {
  const hosts = hostsOf(lab);
  const lists = await Promise.all(hosts.map(async (host) => await virsh(lab, host, "list", "--name")));
  const source = hosts.find((_, index) => lists[index]?.split("\n").includes(vm) === true);
  const target = hosts.find((host) => host !== source);
  if (source === undefined || target === undefined) throw new Error(`${vm} runs on no host of the lab`);
  return { source, target };
}

/** Where virsh says that the VM runs, and two of the other hosts. */
export async function placesFor(lab: Lab, vm: string): Promise<[string, string, string]> {
  const hosts = hostsOf(lab);
  const lists = await Promise.all(hosts.map(async (host) => await virsh(lab, host, "list", "--name")));
  const here = hosts.find((_, index) => lists[index]?.split("\n").includes(vm) === true);
  const [there = "", further = ""] = hosts.filter((host) => host !== here);
  if (here === undefined) throw new Error(`${vm} runs on no host of the lab`);
  return [here, there, further];
}

/** Everything that a refused move must leave as it was: the domains of every host that answers, their processes, the journal. */
export async function photograph(lab: Lab, stateFolder: string): Promise<unknown> {
  const hosts = hostsOf(lab).filter((host) => lab.libvirtdPid(host) !== undefined);
  const domains = await Promise.all(
    hosts.map(async (host) => {
      const names = (await virsh(lab, host, "list", "--all", "--name")).split("\n").filter((name) => name !== "");
      return await Promise.all(
        names.toSorted().map(async (name) => ({
          host,
          uuid: await virsh(lab, host, "domuuid", name),
          state: await virsh(lab, host, "domstate", "--reason", name),
          persistent: /^Persistent:\s+(\w+)$/m.exec(await virsh(lab, host, "dominfo", name))?.[1],
          processes: await lab.qemuPids(host, name),
        })),
      );
    }),
  );
  return { domains: domains.flat(), journal: await recordedIn(stateFolder) };
}

/** Moves that began. One that was refused, or found its VM in place, is a record too, but nothing that moved. */
async function recordedIn(stateFolder: string): Promise<readonly unknown[]> {
  if (!existsSync(join(stateFolder, "journal.db"))) return [];
  const begun = (await readHistories(stateFolder)).filter(({ transitions }) =>
    transitions.some(({ event }) => event?.kind === "start"),
  );
  return begun.map(({ request, state, transitions }) => ({
    id: request.id,
    phase: state.phase,
    transitions: transitions.length,
  }));
}

/** Runs the fix of a check as it is printed: "on HOST: COMMAND" there, anything else where the operator stands. */
export async function applyFix(lab: Lab, fix: string | undefined): Promise<void> {
  const [, host, command] = /^on (\w+): (.+)$/.exec(fix ?? "") ?? [];
  const place = host === undefined ? [] : lab.hostCommand(host);
  const [file, ...args] = [...place, "sh", "-c", command ?? fix ?? "false"];
  await run(file, args, { timeout: toolMs });
}

export interface SmallGuest {
  readonly name: string;
  readonly uuid?: string;
  readonly memoryMiB?: number;
  readonly cpu?: string;
  readonly mac?: string;
  readonly bridge?: string;
  /** A file of the host, as CD. */
  readonly cd?: string;
}

/** Firmware and nothing to boot: it runs, and idles. It uses the lab's emulator, for the reason that docs/lab.md gives. */
export function smallGuestXml(lab: Lab, guest: SmallGuest): string {
  const [vm1] = lab.plan.vms;
  const [, type, emulator] =
    /<domain type="(\w+)">.*<emulator>(.*)<\/emulator>/s.exec(lab.domainXml(vm1?.name ?? "")) ?? [];
  const nic =
    guest.mac === undefined
      ? ""
      : `<interface type="bridge"><mac address="${guest.mac}"/><source bridge="${guest.bridge ?? "br0"}"/>
         <virtualport type="openvswitch"/><model type="virtio"/></interface>`;
  const cd =
    guest.cd === undefined
      ? ""
      : `<disk type="file" device="cdrom"><driver name="qemu" type="raw"/><source file="${guest.cd}"/>
         <target dev="sda" bus="sata"/><readonly/></disk>`;
  return `<domain type="${type}">
    <name>${guest.name}</name>${guest.uuid === undefined ? "" : `<uuid>${guest.uuid}</uuid>`}
    <memory unit="MiB">${guest.memoryMiB ?? 32}</memory>
    <vcpu>1</vcpu>
    <os><type arch="x86_64" machine="q35">hvm</type></os>
    <features><acpi/></features>
    ${guest.cpu ?? ""}
    <devices>
      <emulator>${emulator}</emulator>${cd}${nic}
      <controller type="usb" model="none"/><memballoon model="none"/>
    </devices>
  </domain>`;
}
