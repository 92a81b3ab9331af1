/** Commands that look and touch nothing: hosts, VMs, moves. */
import type { Command } from "commander";
import { journalHolder, openJournal, realWorld, systemClock } from "@trunkline/controller";
import { isCancellable } from "@trunkline/migration";
import { TrunklineError, messageOf, moveId, versionText } from "@trunkline/model";
import type { VmSummary } from "@trunkline/model";
import type { JournalMove } from "@trunkline/ports";
import { journalPath, resolveInventory, withController } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { exitCode, note, printJson, printText } from "../output/print.ts";
import { table } from "../output/table.ts";
import { reportText } from "../output/text.ts";

const listedMoves = 50;
const askMs = 15_000;

export function addInspectCommands(program: Command): void {
  const host = program.command("host").description("hosts of the inventory");
  host
    .command("list")
    .description("every host, asked")
    .action(async (_: unknown, command: Command) => {
      await listHosts(command.optsWithGlobals<GlobalOptions>());
    });

  const vm = program.command("vm").description("virtual machines");
  vm.command("list")
    .description("every VM of every host, asked")
    .action(async (_: unknown, command: Command) => {
      await listVms(command.optsWithGlobals<GlobalOptions>());
    });
  vm.command("show")
    .argument("<vm>", "name or UUID")
    .description("one VM")
    .action(async (wanted: string, _: unknown, command: Command) => {
      await showVm(wanted, command.optsWithGlobals<GlobalOptions>());
    });

  const move = program.command("move").description("the journal of moves");
  move
    .command("list")
    .description("the newest moves")
    .action(async (_: unknown, command: Command) => {
      await listMoves(command.optsWithGlobals<GlobalOptions>());
    });
  move
    .command("show")
    .argument("<id>", "of a move")
    .description("one move: its report and every transition")
    .action(async (id: string, _: unknown, command: Command) => {
      await showMove(id, command.optsWithGlobals<GlobalOptions>());
    });
  move
    .command("cancel")
    .argument("<id>", "of a move")
    .description("ask the process that drives the move to call it off; possible until the switch-over")
    .action(async (id: string, _: unknown, command: Command) => {
      await cancelMove(id, command.optsWithGlobals<GlobalOptions>());
    });
}

async function listHosts(options: GlobalOptions): Promise<void> {
  const world = realWorld(resolveInventory(options));
  try {
    const hosts = await Promise.all(
      world.inventory.hosts.map(async ({ name, uri, memoryMiB }) => {
        try {
          const facts = await world.hypervisor(name).facts(AbortSignal.timeout(askMs));
          const { libvirtVersion, hypervisorVersion, vms } = facts;
          return {
            name,
            uri,
            state: "up",
            why: null,
            libvirt: versionText(libvirtVersion),
            qemu: versionText(hypervisorVersion),
            memoryMiB: memoryMiB ?? facts.memoryMiB,
            vms: vms.length,
          };
        } catch (error) {
          return {
            name,
            uri,
            state: "unreachable",
            why: messageOf(error),
            libvirt: null,
            qemu: null,
            memoryMiB: memoryMiB ?? null,
            vms: null,
          };
        }
      }),
    );
    if (options.json === true) printJson({ hosts });
    else {
      const dash = (value: string | number | null): string => (value === null ? "–" : String(value));
      printText(
        table(hosts, [
          { title: "HOST", value: (row) => row.name },
          { title: "STATE", value: (row) => row.state },
          { title: "LIBVIRT", value: (row) => dash(row.libvirt) },
          { title: "QEMU", value: (row) => dash(row.qemu) },
          { title: "MEMORY MiB", value: (row) => dash(row.memoryMiB), isNumber: true },
          { title: "VMS", value: (row) => dash(row.vms), isNumber: true },
          { title: "URI", value: (row) => row.uri },
        ]),
      );
      for (const row of hosts) if (row.why !== null) note(`${row.name}: ${row.why}`);
    }
  } finally {
    await world.close();
  }
}

async function listVms(options: GlobalOptions): Promise<void> {
  await withController(options, false, async (controller) => {
    const { vms, silent } = await controller.listVms(AbortSignal.timeout(askMs));
    if (options.json === true) printJson({ vms, silent });
    else {
      printText(
        table(vms, [
          { title: "VM", value: (row: VmSummary) => row.name },
          { title: "HOST", value: (row) => row.host },
          { title: "STATE", value: (row) => `${row.power} (${row.reason})` },
          { title: "MEMORY MiB", value: (row) => String(row.memoryMiB), isNumber: true },
          { title: "UUID", value: (row) => row.id },
        ]),
      );
      for (const { host, why } of silent) note(`${host} does not answer, its VMs are not listed: ${why}`);
    }
  });
}

async function showVm(wanted: string, options: GlobalOptions): Promise<void> {
  await withController(options, false, async (controller) => {
    const { vms } = await controller.listVms(AbortSignal.timeout(askMs));
    const found = vms.filter((vm) => vm.name === wanted || vm.id === wanted.toLowerCase());
    if (found.length === 0) throw new TrunklineError("vm.unknown", `no host that answered has a VM "${wanted}"`);
    if (options.json === true) printJson({ vm: found[0], copies: found });
    else
      for (const vm of found)
        printText(
          `${vm.name} (${vm.id}) is ${vm.power} (${vm.reason}) on ${vm.host}, ${vm.memoryMiB} MiB, ${vm.macs.join(", ")}`,
        );
  });
}

async function listMoves(options: GlobalOptions): Promise<void> {
  const journal = await openJournal({ path: journalPath(options), clock: systemClock, readOnly: true });
  try {
    const moves = await journal.listMoves(listedMoves);
    if (options.json === true) printJson({ moves });
    else
      printText(
        table(moves, [
          { title: "MOVE", value: (row: JournalMove) => row.request.id },
          { title: "VM", value: (row) => row.request.vmName },
          { title: "FROM", value: (row) => row.request.source },
          { title: "TO", value: (row) => row.request.target },
          { title: "STATE", value: (row) => row.state.phase },
          { title: "BEGUN", value: (row) => row.createdAt },
          { title: "TOTAL ms", value: (row) => String(row.report?.measured?.moveMs ?? "–"), isNumber: true },
          { title: "DOWNTIME ms", value: (row) => String(row.report?.measured?.downtimeMs ?? "–"), isNumber: true },
        ]),
      );
  } finally {
    await journal.close();
  }
}

async function cancelMove(id: string, options: GlobalOptions): Promise<void> {
  const path = journalPath(options);
  const journal = await openJournal({ path, clock: systemClock, readOnly: true });
  try {
    const move = await journal.findMove(moveId(id));
    if (move === undefined) throw new TrunklineError("move.unknown", `the journal holds no move ${id}`);
    const { phase } = move.state;
    if (!isCancellable(move.state))
      throw new TrunklineError(
        "move.too-late",
        `move ${id} of ${move.request.vmName} is ${phase} and can no longer be cancelled`,
      );
    const holder = journalHolder(path);
    if (holder === undefined)
      throw new TrunklineError("move.unsettled", `nobody drives move ${id} any more; it was left ${phase}`, {
        hint: "The next trunkline migrate asks both hosts and settles it.",
      });
    process.kill(holder.pid, "SIGINT");
    if (options.json === true) printJson({ moveId: id, cancelRequested: true, pid: holder.pid });
    else
      printText(
        `process ${holder.pid} was asked to cancel the move of ${move.request.vmName}; see trunkline move show ${id}`,
      );
  } finally {
    await journal.close();
  }
}

async function showMove(id: string, options: GlobalOptions): Promise<void> {
  const journal = await openJournal({ path: journalPath(options), clock: systemClock, readOnly: true });
  try {
    const move = await journal.findMove(moveId(id));
    if (move === undefined) throw new TrunklineError("move.unknown", `the journal holds no move ${id}`);
    const transitions = await journal.transitions(move.request.id);
    if (options.json === true) {
      printJson({ ...move, transitions });
      return;
    }
    if (move.report === null)
      printText(
        `${move.request.vmName} from ${move.request.source} to ${move.request.target}: ${move.state.phase}, without a report yet`,
      );
    else printText(reportText(move.report));
    for (const { at, event, state } of transitions)
      printText(
        `  ${at}  ${(event?.kind ?? "requested").padEnd(18)} ${state.phase}${"step" in state ? `/${state.step}` : ""}`,
      );
    process.exitCode = exitCode.success;
  } finally {
    await journal.close();
  }
}
