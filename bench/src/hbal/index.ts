/**
 * Ganeti's balancer and ours on the same clusters, by Ganeti's own score: after so many moves, and when nothing is left to
 * gain. hbal takes the best move again and again, so what it printed after N moves is its best plan of N; ours is asked
 * for a plan of at most N each time. To the end, ours may use as many moves as hbal did; what it does when nothing bounds it
 * stands in a row of its own.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { TrunklineError } from "@trunkline/model";
import { SeededRandom } from "@trunkline/simulator";
import { atLeast, atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { tableOf } from "../table.ts";
import { readCluster } from "./cluster-file.ts";
import type { GanetiCluster } from "./cluster-file.ts";
import { generatedCluster } from "./generated-cluster.ts";
import { ourPlan } from "./ours.ts";
import type { CheckedPlan } from "./ours.ts";
import { runHbal } from "./peer.ts";
import type { PeerRun } from "./peer.ts";
import { ganetiScore } from "./score.ts";

export const description = "plans beside those of Ganeti's hbal, by its own score: score, moves, processor time";

interface Subject {
  readonly name: string;
  readonly cluster: string;
  readonly loads: string;
}

interface Row {
  readonly subject: string;
  /** Undefined: nothing bounds ours, and there is nothing to compare. */
  readonly budget: number | undefined;
  readonly isToTheEnd: boolean;
  readonly peer: { readonly score: number; readonly moves: number } | undefined;
  readonly ours: CheckedPlan;
}

interface Compared {
  readonly rows: readonly Row[];
  readonly peerCpuS: number;
  readonly ourCpuS: number;
  /** Between hbal's printout and the separate implementation, before its first move and after each. */
  readonly peerScoreError: number;
  readonly isLarge: boolean;
}

export async function run({ quick, args, log, signal }: BenchOptions): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), "trunkline-hbal-"));
  try {
    const subjects = [...given(args["data"], quick, log), ...generated(folder, quick)];
    const compared: Compared[] = [];
    for (const subject of subjects) compared.push(await compare(subject, quick, log, signal));
    return resultOf(compared);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Pairs of NAME.data and NAME.dynu. */
function given(data: string | undefined, quick: boolean, log: (line: string) => void): readonly Subject[] {
  if (data === undefined) {
    log("no --data FOLDER with NAME.data and NAME.dynu (hbal -t, -U): only clusters that are made up here");
    return [];
  }
  if (!statSync(data, { throwIfNoEntry: false })?.isDirectory())
    throw new TrunklineError("usage.invalid", `--data ${data} is no folder`, {
      hint: "It holds NAME.data and NAME.dynu.",
    });
  const files = readdirSync(data).filter((file) => file.endsWith(".data"));
  const names = files.map((file) => basename(file, ".data")).sort();
  return names
    .map((name) => ({ name, cluster: join(data, `${name}.data`), loads: join(data, `${name}.dynu`) }))
    .filter((subject) => !quick || read(subject).nodes.length <= largeNodes);
}

function generated(folder: string, quick: boolean): readonly Subject[] {
  const kinds = quick
    ? [{ seed: 1, isMixed: true }]
    : [
        { seed: 1, isMixed: true },
        { seed: 2, isMixed: false },
      ];
  return kinds.map(({ seed, isMixed }) => {
    const name = `made-up ${isMixed ? "mixed" : "alike"} ${seed}`;
    const text = generatedCluster({ nodes: 40, instances: 600, isMixed }, new SeededRandom(seed));
    const [cluster, loads] = [join(folder, `${seed}.data`), join(folder, `${seed}.dynu`)];
    writeFileSync(cluster, text.cluster);
    writeFileSync(loads, text.loads);
    return { name, cluster, loads };
  });
}

const read = ({ cluster, loads }: Subject): GanetiCluster =>
  readCluster(readFileSync(cluster, "utf8"), readFileSync(loads, "utf8"));

async function compare(
  subject: Subject,
  quick: boolean,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<Compared> {
  const cluster = read(subject);
  const isLarge = cluster.nodes.length > largeNodes;
  const bound = isLarge ? Math.max(...largeBudgets) : quick ? quickMoves : undefined;
  log(`${subject.name}: hbal begins${bound === undefined ? ", until nothing helps" : ` with ${bound} moves`}`);
  const peer = await runHbal(subject, bound, signal);
  log(`${subject.name}: hbal took ${peer.steps.length} moves and ${peer.cpuS.toFixed(1)} s of processor`);
  const checked = recomputed(cluster, peer);
  const total = peer.steps.length;
  const within = (isLarge ? largeBudgets : budgets).filter((budget) => budget < total);
  const rows: Row[] = [];
  for (const budget of [...within, total, ...(quick ? [] : [undefined])]) {
    const order = {
      cluster: subject.cluster,
      loads: subject.loads,
      ...(budget === undefined ? {} : { maxMoves: budget }),
    };
    const ours = await ourPlan(cluster, order, signal);
    const reached = budget === undefined ? undefined : checked.scores[budget - 1];
    const isToTheEnd = bound === undefined && budget === total;
    const row = {
      subject: subject.name,
      budget,
      isToTheEnd,
      ours,
      peer: reached === undefined ? undefined : { score: reached, moves: budget ?? 0 },
    };
    rows.push(row);
    log(`${subject.name}: ${lineOf(row).slice(1).join("  ")}`);
  }
  const ourCpuS = rows.find(({ budget }) => budget === total)?.ours.cpuS ?? NaN;
  return { rows, peerCpuS: peer.cpuS, ourCpuS, peerScoreError: checked.error, isLarge };
}

/** hbal's scores after each of its moves, in all digits, and how far its printout was from them at most. */
function recomputed(
  cluster: GanetiCluster,
  { scoreBefore, steps }: PeerRun,
): { readonly scores: readonly number[]; readonly error: number } {
  const instances = new Map(cluster.instances.map(({ name }, index) => [name, index]));
  const nodes = new Map(cluster.nodes.map(({ name }, index) => [name, index]));
  const placement = cluster.instances.map(({ node }) => node);
  let error = Math.abs(ganetiScore(cluster, placement) - scoreBefore);
  const scores = steps.map(({ instance, node, score: printed }) => {
    placement[instances.get(instance) ?? -1] = nodes.get(node) ?? -1;
    const score = ganetiScore(cluster, placement);
    error = Math.max(error, Math.abs(score - printed));
    return score;
  });
  return { scores, error };
}

function resultOf(compared: readonly Compared[]): BenchResult {
  const rows = compared.flatMap((each) => each.rows);
  const against = rows.flatMap(({ peer, ours }) => (peer === undefined ? [] : [{ peer, ours }]));
  const freely = compared.flatMap((each) =>
    each.isLarge ? each.rows.filter(({ budget }) => budget === undefined) : [],
  );
  const heads = ["cluster", "moves", "score: hbal", "ours", "ours/hbal", "moved", "CPU s", "process CPU s"];
  const cpu = compared.map(({ rows: [row], peerCpuS, ourCpuS }) => {
    const times = `hbal ${peerCpuS.toFixed(1)} s of processor, ours ${ourCpuS.toFixed(2)} s: ${(peerCpuS / ourCpuS).toFixed(0)} times less`;
    return `${row?.subject ?? ""}: ${times}`;
  });
  return {
    figures: { compared },
    bars: [
      atMost(
        "score, ours/hbal, worst row",
        Math.max(...against.map(({ peer, ours }) => ours.score / peer.score)),
        "",
        1,
      ),
      atMost(
        "moves more than hbal's, worst row",
        Math.max(...against.map(({ peer, ours }) => ours.steps.length - peer.moves)),
        "",
        0,
      ),
      atLeast(
        "processor time, hbal/ours",
        Math.min(...compared.map(({ peerCpuS, ourCpuS }) => peerCpuS / ourCpuS)),
        "",
        50,
      ),
      ...freely.map(({ subject, ours }) => atMost(`${subject}, until nothing helps`, ours.wallS, "s", 10)),
      atMost("steps that a node has no room for", Math.max(...rows.map(({ ours }) => ours.forbiddenSteps)), "", 0),
      atMost(
        "hbal's printed score against the separate one",
        Math.max(...compared.map((each) => each.peerScoreError)),
        "",
        rounding,
      ),
      atMost(
        "our score against the separate one",
        Math.max(...rows.map(({ ours }) => Math.abs(ours.score - ours.scoreAfter))),
        "",
        rounding,
      ),
    ],
    table: [tableOf([heads, ...rows.map(lineOf)]), "", ...cpu].join("\n"),
  };
}

function lineOf({ subject, budget, isToTheEnd, peer, ours }: Row): string[] {
  const moves = budget === undefined ? "any" : `${budget}${isToTheEnd ? " (all)" : ""}`;
  const ratio = peer === undefined ? "-" : (ours.score / peer.score).toFixed(4);
  const figures = [peer?.score.toFixed(8) ?? "-", ours.score.toFixed(8), ratio, String(ours.steps.length)];
  return [subject, moves, ...figures, ours.cpuS.toFixed(2), ours.processCpuS.toFixed(2)];
}

const budgets = [10, 25, 50] as const;
/** Where hbal takes minutes a move. */
const largeBudgets = [1, 2, 4] as const;
const largeNodes = 100;
const quickMoves = 10;
/** hbal prints eight digits. */
const rounding = 1e-8;
