/** The switch that holds back whatever nobody asked for by name. */
import { z } from "zod";
import type { Automation } from "@trunkline/model";
import { limits } from "./limits.ts";
import { plainText, timestamp } from "./names.ts";
import { shaped } from "./shaped.ts";

export const automationSchema = shaped<Automation>()(
  z
    .discriminatedUnion("paused", [
      z.object({ paused: z.literal(false) }),
      z.object({ paused: z.literal(true), since: timestamp, by: z.string(), reason: z.string() }),
    ])
    .meta({ id: "Automation" }),
);

export const pauseBody = z.strictObject({ reason: plainText(limits.reasonChars) });
