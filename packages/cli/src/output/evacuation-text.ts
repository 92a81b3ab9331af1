/** The preview and the course of an evacuation, for people. */
import pc from "picocolors";
import type { Evacuation, EvacuationPlan } from "@trunkline/model";
import { checkLines, ms } from "./text.ts";

/** Blockers first: they are what a person has to do something about. */
export function planText({ host, blocked, waves, stays, predictedMs, network }: EvacuationPlan): string {
  const lines = [`evacuation of ${host}`];
  for (const vm of blocked) {
    lines.push(`  ${pc.red("BLOCKED")}  ${vm.name}: ${vm.why}`);
    for (const candidate of vm.candidates) lines.push(indented(checkLines(candidate.checks, true)));
  }
  for (const [at, wave] of waves.entries()) {
    lines.push(`  wave ${at + 1}`);
    for (const move of wave)
      lines.push(`    ${move.name} to ${move.target}, ${ms(move.predicted.totalMs)} (${move.reason})`);
  }
  for (const vm of stays) lines.push(`  stays    ${vm.name}: ${vm.why}`);
  if (network.length > 0) lines.push("  the network:", indented(checkLines(network, true)));
  const count = waves.reduce((sum, wave) => sum + wave.length, 0);
  lines.push(
    `  ${count} move(s), ${ms(predictedMs)} predicted${blocked.length === 0 ? "" : `, ${blocked.length} VM(s) blocked`}`,
  );
  return lines.join("\n");
}

export function evacuationText({ host, state, vms }: Evacuation): string {
  const headline = {
    done: `${host} is in maintenance: nothing runs on it`,
    running: `${host} is being emptied`,
    stuck: `${host} could not be emptied; what is left is listed with the reason`,
  }[state];
  const lines = vms.map(({ name, state: at, target, why }) => {
    const where = target === null ? "" : ` to ${target}`;
    return `  ${at.padEnd(8)} ${name}${where}${why === null ? "" : `: ${why}`}`;
  });
  const next =
    state === "stuck"
      ? ["  Mend what is named and enter maintenance again, or end it with: trunkline host maintenance exit HOST"]
      : [];
  return [headline, ...lines, ...next].join("\n");
}

const indented = (text: string): string => text.replaceAll(/^/gm, "    ");
