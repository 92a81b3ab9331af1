/** The balance of the cluster: what would be moved, what it would gain, and why no more. */
import { z } from "zod";
import type { BalancePlan, BalanceThreshold } from "@trunkline/model";
import { limits } from "./limits.ts";
import { predictionSchema } from "./moves.ts";
import { hostNameText, vmIdText } from "./names.ts";
import { wholeNumber } from "./paging.ts";
import { shaped } from "./shaped.ts";

const thresholds = z.literal([1, 2, 3, 4, 5] as const satisfies readonly BalanceThreshold[]);

export const balanceQuery = z.strictObject({
  threshold: wholeNumber(1, 5)
    .pipe(thresholds)
    .default(3)
    .describe("How much a move has to help: 1 moves nothing for balance, 5 whatever helps a little."),
  maxMoves: wholeNumber(0, limits.batchMoves).default(limits.batchMoves).describe("VMs that are moved at most."),
});

const points = z.number().describe("Points of 100.");
const pressure = z.object({
  cpuRatio: z.number().describe("Threads asked for, over those that the host has."),
  memoryRatio: z.number().describe("Memory assigned, over what the host may assign."),
  score: points,
});

export const balancePlanSchema = shaped<BalancePlan>()(
  z
    .object({
      threshold: thresholds,
      score: z.object({
        before: points,
        after: points,
        bound: z.number().describe("No placement of these VMs on these hosts scores higher."),
      }),
      terms: z.array(z.object({ name: z.enum(["contention", "headroom"]), before: points, after: points })),
      hosts: z.array(
        z.object({ host: hostNameText, closed: z.string().nullable(), before: pressure, after: pressure }),
      ),
      moves: z.array(
        z.object({
          vm: vmIdText,
          name: z.string(),
          source: hostNameText,
          target: hostNameText,
          gain: z.number().describe("Points of the VMs' scores, added up over all VMs."),
          level: thresholds.describe("The lowest threshold that recommends it."),
          predicted: predictionSchema,
          reason: z.string(),
        }),
      ),
      held: z
        .array(
          z.object({
            host: hostNameText,
            move: z.object({ vm: vmIdText, name: z.string(), target: hostNameText, gain: z.number() }).nullable(),
            why: z.string(),
          }),
        )
        .describe("Hosts that are under pressure all the same, and what stands in the way."),
      movesByThreshold: z.array(z.number()).describe("Moves at each threshold, 1 to 5, if all checks passed."),
    })
    .meta({ id: "BalancePlan" }),
);
