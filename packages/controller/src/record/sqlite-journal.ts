/** The journal alone, for a command that needs nothing else of the store. */
import type { Journal } from "@trunkline/ports";
import { openStore } from "./sqlite/open-store.ts";
import type { StoreOptions } from "./sqlite/open-store.ts";

/** Closing the journal closes the store. */
export async function openJournal(options: StoreOptions): Promise<Journal> {
  return (await openStore(options)).journal;
}
