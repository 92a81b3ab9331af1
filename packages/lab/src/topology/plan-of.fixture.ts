/** The plan of one of the project's topologies, as a lab called "demo" would have it. */
import { readFileSync } from "node:fs";
import { compileTopology } from "./compile.ts";
import { findTopology } from "./find.ts";
import type { LabPlan } from "./lab-plan.ts";
import { readTopology } from "./read.ts";

export const TOPOLOGIES = [
  "two-hosts",
  "four-hosts",
  "one-dc-fhrp",
  "one-dc-hsrp",
  "one-dc-mlag",
  "one-dc-split-fhrp",
  "two-dc-stretched",
  "two-dc-localised",
  "two-dc-half-filtered",
] as const;

export function planOf(name: string, folder = "/l"): LabPlan {
  const { file } = findTopology(name);
  return compileTopology(readTopology(readFileSync(file, "utf8"), name, file), "demo", folder);
}
