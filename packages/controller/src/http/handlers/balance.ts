/** The balance of the cluster. */
import type { HandlersOf, Rooms } from "../call.ts";

export function balanceHandlers({ plane }: Rooms): HandlersOf<"balance"> {
  return {
    "balance.show": async ({ query, signal }) => ({ status: 200, body: await plane.planBalance(query, signal) }),
  };
}
