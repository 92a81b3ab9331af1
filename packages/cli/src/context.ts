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
  const file = inventoryFile(options);
  if (file !== undefined) return readInventory(file);
  const name = chosenLab(options);
  if (name !== undefined) return labInventory(name);
  const labs = listLabs();
  const [only] = labs;
  if (labs.length > 1)
    throw new TrunklineError("inventory.missing", `several labs are up (${labs.join(", ")}) and none was chosen`, {
      hint: `Choose one with --lab ${only ?? "NAME"}, or give --inventory FILE.`,
    });
  throw new TrunklineError("inventory.missing", "no inventory was given and no lab is up");
}

/** Whether somebody said which hosts are meant, or they are those of the only lab that is up. */
export const namesHosts = (options: GlobalOptions): boolean =>
  (options.inventory ?? options.lab ?? process.env["TRUNKLINE_INVENTORY"] ?? process.env["TRUNKLINE_LAB"]) !==
  undefined;

const inventoryFile = (options: GlobalOptions): string | undefined =>
  options.inventory ?? (options.lab === undefined ? process.env["TRUNKLINE_INVENTORY"] : undefined);

/** The lab that was named, else the only one that is up; none where an inventory file was named. */
function chosenLab(options: GlobalOptions): string | undefined {
  if (inventoryFile(options) !== undefined) return undefined;
  const named = options.lab ?? process.env["TRUNKLINE_LAB"];
  if (named !== undefined) return named;
  const labs = listLabs();
  return labs.length === 1 ? labs[0] : undefined;
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

/** A lab has a folder of its own: a controller that runs for one lab must not be taken for that of another. */
export function stateFolder(options: GlobalOptions): string {
  const named = options.state ?? process.env["TRUNKLINE_STATE"];
  if (named !== undefined) return named;
  const lab = chosenLab(options);
  return lab === undefined ? usualFolder() : join(usualFolder(), "labs", lab);
}

export const usualFolder = (): string =>
  join(process.env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "trunkline");

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
