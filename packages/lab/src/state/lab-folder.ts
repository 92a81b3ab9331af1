/** Where labs live on disk and what they may be called. */
import { join, resolve } from "node:path";
import { LabError } from "../lab-error.ts";

/** See the private folders of world/hypervisor.ts; /var/run is /run. */
const HIDDEN_IN_HOSTS = [
  "/run",
  "/var/run",
  "/etc/libvirt",
  "/var/lib/libvirt",
  "/var/log/libvirt",
  "/var/cache/libvirt",
];

const DEFAULT_ROOT = "/var/lib/trunkline/lab";

export function labRoot(root: string | undefined): string {
  const folder = resolve(root ?? process.env["TRUNKLINE_LAB_ROOT"] ?? DEFAULT_ROOT);
  if (!HIDDEN_IN_HOSTS.some((hidden) => `${folder}/`.startsWith(`${hidden}/`))) return folder;
  throw new LabError(
    "lab.hidden-root",
    `${folder} cannot hold labs: the lab's hosts have a folder of their own there`,
    {
      hint: `Set TRUNKLINE_LAB_ROOT to a folder outside ${HIDDEN_IN_HOSTS.join(", ")}.`,
    },
  );
}

/** The name becomes part of namespace names and socket paths, and is typed by people. */
export function labFolder(root: string | undefined, name: string): string {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) {
    throw new LabError("lab.name", `"${name}" is not a name for a lab`, {
      hint: "Use 1 to 31 lower-case letters, digits and hyphens, a letter first.",
    });
  }
  return join(labRoot(root), name);
}
