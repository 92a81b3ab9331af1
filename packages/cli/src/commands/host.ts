/** `trunkline host …`: which hosts there are, taking them in, emptying them for maintenance. */
import type { Command } from "commander";
import type { AnswerOf, Client } from "@trunkline/api";
import { TrunklineError, hostName, versionText } from "@trunkline/model";
import type { Evacuation, EvacuationPlan, HostObservation, Snapshot } from "@trunkline/model";
import { withClient } from "../access/open-client.ts";
import { freshSnapshot } from "../access/fresh-snapshot.ts";
import { askSignal } from "../access/ask-signal.ts";
import type { GlobalOptions } from "../context.ts";
import { followEvacuation } from "../follow/follow-evacuation.ts";
import { evacuationOfSnapshot } from "../plan/evacuation-of-snapshot.ts";
import { readSnapshot } from "../plan/read-snapshot.ts";
import { evacuationText, planText } from "../output/evacuation-text.ts";
import { exitCode, note, printJson, printText } from "../output/print.ts";
import { ago } from "../output/text.ts";
import { table } from "../output/table.ts";

interface AddOptions extends GlobalOptions {
  readonly name?: string;
  readonly peerUri?: string;
  readonly memory?: string;
  readonly migrationAddress?: string;
}

interface MaintenanceOptions extends GlobalOptions {
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly from?: string;
}

export function addHostCommands(program: Command): void {
  const host = program.command("host").description("hosts: look, add, remove, empty for maintenance");
  host
    .command("list")
    .description("every host with what it last said")
    .action(async (_: unknown, command: Command) => {
      await list(command.optsWithGlobals<GlobalOptions>());
    });
  host
    .command("show")
    .argument("<host>", "its name")
    .description("one host and its VMs")
    .action(async (name: string, _: unknown, command: Command) => {
      await show(name, command.optsWithGlobals<GlobalOptions>());
    });
  host
    .command("add")
    .argument("<uri>", "of its libvirt: qemu+ssh://root@host/system, also +unix, +tcp, +tls")
    .option("--name <name>", "what it is called here (default: its own name)")
    .option("--peer-uri <uri>", "how other hosts reach its libvirt; for peer-to-peer moves")
    .option("--memory <MiB>", "what its VMs may use together")
    .option("--migration-address <ip>", "its address in the migration network")
    .description("take a host in; it is asked who it is first")
    .action(async (uri: string, _: unknown, command: Command) => {
      await add(uri, command.optsWithGlobals<AddOptions>());
    });
  host
    .command("remove")
    .argument("<host>", "its name")
    .description("forget a host that was added; its VMs run on")
    .action(async (name: string, _: unknown, command: Command) => {
      await remove(name, command.optsWithGlobals<GlobalOptions>());
    });
  addMaintenanceCommands(host);
}

function addMaintenanceCommands(host: Command): void {
  const maintenance = host.command("maintenance").description("empty a host, and give it back");
  maintenance
    .command("enter")
    .argument("<host>", "its name")
    .option("--dry-run", "show the evacuation: blockers with their fix, order, waves; touch nothing")
    .option(
      "--from <snapshot>",
      "plan with a file of trunkline snapshot save instead of the cluster; implies --dry-run",
    )
    .option("--no-wait", "return at once; the controller goes on")
    .description("preview and run the evacuation of a host; it takes no VM from now on")
    .action(async (name: string, _: unknown, command: Command) => {
      await enter(name, command.optsWithGlobals<MaintenanceOptions>());
    });
  maintenance
    .command("exit")
    .argument("<host>", "its name")
    .description("end maintenance, or call off the evacuation; VMs are not moved back")
    .action(async (name: string, _: unknown, command: Command) => {
      await exit(name, command.optsWithGlobals<GlobalOptions>());
    });
  maintenance
    .command("show")
    .argument("<host>", "its name")
    .description("how far the evacuation of a host is")
    .action(async (name: string, _: unknown, command: Command) => {
      await showMaintenance(name, command.optsWithGlobals<GlobalOptions>());
    });
}

/** The contract's row, in words that last. */
function rowOf(host: HostObservation, { vms }: Snapshot): Record<string, string | number | null> {
  const { reach, figures } = host;
  return {
    name: host.name,
    uri: host.uri,
    state: reach.kind === "not-asked-yet" ? "unknown" : reach.kind,
    why: reach.kind === "unreachable" ? reach.why : null,
    since: reach.kind === "unreachable" ? reach.since : null,
    observedAt: host.observedAt,
    maintenance: host.maintenance,
    libvirt: figures === null ? null : versionText(figures.libvirtVersion),
    qemu: figures === null ? null : versionText(figures.hypervisorVersion),
    memoryMiB: figures?.memoryMiB ?? null,
    memoryFreeMiB: figures?.memoryFreeMiB ?? null,
    cpuUsedRatio: figures?.cpuUsedRatio ?? null,
    vms: figures === null ? null : vms.filter((vm) => vm.host === host.name).length,
  };
}

async function list(options: GlobalOptions): Promise<void> {
  const snapshot = await withClient(options, { acts: false }, freshSnapshot);
  const hosts = snapshot.hosts.map((host) => rowOf(host, snapshot));
  if (options.json === true) printJson({ takenAt: snapshot.takenAt, hosts });
  else
    printText(
      table(hosts, [
        { title: "HOST", value: (row) => String(row["name"]) },
        { title: "STATE", value: (row) => String(row["state"]) },
        { title: "MAINTENANCE", value: (row) => String(row["maintenance"]) },
        { title: "VMS", value: (row) => String(row["vms"] ?? "–"), isNumber: true },
        { title: "MiB", value: (row) => String(row["memoryMiB"] ?? "–"), isNumber: true },
        { title: "SEEN", value: (row) => ago(row["observedAt"], snapshot.takenAt) },
        { title: "LIBVIRT", value: (row) => String(row["libvirt"] ?? "–") },
        { title: "QEMU", value: (row) => String(row["qemu"] ?? "–") },
        { title: "URI", value: (row) => String(row["uri"]) },
      ]),
    );
  for (const host of hosts)
    if (host["why"] !== null && options.json !== true)
      note(`${host["name"]} is unreachable since ${host["since"]}: ${host["why"]}`);
}

async function show(name: string, options: GlobalOptions): Promise<void> {
  const snapshot = await withClient(options, { acts: false }, freshSnapshot);
  const host = snapshot.hosts.find((candidate) => candidate.name === name);
  if (host === undefined)
    throw new TrunklineError("host.unknown", `there is no host "${name}"`, {
      details: { host: name, known: snapshot.hosts.map((known) => known.name) },
    });
  const vms = snapshot.vms.filter((vm) => vm.host === name);
  if (options.json === true) {
    printJson({ host: { ...rowOf(host, snapshot), figures: host.figures }, vms });
    return;
  }
  for (const [key, value] of Object.entries(rowOf(host, snapshot))) printText(`${key.padEnd(14)} ${value ?? "–"}`);
  for (const vm of vms)
    printText(`  ${vm.name} is ${vm.isLastSeen ? "last seen " : ""}${vm.power}, ${vm.memoryMiB} MiB (${vm.id})`);
}

async function add(uri: string, options: AddOptions): Promise<void> {
  const { name, peerUri, memory, migrationAddress } = options;
  if (memory !== undefined && !/^[1-9]\d*$/.test(memory))
    throw new TrunklineError("usage.invalid", `--memory ${memory} is not a number of MiB`);
  const body = {
    uri,
    ...(name === undefined ? {} : { name: hostName(name) }),
    ...(peerUri === undefined ? {} : { peerUri }),
    ...(memory === undefined ? {} : { memoryMiB: Number(memory) }),
    ...(migrationAddress === undefined ? {} : { migration: { address: migrationAddress } }),
  };
  const host = await withClient(
    options,
    { acts: true },
    async ({ client }) => await client.call("hosts.add", { body }, { signal: askSignal() }),
  );
  if (options.json === true) printJson({ host });
  else printText(`${host.name} is taken in: ${host.uri}, ${host.figures?.memoryMiB ?? "–"} MiB`);
}

async function remove(name: string, options: GlobalOptions): Promise<void> {
  await withClient(options, { acts: true }, async ({ client }) => {
    await client.call("hosts.remove", { params: { name: hostName(name) } }, { signal: askSignal() });
  });
  if (options.json === true) printJson({ host: name, removed: true });
  else printText(`${name} is forgotten; its VMs run on`);
}

async function enter(name: string, options: MaintenanceOptions): Promise<void> {
  if (options.from !== undefined) {
    showOutcome({ plan: evacuationOfSnapshot(readSnapshot(options.from), name) }, options);
    return;
  }
  const acting = { acts: options.dryRun !== true };
  const entered = await withClient(options, acting, async ({ client, isEmbedded }): Promise<Entered> => {
    const plan = await planOf(client, name);
    if (options.dryRun === true) return { plan };
    if (options.json !== true) note(planText(plan));
    const waits = options.wait !== false;
    if (!waits && isEmbedded)
      throw new TrunklineError("service.unreachable", "without a running controller nobody would go on with it", {
        hint: "Leave out --no-wait, or start a controller with: trunkline serve",
      });
    return { plan, evacuation: await followEvacuation(client, name, { waits, json: options.json === true }) };
  });
  showOutcome(entered, options);
}

function showOutcome({ plan, evacuation }: Entered, options: MaintenanceOptions): void {
  if (options.json === true) printJson({ plan, evacuation: evacuation ?? null });
  else printText(evacuation === undefined ? planText(plan) : evacuationText(evacuation));
  const isWell = evacuation === undefined ? plan.blocked.length === 0 : evacuation.state !== "stuck";
  process.exitCode = isWell ? exitCode.success : exitCode.failed;
}

interface Entered {
  readonly plan: EvacuationPlan;
  readonly evacuation?: Evacuation;
}

async function planOf(client: Client, name: string): Promise<EvacuationPlan> {
  const input = { params: { name: hostName(name) }, body: { action: "preview" as const } };
  const answer = await client.call("maintenance.change", input, { signal: askSignal("long") });
  if (answer.action !== "preview") throw new TypeError("the service answered another question");
  return answer.plan;
}

async function exit(name: string, options: GlobalOptions): Promise<void> {
  const input = { params: { name: hostName(name) }, body: { action: "exit" as const } };
  await withClient(options, { acts: true }, async ({ client }) => {
    await client.call("maintenance.change", input, { signal: askSignal() });
  });
  if (options.json === true) printJson({ host: name, maintenance: "no" });
  else printText(`${name} takes VMs again`);
}

async function showMaintenance(name: string, options: GlobalOptions): Promise<void> {
  const shown: AnswerOf<"maintenance.show"> = await withClient(
    options,
    { acts: false },
    async ({ client }) =>
      await client.call("maintenance.show", { params: { name: hostName(name) } }, { signal: askSignal() }),
  );
  if (options.json === true) printJson(shown);
  else if (shown.evacuation === null) printText(`${name} is not in maintenance`);
  else printText(evacuationText(shown.evacuation));
}
