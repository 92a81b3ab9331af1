/** The whole snapshot as one document, which the planning commands read back. */
import { z } from "zod";
import { TrunklineError } from "@trunkline/model";
import type { Inventory, Snapshot } from "@trunkline/model";
import { automationSchema } from "./automation.ts";
import { hostSchema } from "./hosts.ts";
import { limits } from "./limits.ts";
import { timestamp } from "./names.ts";
import { yesOrNo } from "./paging.ts";
import { shaped } from "./shaped.ts";
import { vmSchema } from "./vms.ts";

const portRef = z.object({ device: z.string(), port: z.string() });

/** Its fields have a page of their own, docs/inventory.md. */
const inventorySchema = z.looseObject({
  hosts: z.array(z.looseObject({ name: z.string(), uri: z.string() })),
  switches: z.array(z.looseObject({ name: z.string() })),
  links: z.array(z.looseObject({ a: portRef, b: portRef })),
  probes: z.array(z.looseObject({ name: z.string() })),
  services: z.array(z.looseObject({ vm: z.string() })),
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

/** @param data what a file holds. @throws snapshot.invalid, naming what is wrong. */
export function parseSnapshot(data: unknown): Snapshot {
  const result = snapshotSchema.safeParse(data);
  if (result.success) return result.data;
  const problems = result.error.issues
    .slice(0, limits.snapshotProblems)
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new TrunklineError("snapshot.invalid", `it is not a snapshot of a cluster:\n  ${problems.join("\n  ")}`, {
    details: { problems },
  });
}
