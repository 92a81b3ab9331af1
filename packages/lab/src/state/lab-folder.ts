/** Where labs live on disk and what they may be called. */
import { join } from "node:path";
import { LabError } from "../lab-error.ts";

const DEFAULT_ROOT = "/var/lib/trunkline/lab";

export function labRoot(root: string | undefined): string {
  return root ?? process.env["TRUNKLINE_LAB_ROOT"] ?? DEFAULT_ROOT;
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
