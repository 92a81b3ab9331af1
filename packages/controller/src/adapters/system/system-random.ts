/** The machine's own chance. */
import { randomUUID } from "node:crypto";
import type { Random } from "@trunkline/ports";

export const systemRandom: Random = { uuid: () => randomUUID(), next: () => Math.random() };
