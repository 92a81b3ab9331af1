/** What was looked at, and what came out. */
import { z } from "zod";
import type { CheckResult } from "@trunkline/model";
import { shaped } from "./shaped.ts";

export const checkSchema = shaped<CheckResult>()(
  z
    .object({
      rule: z.string(),
      severity: z.enum(["pass", "warn", "block", "unknown"]),
      subject: z.string(),
      message: z.string(),
      fix: z.string().exactOptional(),
    })
    .meta({ id: "Check" }),
);
