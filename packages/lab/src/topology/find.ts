/** Finds a topology file: by its name among the project's own, or by a path. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { LabError } from "../lab-error.ts";

/** The project's topologies; sources and built files lie equally deep in the package. */
const TOPOLOGIES = fileURLToPath(new URL("../../../../lab/topologies/", import.meta.url));

export function findTopology(nameOrPath: string): { readonly file: string; readonly name: string } {
  const isPath = nameOrPath.includes("/") || /\.ya?ml$/.test(nameOrPath);
  const file = isPath ? nameOrPath : join(TOPOLOGIES, `${nameOrPath}.yaml`);
  if (existsSync(file)) return { file, name: basename(file).replace(/\.ya?ml$/, "") };
  throw new LabError("lab.not-found", `There is no topology "${nameOrPath}" (looked for ${file})`, {
    hint: "Name a file of lab/topologies without its ending, or give the path of a YAML file.",
  });
}
