/**
 * Disks that are files of one host: in a folder that every host has under the same name and to itself (world/hypervisor.ts), and
 * that its libvirt knows as a storage pool, as it makes one for virt-install(1).
 */
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LabContext } from "../context.ts";
import { run } from "../process/run.ts";
import type { HostPlan, VmPlan } from "../topology/lab-plan.ts";
import { virsh } from "./hypervisor.ts";

const FOLDER = "/var/lib/libvirt/images";
const POOL = "images";

/** As the host itself sees it. */
export const localDiskPath = (vm: VmPlan): string => `${FOLDER}/${vm.name}.raw`;

/** The same from outside. */
export const localDiskFile = (host: HostPlan, vm: VmPlan): string =>
  join(host.node.folder, "lib", "images", `${vm.name}.raw`);

/** Empty, and without a block allocated, unless it is there. */
export function ensureLocalDisk(host: HostPlan, vm: VmPlan): void {
  const file = localDiskFile(host, vm);
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  const descriptor = openSync(file, "wx", 0o600);
  ftruncateSync(descriptor, vm.target.sizeBytes);
  closeSync(descriptor);
}

/** Where no VM has a local disk, there is no pool either. */
export async function ensurePool({ plan, signal }: LabContext, host: HostPlan): Promise<void> {
  if (!plan.vms.some(({ disk }) => disk === "local")) return;
  mkdirSync(join(host.node.folder, "lib", "images"), { recursive: true });
  const ask = async (...words: readonly string[]): Promise<string> => await run(virsh(host, words), { signal });
  const names = async (...which: readonly string[]): Promise<readonly string[]> =>
    (await ask("pool-list", "--name", ...which)).split("\n").map((name) => name.trim());
  if (!(await names("--all")).includes(POOL)) await ask("pool-define-as", POOL, "dir", "--target", FOLDER);
  await ask("pool-autostart", POOL);
  if (!(await names()).includes(POOL)) await ask("pool-start", POOL);
}
