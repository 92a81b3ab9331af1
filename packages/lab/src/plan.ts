/** The plan of a lab that exists, from the topology its state file keeps. */
import { LabError } from "./lab-error.ts";
import { labFolder } from "./state/lab-folder.ts";
import { StateFile } from "./state/state-file.ts";
import { compileTopology } from "./topology/compile.ts";
import type { LabPlan } from "./topology/lab-plan.ts";
import { readTopology } from "./topology/read.ts";

export function openPlan(
  name: string,
  root: string | undefined,
): { readonly plan: LabPlan; readonly state: StateFile } {
  const folder = labFolder(root, name);
  const state = StateFile.open(folder);
  if (state === undefined) {
    throw new LabError("lab.not-found", `There is no lab "${name}" (looked in ${folder})`, {
      hint: "Build it with `trunkline lab up`.",
    });
  }
  const { topology, topologyText } = state.state;
  return { plan: compileTopology(readTopology(topologyText, topology, `${folder}/state.json`), name, folder), state };
}
