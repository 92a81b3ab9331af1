/**
 * Keeps QEMU from stopping the guest before the way for its frames is in place (docs/silence.md).
 *
 *   held ──▶ what is left fits into the limit ──▶ frames are shared ──▶ let go
 *
 * The hold is a downtime limit that no guest meets that still runs. Whoever holds must let go, also when the way cannot be
 * laid: a move is as correct without it.
 */
import { assert } from "@trunkline/model";

export interface CopyEnd {
  readonly round: number;
  readonly memoryRemainingBytes: number;
  /** Bits per second. */
  readonly rateBps: number | undefined;
}

/** The least that libvirt takes. */
export const heldDowntimeMs = 1;

/**
 * Whether the guest would be stopped, if it were let: what is left takes no longer than it may stand still. The first round says
 * nothing, because what is dirtied during it is not counted yet.
 *
 * No earlier, because whatever is shared before the guest is stopped it must read twice: QEMU takes a new limit up within a
 * tenth of a second, and an emulated guest needs a third of a millisecond for each frame.
 *
 * @param limitMs the longest that it may stand still.
 */
export function nearsSwitchOver({ round, memoryRemainingBytes, rateBps }: CopyEnd, limitMs: number): boolean {
  assert(limitMs > 0, "a guest is stopped for some time, however short");
  if (round <= 1) return false;
  // A copy that says nothing of its rate is not waited for: sharing too early costs duplicates, too late costs frames.
  if (rateBps === undefined || rateBps <= 0) return true;
  return (memoryRemainingBytes * 8 * 1000) / rateBps <= limitMs;
}
