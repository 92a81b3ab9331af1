/** `trunkline lab …`: real hosts on this machine, to try everything on. */
import type { Command } from "commander";
import { labDown, labStatus, labUp, listLabs } from "@trunkline/lab";
import { realWorld } from "@trunkline/controller";
import { TrunklineError } from "@trunkline/model";
import { interruptSignal, resolveInventory } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { exitCode, note, printJson, printText } from "../output/print.ts";
import { table } from "../output/table.ts";
import { runTrombone, tromboneTopology } from "./demo-trombone.ts";
import { runDemo } from "./demo.ts";

interface LabCommandOptions extends GlobalOptions {
  readonly moves?: string;
}

const defaultLab = "demo";

async function trombone(options: GlobalOptions & { readonly lab: string }): Promise<void> {
  await up(options.lab, tromboneTopology);
  const interrupt = interruptSignal(() => note("stopping; the lab stays up"));
  try {
    const steps = await runTrombone(options, interrupt.signal);
    if (options.json === true) printJson({ steps });
    process.exitCode = steps.every(({ agrees }) => agrees) ? exitCode.success : exitCode.failed;
  } finally {
    interrupt.release();
  }
}

export function addLabCommands(program: Command): void {
  const lab = program.command("lab").description("real hosts, switches and a SAN on this machine");
  const nameOf = (options: LabCommandOptions): string => options.lab ?? process.env["TRUNKLINE_LAB"] ?? defaultLab;

  lab
    .command("up")
    .argument("[topology]", "name of a topology or path of a file", "two-hosts")
    .description("build a lab, or mend the one that is there")
    .action(async (topology: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<LabCommandOptions>();
      await up(nameOf(options), topology);
      const status = await labStatus(nameOf(options));
      if (options.json === true) printJson(status);
      else printText(statusText(status));
    });

  lab
    .command("down")
    .description("remove everything that the lab made, and nothing else")
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<LabCommandOptions>();
      const name = nameOf(options);
      await labDown({ name, log: note });
      if (options.json === true) printJson({ lab: name, state: "down" });
      else printText(`the lab ${name} is gone`);
    });

  lab
    .command("status")
    .description("what the lab's hypervisors and switches say")
    .action(async (_: unknown, command: Command) => {
      const options = command.optsWithGlobals<LabCommandOptions>();
      const status = await labStatus(nameOf(options));
      if (options.json === true) printJson(status);
      else printText(statusText(status));
    });

  lab
    .command("list")
    .description("labs on this machine")
    .action((_: unknown, command: Command) => {
      const labs = listLabs();
      if (command.optsWithGlobals<LabCommandOptions>().json === true) printJson({ labs });
      else printText(labs.length === 0 ? "no lab is up" : labs.join("\n"));
    });

  lab
    .command("demo")
    .argument("[story]", "move: a VM with an open TCP session and a disk writer moves there and back; trombone", "move")
    .description("a story in real packets: a move that nobody notices, or traffic that takes the long way round")
    .option("--moves <n>", "how many moves", "2")
    .action(async (story: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<LabCommandOptions>();
      if (story === "trombone") {
        await trombone({ ...options, lab: options.lab ?? process.env["TRUNKLINE_LAB"] ?? story });
        return;
      }
      if (story !== "move")
        throw new TrunklineError("usage.invalid", `there is no story "${story}"`, {
          hint: "move and trombone are told.",
        });
      const name = nameOf(options);
      if (!/^[1-9]\d{0,3}$/.test(options.moves ?? "2"))
        throw new TrunklineError("usage.invalid", `--moves ${options.moves} is not a number of moves`);
      await up(name, "two-hosts");
      const { moves, holds } = await runDemo({ ...options, lab: name }, Number(options.moves ?? "2"));
      if (options.json === true) printJson({ moves });
      process.exitCode = holds ? exitCode.success : exitCode.failed;
    });

  lab
    .command("probe")
    .argument("<vm>", "whose client is watched")
    .description("measure the silence that a client of the VM sees, until interrupted")
    .action(async (vm: string, _: unknown, command: Command) => {
      await probe(vm, {
        ...command.optsWithGlobals<LabCommandOptions>(),
        lab: nameOf(command.optsWithGlobals<LabCommandOptions>()),
      });
    });
}

async function up(name: string, topology: string): Promise<void> {
  const interrupt = interruptSignal(() => {
    note("interrupted; remove what was made with: trunkline lab down");
  });
  try {
    await labUp({ name, topology, log: note, signal: interrupt.signal });
  } finally {
    interrupt.release();
  }
}

const reportEveryMs = 1_000;

async function probe(vm: string, options: GlobalOptions): Promise<void> {
  const world = realWorld(resolveInventory(options));
  const service = world.inventory.services.find((candidate) => candidate.vm === vm);
  const [point] = world.probes();
  if (service === undefined || point === undefined)
    throw new TrunklineError("vm.unknown", `the lab knows no echo service of a VM "${vm}"`);
  const interrupt = interruptSignal(() => undefined);
  const watch = await point.watch({ address: service.address, echoPort: service.echoPort, macs: [] }, interrupt.signal);
  note(`watching ${vm} from ${point.point}; interrupt to end`);
  while (!interrupt.signal.aborted) {
    await world.clock.sleep(reportEveryMs, interrupt.signal).catch(() => undefined);
    const figures = watch.figures();
    if (options.json === true) process.stdout.write(`${JSON.stringify(figures)}\n`);
    else
      printText(
        `longest silence ${figures.longestGapMs} ms, ${figures.bytesEchoed} of ${figures.bytesSent} bytes came back`,
      );
    if (!figures.sessionSurvived) break;
  }
  const figures = await watch.stop();
  if (options.json === true) process.stdout.write(`${JSON.stringify(figures)}\n`);
  await world.close();
  process.exitCode = figures.sessionSurvived ? exitCode.success : exitCode.failed;
}

type Status = Awaited<ReturnType<typeof labStatus>>;

function statusText(status: Status): string {
  return [
    `topology ${status.topology}`,
    table(status.hosts, [
      { title: "HOST", value: (row) => row.name },
      { title: "STATE", value: (row) => row.state },
      { title: "LIBVIRT", value: (row) => row.libvirtUri },
    ]),
    table(status.switches, [
      { title: "SWITCH", value: (row) => row.name },
      { title: "STATE", value: (row) => row.state },
    ]),
    table(status.vms, [
      { title: "VM", value: (row) => row.name },
      { title: "HOST", value: (row) => row.host ?? "–" },
      { title: "STATE", value: (row) => row.state },
      { title: "ADDRESS", value: (row) => row.ip ?? "–" },
    ]),
  ].join("\n\n");
}
