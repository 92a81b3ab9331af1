/** One move under the eyes of a client that pings all the while, beside the watch of migration-overhead. */
import { setTimeout as pause } from "node:timers/promises";
import type { Lab } from "@trunkline/lab";
import type { MoveWatch } from "../migration-overhead/measured-move.ts";
import type { MeasuredMove } from "../migration-overhead/measured-move.ts";
import type { Way } from "../migration-overhead/ways.ts";
import { watchPings } from "./ping-watch.ts";

export interface NoticedMove extends MeasuredMove {
  readonly pingsSent: number;
  /** Never answered, however late: sent while the guest changed its place, or at another time of the move. */
  readonly pingsLostAtSwitchOver: number;
  readonly pingsLostBesides: number;
  readonly pingsDoubled: number;
  /** Packets of the client's session that it had to send again while the guest was silent. */
  readonly packetsResent: number;
}

export async function noticedMove(
  lab: Lab,
  watch: MoveWatch,
  vm: string,
  way: Way,
  signal: AbortSignal,
): Promise<NoticedMove> {
  const address = lab.plan.vms.find(({ name }) => name === vm)?.address;
  if (address === undefined) throw new TypeError(`the lab has no ${vm}`);
  const watched = await watchPings(lab.clientCommand());
  const pings = lab.sendFromClient({ kind: "ping", to: address, count: pingsPerMove, intervalMs });
  // A rejection is seen below, when the move is over; until then nobody waits for it.
  pings.catch(() => undefined);
  await pause(leadMs, undefined, { signal });
  const moved = await watch.measure(way, signal);
  const { sent, received, duplicates } = await pings;
  const lost = sent - received;
  const [from, to] = [moved.suspendedAtMs - aroundMs, moved.resumedAtMs + aroundMs];
  const atSwitchOver = watched.unansweredAtMs().filter((atMs) => atMs >= from && atMs <= to).length;
  const counts = { pingsLostAtSwitchOver: atSwitchOver, pingsLostBesides: lost - atSwitchOver };
  await watched.stop();
  return { ...moved, pingsSent: sent, ...counts, pingsDoubled: duplicates };
}

/** Before the stop a frame may be on its way to the guest still; after the resume switches may not have learned yet. */
const aroundMs = 50;

const intervalMs = 5;
/** Fifteen seconds: a move of the lab's guest takes three to six. */
const pingsPerMove = 3_000;
const leadMs = 500;
