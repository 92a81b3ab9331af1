/** Names and ids as they stand in addresses and bodies. */
import { z } from "zod";
import type { BatchId, HostName, MoveId, VmId } from "@trunkline/model";
import { limits } from "./limits.ts";

/** No control characters and no half characters: what reaches a log, a terminal or SQLite is text. */
export const plainText = (maxChars: number) =>
  z
    .string()
    .min(1)
    .max(maxChars)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u, "no control characters");

const branded = <T extends string>(schema: z.ZodString | z.ZodGUID): z.ZodType<T, string> =>
  schema as unknown as z.ZodType<T, string>;

/** A name that somebody looks for: whether it exists is the answer's business. */
export const hostRef = branded<HostName>(plainText(limits.nameChars));
/** A name that is given: the letters that an inventory file allows. */
export const newHostName = branded<HostName>(
  z
    .string()
    .min(1)
    .max(limits.hostNameChars)
    .regex(/^[\w.-]+$/, "letters, digits, dot, dash and underscore"),
);
export const moveRef = branded<MoveId>(plainText(limits.idChars));
export const batchRef = branded<BatchId>(plainText(limits.idChars));
/** libvirt's UUIDs need not follow a version of RFC 9562. */
export const vmRef = branded<VmId>(z.guid());

/** In answers: written by us, so only their type is of interest. */
export const hostNameText = z.string() as unknown as z.ZodType<HostName, HostName>;
export const batchIdText = z.string() as unknown as z.ZodType<BatchId, BatchId>;
export const moveIdText = z.string() as unknown as z.ZodType<MoveId, MoveId>;
export const vmIdText = z.string() as unknown as z.ZodType<VmId, VmId>;

/** ISO 8601 in UTC. */
export const timestamp = z.string().describe("Time, ISO 8601 in UTC.");
