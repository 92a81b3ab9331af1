/** Finds a kernel for the guest among the installed ones, and the modules it needs in the order they load. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../lab-error.ts";

export type GuestKernel = {
  readonly version: string;
  readonly image: string;
  /** Module files, dependencies first; empty when all drivers are built in. */
  readonly modules: readonly string[];
};

/** The bus first: without it no card is seen. */
const DRIVERS = ["virtio_pci", "virtio_blk", "virtio_net"];

/** A kernel made for virtual machines if there is one, else the newest; each must have the drivers. */
export function findKernel(boot = "/boot", library = "/lib/modules"): GuestKernel {
  const versions = readdirSync(boot)
    .filter((file) => file.startsWith("vmlinuz-"))
    .map((file) => file.slice("vmlinuz-".length))
    .sort((a, b) => Number(isCloud(b)) - Number(isCloud(a)) || b.localeCompare(a, "en", { numeric: true }));
  for (const version of versions) {
    const modules = loadOrder(join(library, version), DRIVERS);
    if (modules !== undefined) return { version, image: join(boot, `vmlinuz-${version}`), modules };
  }
  const seen = versions.length === 0 ? "none is installed" : `looked at ${versions.join(", ")}`;
  throw new LabError("lab.no-guest-kernel", `No kernel in ${boot} has the virtio drivers a guest needs (${seen})`, {
    hint: "Run: apt-get install --no-install-recommends linux-image-cloud-amd64 (Ubuntu: linux-image-virtual)",
    details: { versions },
  });
}

/** The files to load for these drivers by modules.dep and modules.builtin; undefined when a driver is neither. */
export function loadOrder(folder: string, drivers: readonly string[]): readonly string[] | undefined {
  const [dependencies, builtin] = [join(folder, "modules.dep"), join(folder, "modules.builtin")];
  if (!existsSync(dependencies) || !existsSync(builtin)) return undefined;
  const builtinNames = new Set(readFileSync(builtin, "utf8").split("\n").map(moduleName));
  const table = new Map(
    readFileSync(dependencies, "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .map(([file = "", needs = ""]) => [moduleName(file), { file, needs: needs.split(" ").filter(Boolean) }] as const),
  );
  const order: string[] = [];
  for (const driver of drivers) {
    const entry = table.get(driver);
    if (entry === undefined) {
      if (builtinNames.has(driver)) continue;
      return undefined;
    }
    // depmod writes what a module needs from the nearest to the deepest: the last is to be loaded first.
    for (const file of [entry.file, ...entry.needs].toReversed()) {
      if (!order.includes(join(folder, file))) order.push(join(folder, file));
    }
  }
  return order;
}

function isCloud(version: string): boolean {
  return version.includes("cloud") || version.includes("virtual");
}

/** kernel/drivers/net/virtio-net.ko.xz → virtio_net */
function moduleName(file: string): string {
  const base = file.slice(file.lastIndexOf("/") + 1);
  return base.replace(/\.ko(\.(xz|zst|gz))?$/, "").replaceAll("-", "_");
}
