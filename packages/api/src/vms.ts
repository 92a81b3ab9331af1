/** VMs as they are seen. One entry per VM and host: a VM that is on its way is on two. */
import { z } from "zod";
import type { PowerReason, PowerState, VmObservation } from "@trunkline/model";
import { limits } from "./limits.ts";
import { hostNameText, hostRef, plainText, timestamp, vmIdText } from "./names.ts";
import { nextCursor, pageQuery } from "./paging.ts";
import { shaped } from "./shaped.ts";

const powerState = z.enum([
  "running",
  "paused",
  "shutoff",
  "crashed",
  "other",
] as const satisfies readonly PowerState[]);

const powerReason = z.enum([
  "booted",
  "migrated",
  "unpaused",
  "migration-canceled",
  "postcopy",
  "postcopy-failed",
  "migration",
  "user",
  "io-error",
  "starting-up",
  "other",
] as const satisfies readonly PowerReason[]);

export const vmSchema = shaped<VmObservation>()(
  z
    .object({
      id: vmIdText,
      name: z.string(),
      host: hostNameText,
      power: powerState,
      reason: powerReason,
      memoryMiB: z.number(),
      macs: z.array(z.string()),
      persistent: z.boolean(),
      vcpus: z.number(),
      cpuUsedRatio: z.number().nullable(),
      memoryInUseMiB: z.number().nullable(),
      rxBps: z.number().nullable(),
      txBps: z.number().nullable(),
      observedAt: timestamp,
      isLastSeen: z.boolean().describe("Its host is silent: all of this is what was last seen."),
    })
    .meta({ id: "Vm" }),
);

const vmSortKeys = ["name", "host", "power", "memoryMiB", "cpuUsedRatio"] as const;
export type VmSortKey = (typeof vmSortKeys)[number];

export const vmListQuery = z.strictObject({
  host: hostRef.exactOptional(),
  power: powerState.exactOptional(),
  name: plainText(limits.nameChars).exactOptional().describe("Part of the name, in any case."),
  sort: z.enum(vmSortKeys).default("name"),
  order: z.enum(["ascending", "descending"]).default("ascending"),
  ...pageQuery,
});

export const vmListSchema = z.object({
  items: z.array(vmSchema),
  nextCursor,
  total: z.number().describe("All that the filters let through."),
  snapshot: z.object({ sequence: z.number(), takenAt: timestamp }).describe("Where the page was taken from."),
});

export const vmCopiesSchema = z.object({
  id: vmIdText,
  copies: z.array(vmSchema).describe("One for each host that has it: two while it is on its way."),
});
