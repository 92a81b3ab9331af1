/** Several VMs as one request: plan, begin, look, call off. */
import { z } from "zod";
import { batchListQuery, batchListSchema, batchPlanSchema, batchSchema, batchWishSchema } from "../batches.ts";
import { batchRef } from "../names.ts";
import { operationsOf } from "../operation.ts";

const batchParams = z.strictObject({ id: batchRef });

export const batchOperations = operationsOf({
  "batches.create": {
    method: "POST",
    path: "/api/v1/batches",
    role: "operator",
    acts: "once-by-key",
    summary: "Move several VMs as one request: 202 with the batch, which has begun. With `dryRun` 200 with its plan.",
    body: batchWishSchema,
    answers: { 200: batchPlanSchema, 202: batchSchema },
    errors: [
      "vm.unknown",
      "vm.ambiguous",
      "usage.invalid",
      "host.unknown",
      "host.unreachable",
      "host.failed",
      "batch.refused",
      "service.unavailable",
    ],
  },
  "batches.list": {
    method: "GET",
    path: "/api/v1/batches",
    role: "viewer",
    acts: "no",
    summary: "The newest batches.",
    query: batchListQuery,
    answers: { 200: batchListSchema },
    errors: [],
  },
  "batches.show": {
    method: "GET",
    path: "/api/v1/batches/:id",
    role: "viewer",
    acts: "no",
    summary: "One batch: how far each of its moves is.",
    params: batchParams,
    answers: { 200: batchSchema },
    errors: ["batch.unknown"],
  },
  "batches.cancel": {
    method: "POST",
    path: "/api/v1/batches/:id/cancel",
    role: "operator",
    acts: "once-by-key",
    summary:
      "Call a batch off: what has not begun does not begin, what is under way is called off where it still can be.",
    params: batchParams,
    answers: { 200: batchSchema },
    errors: ["batch.unknown", "batch.over"],
  },
});
