/** `trunkline store …`: a copy of everything that the controller remembers, and the way back. */
import type { Command } from "commander";
import { openStore, restoreStore, systemClock } from "@trunkline/controller";
import { journalPath } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { printJson, printText } from "../output/print.ts";

export function addStoreCommands(program: Command): void {
  const store = program.command("store").description("the controller's memory: moves, hosts, accounts, audit");
  store
    .command("backup")
    .argument("<file>", "that does not exist yet")
    .description("write a whole and consistent copy, also while a controller runs")
    .action(async (file: string, _: unknown, command: Command) => {
      await backup(file, command.optsWithGlobals<GlobalOptions>());
    });
  store
    .command("restore")
    .argument("<file>", "that backup wrote")
    .description("put a copy in the place of the store; what was there is kept beside it. No controller may run")
    .action(async (file: string, _: unknown, command: Command) => {
      await restore(file, command.optsWithGlobals<GlobalOptions>());
    });
}

async function backup(file: string, options: GlobalOptions): Promise<void> {
  const path = journalPath(options);
  const store = await openStore({ path, clock: systemClock, readOnly: true });
  try {
    await store.backup(file);
  } finally {
    await store.close();
  }
  if (options.json === true) printJson({ store: path, file });
  else printText(`${path} is copied to ${file}`);
}

async function restore(file: string, options: GlobalOptions): Promise<void> {
  const path = journalPath(options);
  const { replaced } = await restoreStore({ from: file, to: path, clock: systemClock });
  if (options.json === true) printJson({ store: path, file, replaced });
  else printText(`${path} is as ${file} has it` + (replaced === null ? "" : `; what was there is kept in ${replaced}`));
}
