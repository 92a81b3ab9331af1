/**
 * The worst moment of a migration: the target's libvirtd dies right after it resumed the guest. Driven peer to peer the
 * source hears of an error, resumes its own copy, and two guests write to one disk (docs/state-machine.md, row 18).
 * Driven by us the source stays paused until the target has answered (row 33).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labDown, labUp, openLab } from "@trunkline/lab";
import { TrunklineError } from "@trunkline/model";
import { atMost } from "../bench-result.ts";
import type { Bar, BenchOptions, BenchResult } from "../bench-result.ts";
import { runByTrunkline } from "./by-trunkline.ts";
import type { TrunklineRun } from "./by-trunkline.ts";
import { runByVirsh } from "./by-virsh.ts";
import type { VirshRun } from "./by-virsh.ts";
import { Stage } from "./stage.ts";

export const description = "kill the target's libvirtd as the guest is resumed: how many copies run afterwards?";

const runsInFull = { ours: 20, virsh: 5 } as const;
const runsWhenQuick = { ours: 2, virsh: 1 } as const;

export async function run({ quick, args, log, signal }: BenchOptions): Promise<BenchResult> {
  const count = { ...(quick ? runsWhenQuick : runsInFull) };
  const wanted = args["runs"];
  const ourRuns = wanted === undefined ? count.ours : wholeNumber(wanted);
  const given = args["lab"];
  const name = given ?? `sb${process.pid}`;
  const stateFolder = mkdtempSync(join(tmpdir(), "tl-split-brain-"));
  const [ours, virsh]: [TrunklineRun[], VirshRun[]] = [[], []];
  try {
    await labUp({ name, topology: "two-hosts", log, signal });
    const stage = new Stage(openLab(name), signal);
    for (let number = 1; number <= Math.max(ourRuns, count.virsh); number += 1) {
      if (number <= count.virsh) {
        const result = await runByVirsh(stage);
        virsh.push(result);
        log(`virsh ${number} of ${count.virsh}: ${JSON.stringify(result)}`);
      }
      if (number <= ourRuns) {
        const result = await runByTrunkline(stage, stateFolder);
        ours.push(result);
        log(`trunkline ${number} of ${ourRuns}: ${JSON.stringify(result)}`);
      }
    }
  } finally {
    if (given === undefined) await labDown({ name });
    rmSync(stateFolder, { recursive: true });
  }
  return {
    figures: { trunkline: ours, virshPeerToPeer: virsh },
    bars: barsOf(ours, virsh),
    table: tableOf(ours, virsh),
  };
}

function barsOf(ours: readonly TrunklineRun[], virsh: readonly VirshRun[]): readonly Bar[] {
  const shown = countOf(virsh, hasTwo);
  return [
    atMost("trunkline: runs with two running copies", countOf(ours, hasTwo), "runs", 0),
    atMost(
      "trunkline: runs that the next command did not settle",
      countOf(ours, (one) => !one.isSettled),
      "runs",
      0,
    ),
    atMost(
      "trunkline: runs in which the moment was missed",
      countOf(ours, (one) => !one.hasStruck),
      "runs",
      0,
    ),
    atMost(
      "trunkline: pages of memory wrong",
      sumOf(ours, (one) => one.damage.memoryErrors),
      "pages",
      0,
    ),
    atMost(
      "trunkline: records lost or damaged",
      sumOf(ours, (one) => one.damage.recordsLost),
      "records",
      0,
    ),
    {
      what: "virsh --p2p: runs with two running copies (at least)",
      value: shown,
      unit: "runs",
      limit: 1,
      holds: shown >= 1,
    },
  ];
}

function tableOf(ours: readonly TrunklineRun[], virsh: readonly VirshRun[]): string {
  const twice = virsh.find(hasTwo);
  const rows = [
    ["", "runs", "two copies", "left with one"],
    ["virsh migrate --p2p", virsh.length, countOf(virsh, hasTwo), countOf(virsh, (one) => one.copies === 1)],
    ["trunkline migrate", ours.length, countOf(ours, hasTwo), countOf(ours, (one) => one.isSettled)],
  ].map((row) =>
    row.map((cell, column) => (column === 0 ? String(cell).padEnd(20) : String(cell).padStart(18))).join(""),
  );
  if (twice === undefined) return rows.join("\n");
  const { sourceState, targetState, sourceWrites, targetWrites } = twice;
  const story =
    `Two copies: the source says ${sourceState}, the target ${targetState}; ` +
    `in one second they wrote ${sourceWrites} and ${targetWrites} times to the one disk.`;
  return [...rows, "", story].join("\n");
}

const hasTwo = (one: { readonly copies: number }): boolean => one.copies > 1;

const countOf = <T>(all: readonly T[], holds: (one: T) => boolean): number => all.filter(holds).length;

const sumOf = <T>(all: readonly T[], figure: (one: T) => number): number =>
  all.reduce((sum, one) => sum + figure(one), 0);

function wholeNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new TrunklineError("usage.invalid", `--runs ${text} is not a positive whole number`);
}
