/** The lab on which both ways are tried: who is where, the trap, the guest's own checksums, and a fresh start. */
import { truncateSync } from "node:fs";
import { connect, domByUuid, lifecycleDetail, numberParam, statsGroups } from "@trunkline/libvirt";
import type { Connection } from "@trunkline/libvirt";
import type { Lab } from "@trunkline/lab";
import { start, until } from "./command.ts";
import type { Copy } from "./copies.ts";
import { runningCopies } from "./copies.ts";

export interface Damage {
  readonly memoryErrors: number;
  /** Records that the guest had synced and that are missing or damaged, on the SAN or when it reads them back. */
  readonly recordsLost: number;
}

export const vm = "vm1";

export class Stage {
  readonly lab: Lab;
  readonly signal: AbortSignal;

  constructor(lab: Lab, signal: AbortSignal) {
    this.lab = lab;
    this.signal = signal;
  }

  host(name: string): { readonly uri: string; readonly peerUri: string; readonly migrationAddress: string } {
    const found = this.lab.inventory().hosts.find((host) => host.name === name);
    if (found?.peerUri === undefined || found.migration === undefined)
      throw new Error(`the lab has no host ${name} that others can move a VM to`);
    return { uri: found.uri, peerUri: found.peerUri, migrationAddress: found.migration.address };
  }

  /** Where the VM runs now, and where it can go. */
  async ends(): Promise<{ readonly source: string; readonly target: string }> {
    const { vms, hosts } = await this.lab.status();
    const source = vms.find(({ name }) => name === vm)?.host;
    const target = hosts.find(({ name }) => name !== source)?.name;
    if (source === undefined || source === null || target === undefined) throw new Error(`${vm} runs nowhere`);
    return { source, target };
  }

  async copies(): Promise<readonly Copy[]> {
    return await runningCopies(this.lab, vm, this.signal);
  }

  /** Kills the host's libvirtd in the same turn in which it reports that the moved guest was resumed there. */
  async trap(host: string): Promise<{ readonly hasSprung: () => boolean; readonly disarm: () => Promise<void> }> {
    const pid = this.lab.libvirtdPid(host);
    if (pid === undefined) throw new Error(`libvirtd of ${host} does not run`);
    const connection = await connect(this.host(host).uri, { signal: this.signal });
    let isSprung = false;
    connection.onEvent((event) => {
      if (isSprung || event.kind !== "lifecycle" || event.event !== "resumed") return;
      if (event.detail !== lifecycleDetail.resumed.migrated) return;
      process.kill(pid, "SIGKILL");
      isSprung = true;
    });
    await connection.registerEvents(["lifecycle"]);
    return { hasSprung: () => isSprung, disarm: async () => await connection.close() };
  }

  /** "running (migrated)" and so on; "none" when the host knows no such VM. virsh says it, not Trunkline. */
  async stateOn(host: string): Promise<string> {
    const asked = await this.virsh(host, "domstate", "--reason", vm);
    return asked.exitCode === 0 ? asked.stdout.trim() : "none";
  }

  async virsh(host: string, ...words: readonly string[]): Promise<{ exitCode: number | null; stdout: string }> {
    return await start(["virsh", "-c", this.host(host).uri, "--quiet", ...words], this.signal).ended;
  }

  /** Write requests of the VM's disk, as the host's own QEMU counts them. */
  async diskWrites(host: string): Promise<number> {
    const connection: Connection = await connect(this.host(host).uri, { signal: this.signal });
    try {
      const uuid = this.lab.plan.vms.find(({ name }) => name === vm)?.uuid ?? "";
      const args = { doms: [domByUuid(uuid)], stats: statsGroups.block, flags: 0 };
      const { records } = await connection.call("connectGetAllDomainStats", args, { signal: this.signal });
      return numberParam(records[0]?.params ?? [], "block.0.wr.reqs") ?? 0;
    } finally {
      await connection.close();
    }
  }

  /** The guest verifies its memory all the time, and reads its whole disk back when asked. */
  async damage(): Promise<Damage> {
    const status = await this.lab.guestStatus(vm, { verify: true });
    if (status === undefined) throw new Error(`the guest ${vm} does not answer`);
    const disk = this.lab.readDiskRecords(vm);
    const missing = Math.max(0, status.recordsWritten - disk.valid);
    return {
      memoryErrors: status.memoryErrors,
      recordsLost: missing + disk.corrupt + status.diskVerifyErrors + status.writeErrors,
    };
  }

  /** Ends every copy and starts the VM on an empty disk: what two copies wrote to is not to be trusted. */
  async startAfresh(): Promise<void> {
    const hosts = this.lab.plan.hosts.map((host) => host.node.name);
    for (const host of hosts) await this.virsh(host, "destroy", vm);
    const [first = ""] = hosts;
    await until(
      async () => (await Promise.all(hosts.map(async (host) => await this.lab.qemuPids(host, vm)))).flat().length === 0,
      "every copy has ended",
      this.signal,
    );
    const disk = this.lab.plan.vms.find(({ name }) => name === vm)?.target;
    if (disk === undefined) throw new Error(`the lab has no VM ${vm}`);
    truncateSync(disk.file, 0);
    truncateSync(disk.file, disk.sizeBytes);
    await this.lab.startVm(vm, first);
    await until(
      async () => ((await this.lab.guestStatus(vm))?.recordsWritten ?? 0) > 0,
      "the new guest writes",
      this.signal,
    );
  }
}
