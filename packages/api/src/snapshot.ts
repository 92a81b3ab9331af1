/** The whole snapshot as one document, which the planning commands read back. */
import { z } from "zod";
import type { Inventory, Snapshot } from "@trunkline/model";
import { automationSchema } from "./automation.ts";
import { hostSchema } from "./hosts.ts";
import { timestamp } from "./names.ts";
import { yesOrNo } from "./paging.ts";
import { shaped } from "./shaped.ts";
import { vmSchema } from "./vms.ts";

/** Its fields have a page of their own, docs/inventory.md. */
const inventorySchema = z.looseObject({
  hosts: z.array(z.looseObject({ name: z.string(), uri: z.string() })),
}) as unknown as z.ZodType<Inventory, Inventory>;

export const snapshotSchema = shaped<Snapshot>()(
  z
    .object({
      version: z.literal(1),
      sequence: z.number(),
      takenAt: timestamp,
      hosts: z.array(hostSchema),
      vms: z.array(vmSchema),
      inventory: inventorySchema,
      automation: automationSchema,
    })
    .meta({ id: "Snapshot" }),
);

export const snapshotQuery = z.strictObject({
  fresh: yesOrNo.default(false).describe("Read every host once more before answering."),
});
