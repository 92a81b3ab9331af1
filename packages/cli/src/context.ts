/** What a command works on: which inventory, which journal, how to print. Resolved once, from flags and environment. */
import { homedir } from "node:os";
import { join } from "node:path";
import { readInventory } from "@trunkline/controller";
import { labInventory, listLabs } from "@trunkline/lab";
import { TrunklineError } from "@trunkline/model";
import type { Inventory } from "@trunkline/model";

export interface GlobalOptions {
  readonly json?: boolean;
  readonly inventory?: string;
  readonly lab?: string;
  readonly state?: string;
  /** Address of a running controller. */
  readonly server?: string;
}

/** The inventory that was named; else the running lab's. */
export function resolveInventory(options: GlobalOptions): Inventory {
  const file = options.inventory ?? (options.lab === undefined ? process.env["TRUNKLINE_INVENTORY"] : undefined);
  if (file !== undefined) return readInventory(file);
  const labs = listLabs();
  const [only] = labs;
  const name = options.lab ?? process.env["TRUNKLINE_LAB"] ?? (labs.length === 1 ? only : undefined);
  if (name !== undefined) return labInventory(name);
  if (labs.length > 1)
    throw new TrunklineError("inventory.missing", `several labs are up (${labs.join(", ")}) and none was chosen`, {
      hint: `Choose one with --lab ${only ?? "NAME"}, or give --inventory FILE.`,
    });
  throw new TrunklineError("inventory.missing", "no inventory was given and no lab is up");
}

/** For what can do without hosts. */
export function inventoryOrNone(options: GlobalOptions): Inventory {
  try {
    return resolveInventory(options);
  } catch (error) {
    if (error instanceof TrunklineError && error.code === "inventory.missing") return noHosts;
    throw error;
  }
}

const noHosts: Inventory = { hosts: [], switches: [], links: [], probes: [], services: [] };

export function stateFolder(options: GlobalOptions): string {
  const base = process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state");
  return options.state ?? process.env["TRUNKLINE_STATE"] ?? join(base, "trunkline");
}

export const journalPath = (options: GlobalOptions): string => join(stateFolder(options), "journal.db");

/** Aborts at the first interrupt; the second one ends the process as usual. */
export function interruptSignal(onFirst: () => void): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const onInterrupt = (): void => {
    onFirst();
    controller.abort(new Error("interrupted"));
    release();
  };
  const release = (): void => {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", onInterrupt);
  };
  process.once("SIGINT", onInterrupt);
  process.once("SIGTERM", onInterrupt);
  return { signal: controller.signal, release };
}
