/** `trunkline vm …`: virtual machines as they are seen. */
import type { Command } from "commander";
import { TrunklineError } from "@trunkline/model";
import { withClient } from "../access/open-client.ts";
import { freshSnapshot } from "../access/fresh-snapshot.ts";
import type { GlobalOptions } from "../context.ts";
import { note, printJson, printText } from "../output/print.ts";
import { table } from "../output/table.ts";
import { ago } from "../output/text.ts";

export function addVmCommands(program: Command): void {
  const vm = program.command("vm").description("virtual machines");
  vm.command("list")
    .description("every VM of every host; those of a silent host as they were last seen")
    .action(async (_: unknown, command: Command) => {
      await list(command.optsWithGlobals<GlobalOptions>());
    });
  vm.command("show")
    .argument("<vm>", "name or UUID")
    .description("one VM")
    .action(async (wanted: string, _: unknown, command: Command) => {
      await show(wanted, command.optsWithGlobals<GlobalOptions>());
    });
}

async function list(options: GlobalOptions): Promise<void> {
  const { vms, hosts, takenAt } = await withClient(options, { acts: false }, freshSnapshot);
  const silent = hosts.flatMap(({ name, reach }) =>
    reach.kind === "unreachable" ? [{ host: name, why: reach.why, since: reach.since }] : [],
  );
  if (options.json === true) {
    printJson({ takenAt, vms, silent });
    return;
  }
  printText(
    table(vms, [
      { title: "VM", value: (row) => row.name },
      { title: "HOST", value: (row) => row.host },
      { title: "STATE", value: (row) => (row.isLastSeen ? `${row.power}?` : row.power) },
      { title: "MiB", value: (row) => String(row.memoryMiB), isNumber: true },
      { title: "SEEN", value: (row) => ago(row.observedAt, takenAt) },
      { title: "UUID", value: (row) => row.id },
    ]),
  );
  for (const { host, why, since } of silent)
    note(`${host} does not answer since ${since}, its VMs are shown as last seen: ${why}`);
}

async function show(wanted: string, options: GlobalOptions): Promise<void> {
  const { vms } = await withClient(options, { acts: false }, freshSnapshot);
  const found = vms.filter((vm) => vm.name === wanted || vm.id === wanted.toLowerCase());
  if (found.length === 0) throw new TrunklineError("vm.unknown", `no host that answered has a VM "${wanted}"`);
  if (options.json === true) printJson({ vm: found[0], copies: found });
  else
    for (const vm of found)
      printText(
        `${vm.name} (${vm.id}) ${vm.isLastSeen ? "was last seen" : "is"} ${vm.power} (${vm.reason}) on ${vm.host}, ` +
          `${vm.memoryMiB} MiB, ${vm.macs.join(", ")}`,
      );
}
