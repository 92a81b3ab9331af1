/** The plan and the course of a batch, for people. */
import pc from "picocolors";
import type { Batch, BatchPlan, BatchStep, PlannedStep } from "@trunkline/model";
import { checkLines, ms } from "./text.ts";

/** Blockers first: they are what a person has to do something about. */
export function batchPlanText({ blocked, steps, waves, stays, predictedMs, network }: BatchPlan): string {
  const lines = blocked.flatMap(({ name, why, candidates }) => [
    `  ${pc.red("BLOCKED")}  ${name}: ${why}`,
    ...candidates.map(({ checks }) => indented(checkLines(checks, true))),
  ]);
  for (const [at, wave] of waves.entries()) {
    lines.push(`  wave ${at + 1}`);
    for (const number of wave) {
      const step = steps.find((one) => one.step === number);
      if (step !== undefined) lines.push(`    ${stepText(step, steps)}`);
    }
  }
  for (const vm of stays) lines.push(`  stays    ${vm.name}: ${vm.why}`);
  if (network.length > 0) lines.push("  the network:", indented(checkLines(network, true)));
  const stopped = blocked.length === 0 ? "" : `, ${blocked.length} VM(s) blocked`;
  return [...lines, `  ${steps.length} move(s), ${ms(predictedMs)} predicted${stopped}`].join("\n");
}

function stepText(step: PlannedStep, steps: readonly PlannedStep[]): string {
  const { name, source, target, startMs, predicted, reason, after, roomAfter } = step;
  const others = [...new Set([...after, ...roomAfter])].flatMap((number) => {
    const other = steps.find((one) => one.step === number);
    return other === undefined ? [] : [other.name];
  });
  const waits = others.length === 0 ? "" : `, after ${[...new Set(others)].join(", ")}`;
  return `${name} from ${source} to ${target}, begins at ${ms(startMs)}, takes ${ms(predicted.totalMs)}${waits} (${reason})`;
}

export function batchText(batch: Batch): string {
  const { id, state, calledOff, steps } = batch;
  const headline = {
    running: `batch ${id} is under way`,
    completed: `batch ${id} is completed: every VM is where it was to go`,
    failed: `batch ${id} failed: what was not moved is listed with the reason`,
    cancelled: `batch ${id} was called off`,
  }[state];
  return [
    headline,
    ...(calledOff === null ? [] : [`  ${calledOff.why}`]),
    ...steps.map(lineOf),
    countsText(batch),
  ].join("\n");
}

function lineOf({ state, name, source, target, why, move }: BatchStep): string {
  const way = target === null || target === source ? `on ${source}` : `from ${source} to ${target}`;
  const record = move === null ? "" : ` (move ${move})`;
  return `  ${state.padEnd(10)} ${name} ${way}${record}${why === null ? "" : `: ${why}`}`;
}

/** How far the whole of it is. */
export function countsText({ steps }: Batch): string {
  const count = (state: BatchStep["state"]): number => steps.filter((step) => step.state === state).length;
  const others = (["moving", "waiting", "failed", "called-off"] as const).flatMap((state) =>
    count(state) === 0 ? [] : [`${count(state)} ${state}`],
  );
  return [`  ${count("moved")} of ${steps.length} moved`, ...others].join(", ");
}

const indented = (text: string): string => text.replaceAll(/^/gm, "    ");
