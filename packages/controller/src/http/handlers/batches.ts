/** Several VMs as one request. */
import type { BatchWish } from "../../service/control-plane.ts";
import type { HandlersOf, Rooms } from "../call.ts";

export function batchHandlers({ plane }: Rooms): HandlersOf<"batches"> {
  return {
    "batches.create": async ({ body: { dryRun, moves, onFailure, ...options }, caller, signal }) => {
      const wish: BatchWish = { moves, onFailure, options };
      if (dryRun) return { status: 200, body: await plane.previewBatch(wish, signal) };
      return { status: 202, body: await plane.requestBatch(wish, caller.actor, signal) };
    },
    "batches.list": async ({ query }) => ({ status: 200, body: { items: await plane.listBatches(query.limit) } }),
    "batches.show": async ({ params }) => ({ status: 200, body: await plane.findBatch(params.id) }),
    "batches.cancel": async ({ params, caller }) => ({
      status: 200,
      body: await plane.cancelBatch(params.id, caller.actor),
    }),
  };
}
