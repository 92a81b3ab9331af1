/** The fabric as it is now, and changes of what ports of Open vSwitch carry. */
import { z } from "zod";
import type { Fabric, Observation, PortVlans } from "@trunkline/fabric";
import { limits } from "./limits.ts";
import { plainText } from "./names.ts";
import { shaped } from "./shaped.ts";

/** IEEE 802.1Q: 0 stands for untagged frames, 4095 is reserved. */
const vlan = z.int().min(0).max(4_094);

const portVlansSchema = shaped<PortVlans>()(
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("access"), tag: vlan }),
    z.strictObject({
      kind: z.literal("trunk"),
      trunks: z.union([z.array(vlan).max(limits.trunkVlans), z.literal("all")]),
      native: vlan.exactOptional(),
    }),
    z.strictObject({ kind: z.literal("unknown"), why: z.string().max(limits.reasonChars) }),
  ]),
);

/** Its fields have a page of their own, docs/fabric-document.md. */
const fabricSchema = z
  .looseObject({ devices: z.array(z.looseObject({ name: z.string() })) })
  .meta({ id: "Fabric", description: "As docs/fabric-document.md describes it." }) as unknown as z.ZodType<
  Fabric,
  Fabric
>;

export const fabricAnswer = z
  .object({
    fabric: fabricSchema,
    silent: z.array(z.object({ device: z.string(), why: z.string() })).describe("Switches that could not be read."),
    documentProblem: z.string().nullable().describe("Why the fabric document is left out, where there is one."),
  })
  .meta({ id: "FabricNow" });

/** Longer than two LLDP periods of the slowest sender that anybody configures. */
export const observationQuery = z.strictObject({
  listenMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(limits.listenMsMax)
    .default(0)
    .describe("How long hosts listen for LLDP."),
});

const observationSchema = z
  .looseObject({ kind: z.string(), atMs: z.number() })
  .meta({ id: "Observation" }) as unknown as z.ZodType<Observation, Observation>;

export const observationAnswer = z
  .object({
    observations: z.array(observationSchema),
    document: fabricSchema.nullable().describe("The document alone, to be compared with what was seen."),
    silent: z.array(z.object({ device: z.string(), why: z.string() })),
  })
  .meta({ id: "FabricObserved" });

const portChangeSchema = z
  .strictObject({
    device: plainText(limits.nameChars),
    port: plainText(limits.nameChars),
    before: portVlansSchema.describe("What the port carries now; where it does not, nothing is changed."),
    after: portVlansSchema,
  })
  .meta({ id: "PortChange" });

export const fabricChangeBody = z.strictObject({
  changes: z.array(portChangeSchema).min(1).max(limits.portChanges),
});

export const fabricChangeAnswer = z
  .object({
    applied: z.array(portChangeSchema).describe("Read back from the switch after the change."),
  })
  .meta({ id: "FabricChanged" });
