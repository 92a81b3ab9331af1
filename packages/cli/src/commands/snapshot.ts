/** `trunkline snapshot …`: everything that is known of the cluster, as one document that planning commands read back. */
import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { stringify } from "yaml";
import { TrunklineError, messageOf } from "@trunkline/model";
import { freshSnapshot } from "../access/fresh-snapshot.ts";
import { withClient } from "../access/open-client.ts";
import type { GlobalOptions } from "../context.ts";
import { note, printJson } from "../output/print.ts";

interface SaveOptions extends GlobalOptions {
  readonly force?: boolean;
}

export function addSnapshotCommands(program: Command): void {
  const snapshot = program.command("snapshot").description("the cluster as one document");
  snapshot
    .command("save")
    .argument("<file>", "ends in .json or .yaml")
    .option("--force", "write over a file that exists")
    .description("write what is known of the cluster now")
    .action(async (file: string, _: unknown, command: Command) => {
      await save(file, command.optsWithGlobals<SaveOptions>());
    });
  snapshot
    .command("show")
    .description("print it: YAML, or JSON with --json")
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      const taken = await withClient(options, { acts: false }, freshSnapshot);
      if (options.json === true) printJson(taken);
      else process.stdout.write(stringify(taken));
    });
}

async function save(file: string, options: SaveOptions): Promise<void> {
  if (!/\.(json|ya?ml)$/.test(file))
    throw new TrunklineError("usage.invalid", `${file} must end in .json, .yaml or .yml, which says how it is written`);
  if (existsSync(file) && options.force !== true)
    throw new TrunklineError("usage.invalid", `${file} exists`, { hint: "Choose another name, or add --force." });
  const taken = await withClient(options, { acts: false }, freshSnapshot);
  try {
    writeFileSync(file, file.endsWith(".json") ? `${JSON.stringify(taken, null, 2)}\n` : stringify(taken));
  } catch (cause) {
    throw new TrunklineError("usage.invalid", `${file} could not be written: ${messageOf(cause)}`, { cause });
  }
  const { hosts, vms, takenAt } = taken;
  if (options.json === true) printJson({ file, takenAt, hosts: hosts.length, vms: vms.length });
  else note(`${hosts.length} hosts and ${vms.length} VMs as of ${takenAt} written to ${file}`);
}
