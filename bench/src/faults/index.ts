/**
 * `faults`
 *
 * Kills each party of a move in each phase of it, on real hosts, with the service running: how many copies of the VM run
 * afterwards, what the record says and how soon, and whether anything that the guest had written is gone.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lab } from "@trunkline/lab";
import { TrunklineError } from "@trunkline/model";
import { withLab } from "../bench-lab.ts";
import { atMost } from "../bench-result.ts";
import type { Bar, BenchOptions, BenchResult } from "../bench-result.ts";
import { runCommand } from "../command.ts";
import { ServiceProcess } from "../service-process.ts";
import { until } from "../split-brain/command.ts";
import { tableOf } from "../table.ts";
import { oneCell } from "./one-cell.ts";
import type { Cell, Stage } from "./one-cell.ts";
import { faults, phases } from "./strikes.ts";
import type { Fault, Phase } from "./strikes.ts";

export const description = "what becomes of a move, and of its VM, when each of its parties dies in each of its phases";

export async function run(options: BenchOptions): Promise<BenchResult> {
  const wanted = cellsOf(options);
  return await withLab(options, async (lab) => {
    const state = mkdtempSync(join(tmpdir(), "tl-faults-"));
    try {
      return await strikeAll(lab, state, wanted, options);
    } finally {
      rmSync(state, { recursive: true });
    }
  });
}

type Place = readonly [Fault, Phase];

/** `--only "controller/copying"` is one of them, for looking at it again. */
function cellsOf({ quick, args }: BenchOptions): readonly Place[] {
  const all = phases.flatMap((phase) => faults.map((fault): Place => [fault, phase]));
  const { only } = args;
  if (only === undefined) return quick ? all.filter((place) => telling.has(place.join("/"))) : all;
  const found = all.filter((place) => place.join("/") === only || place.includes(only as Fault));
  if (found.length > 0) return found;
  throw new TrunklineError("usage.invalid", `--only ${only} names no fault, phase or FAULT/PHASE`, {
    hint: `Faults: ${faults.join(", ")}. Phases: ${phases.join(", ")}.`,
  });
}

const telling = new Set(["controller/copying", "link down/post-copy", "target libvirtd/switching"]);

async function strikeAll(
  lab: Lab,
  state: string,
  wanted: readonly Place[],
  { log, signal }: BenchOptions,
): Promise<BenchResult> {
  const stage: Stage = {
    lab,
    vm: "vm1",
    service: await ServiceProcess.start(lab.name, state, signal),
    restartService: async () => {
      stage.service = await ServiceProcess.start(lab.name, state, signal);
    },
    signal,
  };
  const cells: Cell[] = [];
  const missed: Place[] = [];
  try {
    for (const [fault, phase] of wanted) {
      const cell = await oneCell(stage, fault, phase);
      log(`${fault} in ${phase}: ${cell === undefined ? "the phase was over too soon" : lineOf(cell)}`);
      if (cell === undefined) missed.push([fault, phase]);
      else cells.push(cell);
      if (cell !== undefined && cell.copies.length !== 1) await startAgain(stage);
    }
  } finally {
    await stage.service.stop();
  }
  return { figures: { cells, missed }, bars: barsOf(cells, missed), table: pageOf(cells) };
}

const isLostWithoutCause = (cell: Cell): boolean => cell.copies.length === 0 && !cell.mayBeLost;

/** The record names the host where the VM runs; a lost one runs nowhere, and the record says that it failed. */
function isUntrue({ copies, runsOn, outcome }: Cell): boolean {
  const [host] = copies;
  return host === undefined ? runsOn !== null || outcome !== "failed" : runsOn !== host;
}

function barsOf(cells: readonly Cell[], missed: readonly Place[]): readonly Bar[] {
  const count = (holds: (cell: Cell) => boolean): number => cells.filter(holds).length;
  const sum = (figure: (cell: Cell) => number): number => cells.reduce((total, cell) => total + figure(cell), 0);
  const slowestS = Math.max(...cells.map(({ trueAfterMs }) => trueAfterMs)) / 1000;
  return [
    atMost(
      "cases with two running copies",
      count(({ copies }) => copies.length > 1),
      "cases",
      0,
    ),
    atMost("cases in which the VM was lost without need", count(isLostWithoutCause), "cases", 0),
    atMost(
      "records of the disk lost or damaged",
      sum(({ recordsLost }) => recordsLost),
      "records",
      0,
    ),
    atMost(
      "pages of memory wrong",
      sum(({ pagesWrong }) => pagesWrong),
      "pages",
      0,
    ),
    atMost("moves whose record is not true", count(isUntrue), "moves", 0),
    atMost("slowest record, from the moment when all was back", slowestS, "s", 30),
    atMost("cases whose moment was missed", missed.length, "cases", 0),
  ];
}

const stateOf = ({ copies, leftOver }: Cell): string =>
  `${copies.length === 0 ? "lost" : `once, on ${copies.join(" and ")}`}${leftOver > 0 ? `, ${leftOver} left over` : ""}`;

const lineOf = (cell: Cell): string =>
  `${cell.outcome}, the record says ${cell.runsOn ?? "nowhere"}; the VM runs ${stateOf(cell)}; ` +
  `${cell.recordsLost} records lost, ${cell.pagesWrong} pages wrong; true after ${(cell.trueAfterMs / 1000).toFixed(1)} s; ` +
  cell.message.slice(0, messageChars);

const messageChars = 160;

const pageOf = (cells: readonly Cell[]): string =>
  tableOf([
    ["phase", "what dies", "the move", "the VM runs", "records lost", "true after, s"],
    ...cells.map((cell) => [
      cell.phase,
      cell.fault,
      cell.outcome,
      stateOf(cell),
      String(cell.recordsLost),
      (cell.trueAfterMs / 1000).toFixed(1),
    ]),
  ]);

/** A lost VM boots from its disk, which it goes on with: the numbers of its records show whether one is missing. */
async function startAgain({ lab, vm, signal }: Stage): Promise<void> {
  for (const { name, uri } of lab.inventory().hosts) {
    await runCommand(["virsh", "-c", uri, "--quiet", "destroy", vm], signal).catch(() => undefined);
    await until(async () => (await lab.qemuPids(name, vm)).length === 0, `${vm} has left ${name}`, signal);
  }
  const [first] = lab.plan.hosts;
  await lab.startVm(vm, first?.node.name ?? "");
  await until(async () => ((await lab.guestStatus(vm))?.recordsWritten ?? 0) > 0, "the guest writes again", signal);
}
