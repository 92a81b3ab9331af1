/**
 * The event stream, as server-sent events (WHATWG HTML, section 9.2). Messages without a name are the logged events of
 * the cluster, with their sequence as id. The named ones:
 *
 * `ready` comes first and says from which sequence on the stream goes; `reset` says that what came after the given
 * sequence is no longer kept, so everything has to be read anew; `progress` tells how far a copy is, has no id, and may
 * be left out for a client that lags.
 */
import { z } from "zod";
import type { LoggedEvent, MoveId } from "@trunkline/model";
import { moveIdText } from "./names.ts";
import { progressSchema } from "./moves.ts";
import { wholeNumber } from "./paging.ts";

/** Readers skip kinds that they do not know, so only what every event has is held against the schema. */
export const loggedEventSchema = z
  .object({
    sequence: z.number(),
    at: z.string(),
    event: z.looseObject({ kind: z.string() }),
  })
  .meta({ id: "LoggedEvent" }) as unknown as z.ZodType<LoggedEvent, LoggedEvent>;

export const streamPosition = z.object({ sequence: z.number() });

export const progressMessage = z.object({ move: moveIdText, progress: progressSchema });

export type MoveProgress = z.output<typeof progressSchema>;

export interface ProgressMessage {
  readonly move: MoveId;
  readonly progress: Readonly<MoveProgress>;
}

export const eventsQuery = z.strictObject({
  after: wholeNumber(0, Number.MAX_SAFE_INTEGER)
    .exactOptional()
    .describe("Sequence of the last event that was seen; the header Last-Event-ID goes before it."),
});
