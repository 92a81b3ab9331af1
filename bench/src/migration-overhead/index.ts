/**
 * `migration-overhead [--pairs N] [--handover off] [--max-downtime MS]`
 *
 * What moving a VM by us costs beside moving it by virsh: the time it takes and the time for which a client hears
 * nothing. The two take turns with the same VM, the same client watches both, and after every move the guest is proven
 * whole, so that a fast way of damaging it does not win.
 */
import { join } from "node:path";
import { realWorld } from "@trunkline/controller";
import type { Lab } from "@trunkline/lab";
import type { Inventory } from "@trunkline/model";
import { withLab } from "../bench-lab.ts";
import { atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { numberOf } from "../number-of.ts";
import { ratios, spreadOf } from "../paired.ts";
import { inTurn } from "./in-turn.ts";
import type { InTurn } from "./in-turn.ts";
import { MoveWatch } from "./measured-move.ts";
import type { MeasuredMove } from "./measured-move.ts";
import { pageOf } from "./page.ts";
import { byCommand, byTrunkline, byVirsh } from "./ways.ts";
import type { Way } from "./ways.ts";

export const description =
  "live moves by virsh and by us in turn: time taken, the client's silence and what it is made of";

export async function run(options: BenchOptions): Promise<BenchResult> {
  const { quick, args } = options;
  const pairCount = numberOf(args, "pairs") ?? (quick ? 1 : 10);
  const maxDowntimeMs = numberOf(args, "max-downtime");
  // As virsh copies: what our own mode makes of the pause is for `silence` to say.
  const choices = {
    mode: "precopy" as const,
    handover: args["handover"] !== "off",
    ...(maxDowntimeMs === undefined ? {} : { maxDowntimeMs }),
  };
  return await withLab(options, async (lab) => {
    const inventory: Inventory = lab.inventory();
    const stateFolder = args["state"] ?? join(lab.plan.folder, "bench-state");
    const world = realWorld(inventory);
    const ours = await byTrunkline(inventory, stateFolder, choices);
    const ways = { virsh: byVirsh(inventory), ours };
    try {
      const watch = await MoveWatch.open(lab, world, vm, options.signal);
      const measured = await measure(watch, ways, pairCount, options).catch(async (error: unknown) => {
        await watch.close();
        throw error;
      });
      const session = await watch.close();
      const commands = await commandMoves(lab, watch, join(stateFolder, "command"), options);
      return resultOf(measured, session, commands);
    } finally {
      await Promise.all([ours.close(), world.close()]);
    }
  });
}

async function measure(
  watch: MoveWatch,
  ways: { readonly virsh: Way; readonly ours: Way },
  pairCount: number,
  { log, signal }: BenchOptions,
): Promise<InTurn<MeasuredMove>> {
  return await inTurn(pairCount, async (name, title) => {
    const moved = await watch.measure(ways[name], signal);
    const { source, target, totalMs, silenceMs, downtimeMs } = moved;
    const [total, silence, downtime] = [totalMs, silenceMs, downtimeMs].map(Math.round);
    log(`${title}: ${name}, ${source} to ${target}: ${total} ms, silence ${silence} ms, downtime ${downtime} ms`);
    return moved;
  });
}

export interface CommandMove {
  readonly wallMs: number;
  readonly moveMs: number;
}

/** There and back by the command itself, for information: what a user waits for, the checks and the proof included. */
async function commandMoves(
  lab: Lab,
  watch: MoveWatch,
  stateFolder: string,
  { quick, log, signal }: BenchOptions,
): Promise<readonly CommandMove[]> {
  const moves: CommandMove[] = [];
  for (let number = 0; number < (quick ? 0 : 2); number += 1) {
    const move = await byCommand(lab.name, stateFolder, { vm, ...(await watch.whereTo()) }, signal);
    log(`the command: ${Math.round(move.wallMs)} ms, of which the move ${move.moveMs} ms`);
    moves.push(move);
  }
  return moves;
}

function resultOf(
  { pairs, others }: InTurn<MeasuredMove>,
  session: { readonly sessionSurvived: boolean; readonly bytesLost: number },
  commands: readonly CommandMove[],
): BenchResult {
  const all = [...others, ...pairs.flatMap(({ a, b }) => [a, b])];
  const totalRatio = ratios(pairs, (move) => move.totalMs);
  const silenceRatio = ratios(pairs, (move) => move.silenceMs);
  const damage = all.reduce((sum, move) => sum + move.memoryErrors + move.diskWritesLost, 0);
  const unchecked = all.filter((move) => move.memoryPagesChecked === 0).length;
  const lost = session.bytesLost + Number(!session.sessionSurvived);
  const shares = pairs.flatMap(({ b }) => (b.share === undefined ? [] : [b.share]));
  const ownShare = {
    performToFinishMs: spreadOf(shares.map((share) => share.performToFinishMs)),
    finishToConfirmMs: spreadOf(shares.map((share) => share.finishToConfirmMs)),
    journalAppendMs: spreadOf(shares.flatMap((share) => share.appendsMs)),
  };
  const figures = { moves: all.length, totalRatio, silenceRatio, ownShare, session, commands, pairs };
  return {
    figures,
    bars: [
      atMost("time taken, ours to virsh, median of pairs", totalRatio.median, "", ratioLimit),
      atMost("client's silence, ours to virsh, median of pairs", silenceRatio.median, "", ratioLimit),
      atMost("wrong pages and lost or damaged records in the guest, all moves", damage, "", 0),
      atMost("moves after which the guest had checked no memory", unchecked, "", 0),
      atMost("bytes that the client's session lost, or its end", lost, "", 0),
    ],
    table: pageOf(figures),
  };
}

const vm = "vm1";

/** Ours may cost a tenth more than virsh's. */
const ratioLimit = 1.1;
