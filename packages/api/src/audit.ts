/** Who did what, newest first; refusals as well. */
import { z } from "zod";
import { roles } from "@trunkline/model";
import { timestamp } from "./names.ts";
import { pageOf, pageQuery } from "./paging.ts";

export const auditQuery = z.strictObject(pageQuery);

export const auditListSchema = pageOf(
  z.object({
    sequence: z.number(),
    at: timestamp,
    actor: z.string(),
    role: z.enum([...roles, "none"]),
    action: z.string().describe("Id of the operation."),
    subject: z.string(),
    status: z.number(),
    requestId: z.string(),
  }),
);
