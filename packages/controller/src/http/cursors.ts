/** Cursors: where the next page begins, as text that means nothing to anybody else. */
import type { z } from "zod";
import { TrunklineError } from "@trunkline/model";

export function cursorOf(place: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(place), "utf8").toString("base64url");
}

/** @throws request.invalid when it is none of ours, or one of another list. */
export function placeOf<S extends z.ZodType>(cursor: string, schema: S): z.output<S> {
  const { data, success } = schema.safeParse(parsed(cursor));
  if (success) return data;
  throw new TrunklineError("request.invalid", "the cursor is none that this list gave", {
    hint: "Begin with the first page: leave the cursor out.",
  });
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
