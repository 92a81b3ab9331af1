/** Emptying a host: the preview, the evacuation that runs, and the way back. */
import { z } from "zod";
import type { Evacuation, EvacuationPlan } from "@trunkline/model";
import { checkSchema } from "./checks.ts";
import { hostSchema, maintenanceState } from "./hosts.ts";
import { predictionSchema } from "./moves.ts";
import { hostNameText, moveIdText, timestamp, vmIdText } from "./names.ts";
import { shaped } from "./shaped.ts";

export const blockedVmSchema = z.object({
  vm: vmIdText,
  name: z.string(),
  candidates: z.array(z.object({ host: hostNameText, checks: z.array(checkSchema) })),
  why: z.string(),
});

const evacuationSchema = shaped<Evacuation>()(
  z
    .object({
      host: hostNameText,
      requestedBy: z.string(),
      requestedAt: timestamp,
      state: z.enum(["running", "done", "stuck"]),
      vms: z.array(
        z.object({
          vm: vmIdText,
          name: z.string(),
          state: z.enum(["waiting", "moving", "moved", "stuck", "stays"]),
          target: hostNameText.nullable(),
          attempts: z.number(),
          move: moveIdText.nullable(),
          why: z.string().nullable(),
        }),
      ),
    })
    .meta({ id: "Evacuation" }),
);

const planSchema = shaped<EvacuationPlan>()(
  z
    .object({
      host: hostNameText,
      blocked: z.array(blockedVmSchema),
      waves: z.array(
        z.array(
          z.object({
            vm: vmIdText,
            name: z.string(),
            target: hostNameText,
            predicted: predictionSchema,
            reason: z.string(),
          }),
        ),
      ),
      stays: z.array(z.object({ vm: vmIdText, name: z.string(), why: z.string() })),
      predictedMs: z.number(),
      network: z.array(checkSchema).describe("What all of it together does to the network."),
    })
    .meta({ id: "EvacuationPlan" }),
);

export const maintenanceBody = z.strictObject({ action: z.enum(["preview", "enter", "exit"]) });

export const maintenanceAnswer = z.discriminatedUnion("action", [
  z.object({ action: z.literal("preview"), plan: planSchema }),
  z.object({ action: z.literal("enter"), evacuation: evacuationSchema }),
  z.object({ action: z.literal("exit"), host: hostSchema }),
]);

export const maintenanceSchema = z.object({
  host: hostNameText,
  maintenance: maintenanceState,
  evacuation: evacuationSchema.nullable(),
});
