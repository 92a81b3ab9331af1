/** The command tree, and the two places where errors end: usage, and everything else. */
import { Command, CommanderError } from "commander";
import { TrunklineError } from "@trunkline/model";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addAccountCommands } from "./commands/account.ts";
import { addAuditCommands } from "./commands/audit.ts";
import { addAutomationCommands } from "./commands/automation.ts";
import { addBalanceCommand } from "./commands/balance.ts";
import { addBatchCommands } from "./commands/batch.ts";
import { addFabricCommands } from "./commands/fabric.ts";
import { addHostCommands } from "./commands/host.ts";
import { addLabCommands } from "./commands/lab.ts";
import { addMigrateCommand } from "./commands/migrate.ts";
import { addMoveCommands } from "./commands/move.ts";
import { addServeCommand } from "./commands/serve.ts";
import { addSimulateCommand } from "./commands/simulate.ts";
import { addSnapshotCommands } from "./commands/snapshot.ts";
import { addStoreCommands } from "./commands/store.ts";
import { addVmCommands } from "./commands/vm.ts";
import { exitCode, printError } from "./output/print.ts";

export function buildProgram(): Command {
  const program = new Command("trunkline")
    .description("Live migration for libvirt/KVM clusters, with the network in the picture")
    .option("--json", "one JSON document on standard output")
    .option("--inventory <file>", "the hosts, switches and links (default: the lab that is up)")
    .option("--lab <name>", "which lab")
    .option("--state <folder>", "where the journal lives")
    .option("--server <url>", "a running controller (default: the one that holds the state folder)")
    .showHelpAfterError("(add --help for the options)")
    .exitOverride();
  addServeCommand(program);
  addHostCommands(program);
  addVmCommands(program);
  addMigrateCommand(program);
  addMoveCommands(program);
  addBatchCommands(program);
  addBalanceCommand(program);
  addAutomationCommands(program);
  addFabricCommands(program);
  addSnapshotCommands(program);
  addAccountCommands(program);
  addAuditCommands(program);
  addStoreCommands(program);
  addLabCommands(program);
  addSimulateCommand(program);
  addDoctorCommand(program);
  inheritSettings(program);
  return program;
}

/** @returns the exit code of the process. */
export async function runProgram(args: readonly string[]): Promise<number> {
  const json = args.includes("--json");
  const program = buildProgram();
  process.exitCode = exitCode.success;
  try {
    await program.parseAsync(args, { from: "user" });
    return process.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      const isHelp = error.exitCode === 0;
      if (!isHelp && json) printError(new TrunklineError("usage.invalid", error.message.replace(/^error: /, "")), true);
      return isHelp ? exitCode.success : exitCode.usage;
    }
    printError(error, json);
    return error instanceof TrunklineError && error.code === "usage.invalid" ? exitCode.usage : exitCode.failed;
  }
}

/** Commander copies exitOverride to subcommands only when they are made after it; global options stand anywhere. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    for (const option of ["--json", "--inventory <file>", "--lab <name>", "--state <folder>", "--server <url>"]) {
      const flag = option.split(" ")[0];
      if (child.options.every((existing) => existing.long !== flag)) child.option(option);
    }
    inheritSettings(child);
  }
}
