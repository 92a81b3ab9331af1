/** What entries and lists of a document have in common: no unknown keys, one item without brackets, "unknown". */
import { z } from "zod";
import { notA } from "./lesson.ts";
import { text } from "./scalars.ts";

/**
 * A mapping with these keys and no others: a key that is not described is more often a slip of the pen than a wish.
 * For unknown keys the message is the known ones, from which explain.ts makes a suggestion.
 */
export function entry<const Shape extends z.core.$ZodLooseShape>(what: string, shape: Shape) {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? keys.join(" ")
        : notA(issue.input, what, `Write a mapping such as { ${keys.slice(0, 3).join(": …, ")}: … }.`),
  });
}

export function list<Item extends z.ZodType>(what: string, item: Item) {
  return z.array(item, {
    error: ({ input }) => notA(input, `list of ${what}`, "Write a list: one line with a dash for each item."),
  });
}

/** A section may be there with nothing in it, as when all its lines are commented out. */
export function section<Item extends z.ZodType>(what: string, item: Item) {
  return list(what, item).nullish();
}

/** A mapping whose keys are the writer's own. */
export function table<Value extends z.ZodType>(what: string, value: Value) {
  return z.record(text, value, {
    error: ({ input }) => notA(input, `mapping of ${what}`, "Write a mapping such as { KEY: VALUE }."),
  });
}

/** A list of single values; one alone needs no brackets. */
export function oneOrMany<Item extends z.ZodType>(what: string, item: Item) {
  return z.union([z.array(item), item.transform((one) => [one])], {
    error: ({ input }) => notA(input, `list of ${what}`, "Write [one, another], or one alone."),
  });
}

/** Says that nothing is known, where the defaults of the document would say otherwise. */
export function orUnknown<Known extends z.ZodType>(what: string, known: Known) {
  return z.union([known, z.literal("unknown")], {
    error: ({ input }) => notA(input, what, "Write the value, or unknown."),
  });
}
