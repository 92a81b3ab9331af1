/** `trunkline simulate SCENARIO`: seeded runs of the whole controller in virtual time, held against the laws. */
import type { Command } from "commander";
import { TrunklineError } from "@trunkline/model";
import type { GlobalOptions } from "../context.ts";
import { exitCode, note, printJson, printText } from "../output/print.ts";
import { crashRuns, scenarioNames } from "../simulate/crash-runs.ts";

interface SimulateOptions extends GlobalOptions {
  readonly seed?: string;
  readonly seeds?: string;
}

export function addSimulateCommand(program: Command): void {
  program
    .command("simulate")
    .argument("<scenario>", scenarioNames.join(", "))
    .option("--seed <n>", "the run to make, or the first of several", "1")
    .option("--seeds <n>", "how many runs, one for each seed that follows", "1")
    .description("seeded runs of the controller against a simulated cluster; prints every broken law with its replay")
    .action(async (scenario: string, _: unknown, command: Command) => {
      await simulate(scenario, command.optsWithGlobals<SimulateOptions>());
    });
}

async function simulate(scenario: string, options: SimulateOptions): Promise<void> {
  if (!scenarioNames.includes(scenario))
    throw new TrunklineError("usage.invalid", `there is no scenario ${scenario}; there is ${scenarioNames.join(", ")}`);
  const first = numberOf("--seed", options.seed ?? "1");
  const count = numberOf("--seeds", options.seeds ?? "1");
  const { runs, violations, metrics } = await crashRuns(first, count);
  const [only] = runs;
  if (options.json === true)
    printJson({
      scenario,
      seed: first,
      seeds: count,
      violations,
      metrics,
      replay: replayOf(scenario, violations[0]?.seed ?? first),
      ...(count === 1 && only !== undefined ? { story: only.story } : {}),
    });
  else {
    if (count === 1 && only !== undefined) for (const line of only.story) printText(line);
    for (const { seed, law, message } of violations) {
      note(`seed ${seed} broke ${law}: ${message}`);
      note(`  replay: ${replayOf(scenario, seed)}`);
    }
    const { moves, lives, outcomes } = metrics;
    const ends = Object.entries(outcomes).map(([outcome, times]) => `${times} ${outcome}`);
    printText(
      `${count} run(s), ${lives} controllers, ${moves} moves (${ends.join(", ")}): ${violations.length} violation(s)`,
    );
  }
  process.exitCode = violations.length === 0 ? exitCode.success : exitCode.failed;
}

const replayOf = (scenario: string, seed: number): string => `trunkline simulate ${scenario} --seed ${seed}`;

function numberOf(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new TrunklineError("usage.invalid", `${option} ${text} is not a whole number`);
  return Number(text);
}
