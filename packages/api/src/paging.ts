/** Pages: a limit, and an opaque cursor that says where the next one begins. */
import { z } from "zod";
import { limits } from "./limits.ts";

/** Query values are text. The bounds stand in the pattern's length and are checked after it. */
export const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, "a whole number")
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum));

export const yesOrNo = z.enum(["true", "false"]).transform((text) => text === "true");

export const pageQuery = {
  limit: wholeNumber(1, limits.pageItems)
    .default(limits.pageItemsUsual)
    .describe(`Items of a page, 1 to ${limits.pageItems}.`),
  cursor: z
    .string()
    .min(1)
    .max(limits.cursorChars)
    .exactOptional()
    .describe("`nextCursor` of the page before; its content is the service's own business."),
};

/** null: there is no further page. */
export const nextCursor = z.string().nullable().describe("For the next page; null on the last one.");

export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor });
