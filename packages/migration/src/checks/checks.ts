/** Everything that is looked at before a move, worst first. Pure: the same facts give the same list. */
import type { CheckResult, Severity } from "@trunkline/model";
import { cpuCompatible, emulationIsSafe, machineOffered, memoryFits } from "./compute.ts";
import { disksCopied } from "./disk-copy.ts";
import type { MoveFacts } from "./facts.ts";
import { bridgesPresent, migrationNetwork, vlansTrunked } from "./network.ts";
import { identityCollisions, jobsAndSnapshots, targetReachable, vmLocation } from "./placement.ts";
import { disksReachable, hostBoundParts } from "./storage.ts";

/** @param others what the prediction and the fabric say besides (predict/choose-transfer.ts, network/network-impact.ts). */
export function checkMove(facts: MoveFacts, others: readonly CheckResult[] = []): readonly CheckResult[] {
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
    ...disksCopied(facts),
    ...hostBoundParts(facts),
    ...bridgesPresent(facts),
    ...vlansTrunked(facts),
    ...migrationNetwork(facts),
  ];
  results.push(...others.filter((finding) => !isSaid(results, finding)));
  return results.toSorted((left, right) => rank[left.severity] - rank[right.severity]);
}

/**
 * One port that lacks a VLAN is one complaint, whoever finds it. Whether memory can travel was tried with packets where that
 * was possible; what a description says besides has no say then.
 */
function isSaid(results: readonly CheckResult[], { rule, severity, subject }: CheckResult): boolean {
  if (rule === "vlan-path") return results.some((one) => one.severity !== "pass" && one.subject === subject);
  if (rule !== "move-network" || severity !== "block") return false;
  return results.some((one) => one.rule === "migration-network" && one.severity !== "unknown");
}

const rank: Readonly<Record<Severity, number>> = { block: 0, warn: 1, unknown: 2, pass: 3 };
