/** Several VMs as one request: what is asked for, the plan, and how far it is. */
import { z } from "zod";
import { TrunklineError } from "@trunkline/model";
import type { Batch, BatchPlan, OnFailure } from "@trunkline/model";
import { checkSchema } from "./checks.ts";
import { limits } from "./limits.ts";
import { blockedVmSchema } from "./maintenance.ts";
import { moveOptionFields, moveOptionsSchema, moveOrigin, predictionSchema } from "./moves.ts";
import { batchIdText, hostNameText, hostRef, moveIdText, plainText, timestamp, vmIdText } from "./names.ts";
import { wholeNumber } from "./paging.ts";
import { shaped } from "./shaped.ts";
import type { Settled } from "./shaped.ts";

const onFailure = z.enum(["stop", "continue"] as const satisfies readonly OnFailure[]);

export const batchWishSchema = z.strictObject({
  moves: z
    .array(
      z.strictObject({
        vm: plainText(limits.nameChars).describe("Name or UUID."),
        target: hostRef.exactOptional().describe("Left out: the host that is left with the most room."),
        after: z
          .array(plainText(limits.nameChars))
          .max(limits.batchMoves)
          .default([])
          .describe("VMs of this batch, by name or UUID, that must have been moved before."),
      }),
    )
    .min(1)
    .max(limits.batchMoves),
  onFailure: onFailure
    .default("stop")
    .describe("`stop`: the first move that does not complete calls off those that have not started."),
  ...moveOptionFields,
  dryRun: z.boolean().default(false).describe("Plan and predict, touch nothing."),
});

/** What a file of `trunkline batch run --file` holds: the moves of a request, and what happens when one fails. */
const batchFileSchema = batchWishSchema.pick({ moves: true, onFailure: true }).extend({
  onFailure: onFailure.exactOptional(),
});

/** @param data what the file holds. @throws usage.invalid, naming what is wrong. */
export function parseBatchFile(data: unknown): Settled<z.output<typeof batchFileSchema>> {
  const result = batchFileSchema.safeParse(data);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, limits.snapshotProblems)
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new TrunklineError("usage.invalid", `the file does not describe a batch:\n  ${problems.join("\n  ")}`, {
    hint: "docs/cli.md shows one.",
    details: { problems },
  });
}

const steps = z.array(z.number());

export const batchPlanSchema = shaped<BatchPlan>()(
  z
    .object({
      blocked: z.array(blockedVmSchema),
      steps: z.array(
        z.object({
          step: z.number(),
          vm: vmIdText,
          name: z.string(),
          source: hostNameText,
          target: hostNameText,
          predicted: predictionSchema,
          reason: z.string(),
          after: steps.describe("Steps that must have completed."),
          roomAfter: steps.describe("Steps that must have ended, because they make room on its target."),
          startMs: z.number(),
        }),
      ),
      waves: z.array(steps).describe("Steps by their number."),
      stays: z.array(z.object({ vm: vmIdText, name: z.string(), why: z.string() })),
      predictedMs: z.number(),
      network: z.array(checkSchema).describe("What all of it together does to the network."),
    })
    .meta({ id: "BatchPlan" }),
);

export const batchSchema = shaped<Batch>()(
  z
    .object({
      id: batchIdText,
      requestedBy: z.string(),
      origin: moveOrigin.exactOptional().describe("Absent: an operator."),
      requestedAt: timestamp,
      onFailure,
      outlivesProcess: z.boolean(),
      options: moveOptionsSchema,
      state: z.enum(["running", "completed", "failed", "cancelled"]),
      calledOff: z.object({ kind: z.enum(["failure", "cancel"]), why: z.string() }).nullable(),
      predictedMs: z.number(),
      steps: z.array(
        z.object({
          step: z.number(),
          vm: vmIdText,
          name: z.string(),
          source: hostNameText,
          target: hostNameText.nullable(),
          after: steps,
          roomAfter: steps,
          predictedMs: z.number(),
          state: z.enum(["waiting", "moving", "moved", "failed", "called-off"]),
          move: moveIdText.nullable(),
          why: z.string().nullable(),
        }),
      ),
    })
    .meta({ id: "Batch" }),
);

export const batchListQuery = z.strictObject({
  limit: wholeNumber(1, limits.pageItems).default(limits.pageItemsUsual).describe("Newest first."),
});

export const batchListSchema = z.object({ items: z.array(batchSchema) });
