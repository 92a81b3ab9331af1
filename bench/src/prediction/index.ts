/**
 * `prediction [--cases N] [--svg FILE]`
 *
 * How wrong are predictions? A grid of loads, rates and ways of copying; the service predicts each move before it starts,
 * with what it measures and what it has learned, then makes it. The half of the grid that comes first fills the journal, from
 * which the pace between the hosts is learned; only the other half counts.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Service, openStore, realWorld, silentLog, systemClock } from "@trunkline/controller";
import type { Lab } from "@trunkline/lab";
import { accuracyOf } from "@trunkline/migration";
import { withLab } from "../bench-lab.ts";
import { atLeast, atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { numberOf } from "../number-of.ts";
import { gridOf } from "./grid.ts";
import { tryCase, vm } from "./one-case.ts";
import type { CaseResult } from "./one-case.ts";
import { pageOf } from "./page.ts";
import { scatterOf } from "./scatter.ts";

export const description = "predicted against measured duration, bytes and downtime of real moves over a grid of loads";

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { quick, args } = options;
  const count = numberOf(args, "cases") ?? (quick ? 8 : 72);
  const results = await withLab(options, async (lab) => await tryAll(lab, count, options));
  const counted = results.filter(({ of }) => !of.isForLearning);
  const accuracy = accuracyOf(counted);
  const svg = args["svg"] ?? join(tmpdir(), "trunkline-prediction.svg");
  writeFileSync(svg, scatterOf(results));
  options.log(`scatter plot: ${svg}`);
  const damage = results.reduce((sum, { memoryErrors, recordsLost }) => sum + memoryErrors + recordsLost, 0);
  return {
    figures: { accuracy, results, svg },
    bars: [
      atMost(
        "duration, median error of the half that was not learned from",
        accuracy.total?.median ?? Number.NaN,
        "",
        0.1,
      ),
      atMost("duration, 90th percentile", accuracy.total?.p90 ?? Number.NaN, "", 0.25),
      atMost("bytes, median error", accuracy.bytes?.median ?? Number.NaN, "", 0.1),
      atMost("bytes, 90th percentile", accuracy.bytes?.p90 ?? Number.NaN, "", 0.25),
      atMost("downtime, 90th percentile of what it was off by", accuracy.downtimeMs?.p90 ?? Number.NaN, "ms", 60),
      atLeast("right about whether it ends", accuracy.endForetold ?? Number.NaN, "", 0.95),
      atMost("wrong pages and lost records in the guest, all moves", damage, "", 0),
      ...(quick ? [] : [atLeast("moves", results.length, "moves", movesAtLeast)]),
    ],
    table: pageOf(results, accuracy),
  };
}

async function tryAll(lab: Lab, count: number, { args, log, signal }: BenchOptions): Promise<readonly CaseResult[]> {
  const stateFolder = args["state"] ?? join(lab.plan.folder, "bench-state");
  mkdirSync(stateFolder, { recursive: true });
  const store = await openStore({ path: join(stateFolder, "journal.db"), clock: systemClock });
  // No probe: what a client sees is no part of the question, and its session would load the guest.
  const world = realWorld({ ...lab.inventory(), probes: [] });
  const service = new Service({
    world,
    store,
    as: "command",
    observeIntervalMs: observedEveryMs,
    maxMoves: 1,
    log: silentLog,
  });
  await service.start();
  const results: CaseResult[] = [];
  try {
    for (const of of gridOf(count)) {
      // The half that counts begins with a guest that holds little again.
      if (!of.isForLearning && results.at(-1)?.of.isForLearning === true) await startAnew(lab);
      const result = await tryCase({ lab, service, events: store.events, signal }, of);
      results.push(result);
      log(lineOf(result, results.length, count));
    }
    return results;
  } finally {
    await service.stop(AbortSignal.abort());
    await world.close();
    await store.close();
  }
}

/** Its process ends, and another one begins on the same disk. */
async function startAnew(lab: Lab): Promise<void> {
  const placed = (await lab.fabric()).endpoints.find(({ name }) => name === vm);
  const host = placed !== undefined && "device" in placed ? placed.device : undefined;
  if (host === undefined) throw new TypeError(`${vm} runs nowhere`);
  for (const pid of await lab.qemuPids(host, vm)) process.kill(pid, "SIGKILL");
  const deadlineMs = Date.now() + bootMs;
  while ((await lab.status()).vms.some((known) => known.name === vm && known.host !== null))
    if (Date.now() > deadlineMs) throw new TypeError(`${vm} does not end`);
  await lab.startVm(vm, host);
  while ((await lab.guestStatus(vm)) === undefined)
    if (Date.now() > deadlineMs) throw new TypeError(`${vm} does not start again`);
}

function lineOf({ of, predicted, measured }: CaseResult, at: number, count: number): string {
  const { bufferMiB, workingSetMiB, dirtyMiBps, rateMiBps, mode } = of;
  const load = `${bufferMiB} MiB, ${dirtyMiBps} MiB/s over ${workingSetMiB}, at ${rateMiBps} MiB/s, ${mode}`;
  const foretold = `${predicted.totalMs} ms, ${Math.round(predicted.bytes / 1048576)} MiB, ${predicted.downtimeMs} ms`;
  const seen =
    measured === null
      ? "does not end"
      : `${measured.totalMs} ms, ${Math.round(measured.bytes / 1048576)} MiB, ${measured.downtimeMs} ms`;
  return `${at} of ${count}: ${load}: predicted ${predicted.converges ? foretold : "does not end"}; ${seen} (${predicted.basis})`;
}

const movesAtLeast = 60;
const observedEveryMs = 3_600_000;
const bootMs = 60_000;
