/**
 * `silence [--pairs N] [--handover off] [--mode MODE]`
 *
 * What a client of the VM notices of a move by us and of one by virsh, in turn: how long its TCP session hears nothing, and
 * how many of its pings (one each 5 ms) are never answered, at the switch-over and while memory crowds the links. Ours copies by its own mode and hands frames over while the guest
 * is paused; virsh does what it does.
 */
import { join } from "node:path";
import { realWorld } from "@trunkline/controller";
import type { Lab } from "@trunkline/lab";
import { withLab } from "../bench-lab.ts";
import { atLeast, atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { inTurn } from "../migration-overhead/in-turn.ts";
import type { InTurn } from "../migration-overhead/in-turn.ts";
import { MoveWatch } from "../migration-overhead/measured-move.ts";
import { byTrunkline, byVirsh } from "../migration-overhead/ways.ts";
import type { Choices, Way } from "../migration-overhead/ways.ts";
import { numberOf } from "../number-of.ts";
import { quantile } from "../paired.ts";
import type { Pair } from "../paired.ts";
import { noticedMove } from "./noticed-move.ts";
import type { NoticedMove } from "./noticed-move.ts";
import { pageOf } from "./page.ts";

export const description = "a client's TCP silence and lost pings over live moves by virsh and by us in turn";

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { quick, args } = options;
  const pairCount = numberOf(args, "pairs") ?? (quick ? 2 : 20);
  const mode = args["mode"] === "precopy" ? "precopy" : "auto";
  const choices: Choices = { mode, handover: args["handover"] !== "off" };
  return await withLab(options, async (lab) => {
    const inventory = lab.inventory();
    const world = realWorld(inventory);
    const ours = await byTrunkline(inventory, args["state"] ?? join(lab.plan.folder, "bench-state"), choices);
    try {
      const watch = await MoveWatch.open(lab, world, vm, options.signal);
      try {
        const ways = { virsh: byVirsh(inventory), ours };
        const { pairs, others } = await measure(lab, watch, ways, pairCount, options);
        return resultOf(pairs, others, quick);
      } finally {
        await watch.close();
      }
    } finally {
      await Promise.all([ours.close(), world.close()]);
    }
  });
}

async function measure(
  lab: Lab,
  watch: MoveWatch,
  ways: { readonly virsh: Way; readonly ours: Way },
  pairCount: number,
  { log, signal }: BenchOptions,
): Promise<InTurn<NoticedMove>> {
  return await inTurn(pairCount, async (name, title) => {
    const noticed = await noticedMove(lab, watch, vm, ways[name], signal);
    const { source, target, totalMs, silenceMs, downtimeMs, framesHandedOver } = noticed;
    const [total, silence, downtime] = [totalMs, silenceMs, downtimeMs].map(Math.round);
    const lost = `${noticed.pingsLostAtSwitchOver} + ${noticed.pingsLostBesides}`;
    const handed = framesHandedOver === undefined ? "" : `, ${framesHandedOver} frames handed over`;
    const seen = `silence ${silence} ms, downtime ${downtime} ms, ${lost} pings lost${handed}`;
    log(`${title}: ${name}, ${source} to ${target}: ${total} ms, ${seen}`);
    return noticed;
  });
}

function resultOf(pairs: readonly Pair<NoticedMove>[], others: readonly NoticedMove[], quick: boolean): BenchResult {
  const [virsh, ours] = [pairs.map(({ a }) => a), pairs.map(({ b }) => b)];
  const of = (moves: readonly NoticedMove[], figure: keyof NoticedMove, share: number): number =>
    quantile(
      moves.map((move) => Number(move[figure])),
      share,
    );
  const all = [...virsh, ...ours, ...others];
  const damage = all.reduce((sum, { memoryErrors, diskWritesLost }) => sum + memoryErrors + diskWritesLost, 0);
  const lossless = ours.filter(({ pingsLostAtSwitchOver }) => pingsLostAtSwitchOver === 0).length / ours.length;
  const median = { virsh: of(virsh, "silenceMs", 0.5), ours: of(ours, "silenceMs", 0.5) };
  const p90 = { virsh: of(virsh, "silenceMs", 0.9), ours: of(ours, "silenceMs", 0.9) };
  const beyondDowntimeMs = median.ours - of(ours, "downtimeMs", 0.5);
  return {
    figures: { pairs, median, p90, lossless, beyondDowntimeMs },
    bars: [
      atMost("median silence, ours to virsh's", median.ours / median.virsh, "", 0.6),
      atMost("90th percentile of the silence, ours to virsh's", p90.ours / p90.virsh, "", 0.7),
      atMost("our median silence beyond QEMU's downtime", beyondDowntimeMs, "ms", 60),
      // 18 of 20; a short form has fewer moves.
      ...(quick ? [] : [atLeast("our moves that lose no ping at the switch-over", lossless, "", 0.9)]),
      atMost("wrong pages and lost or damaged records in the guest, all moves", damage, "", 0),
    ],
    table: pageOf(virsh, ours),
  };
}

const vm = "vm1";
