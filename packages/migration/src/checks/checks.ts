/** Everything that is looked at before a move, worst first. Pure: the same facts give the same list. */
import type { CheckResult, Severity } from "@trunkline/model";
import { cpuCompatible, emulationIsSafe, machineOffered, memoryFits } from "./compute.ts";
import type { MoveFacts } from "./facts.ts";
import { bridgesPresent, migrationNetwork, vlansTrunked } from "./network.ts";
import { identityCollisions, jobsAndSnapshots, targetReachable, vmLocation } from "./placement.ts";
import { disksReachable, hostBoundParts } from "./storage.ts";

export function checkMove(facts: MoveFacts): readonly CheckResult[] {
  const results = [
    vmLocation(facts),
    targetReachable(facts),
    ...identityCollisions(facts),
    ...jobsAndSnapshots(facts),
    cpuCompatible(facts),
    ...machineOffered(facts),
    memoryFits(facts),
    ...emulationIsSafe(facts),
    ...disksReachable(facts),
    ...hostBoundParts(facts),
    ...bridgesPresent(facts),
    ...vlansTrunked(facts),
    ...migrationNetwork(facts),
  ];
  return results.toSorted((left, right) => rank[left.severity] - rank[right.severity]);
}

const rank: Readonly<Record<Severity, number>> = { block: 0, warn: 1, unknown: 2, pass: 3 };
