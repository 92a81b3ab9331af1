/** Moves by virsh and by us in turn, so that whatever else the machine does falls on both. */
import { alternate } from "../paired.ts";
import type { Pair } from "../paired.ts";

export type WayName = "virsh" | "ours";

export interface InTurn<T> {
  readonly pairs: readonly Pair<T>[];
  /** Moves that warmed both ways up, or turned the direction: looked at like all, but in no ratio. */
  readonly others: readonly T[];
}

export async function inTurn<T>(
  pairCount: number,
  move: (name: WayName, title: string) => Promise<T>,
): Promise<InTurn<T>> {
  const others: T[] = [];
  for (const name of ["virsh", "ours"] as const) others.push(await move(name, "warming up"));
  // With two hosts and two ways in turn each way would always go in one direction; half-way they change it.
  const turnAt = Math.floor(pairCount / 2);
  const pairs = await alternate(
    pairCount,
    async (index) => {
      if (index === turnAt && index > 0) others.push(await move("virsh", "turning round"));
      return await move("virsh", `pair ${index + 1} of ${pairCount}`);
    },
    async (index) => await move("ours", `pair ${index + 1} of ${pairCount}`),
  );
  return { pairs, others };
}
