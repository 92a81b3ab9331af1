/**
 * `npm run bench` lists the benchmarks; `npm run bench NAME -- [--json] [--quick] [--data PATH] [--key value]` runs one.
 * Progress goes to standard error, the table or the JSON document to standard output. Exit status 1: a bar does not
 * hold, or the run failed; 2: the command line is wrong.
 */
import { setMaxListeners } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { LabError } from "@trunkline/lab";
import { LibvirtError } from "@trunkline/libvirt";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { Bar, BenchOptions, Benchmark, BenchResult } from "./bench-result.ts";
import { limits } from "./limits.ts";
import { describeMachine } from "./machine.ts";
import type { Machine } from "./machine.ts";

const here = new URL("./", import.meta.url);

// As the command has it: one signal ends all that is under way.
setMaxListeners(limits.listenersOfSignal);
process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const isJson = argv.includes("--json");
  const interrupt = new AbortController();
  const onInterrupt = (): void => {
    interrupt.abort(new TrunklineError("usage.invalid", "the benchmark was interrupted", { hint: "Run it again." }));
  };
  process.once("SIGINT", onInterrupt).once("SIGTERM", onInterrupt);
  try {
    const { name, isQuick, args } = commandLine(argv);
    if (name === undefined) {
      print(await listing());
      return 0;
    }
    const benchmark = await load(name);
    const log = (line: string): void => void process.stderr.write(`${line}\n`);
    const options: BenchOptions = { quick: isQuick, args, log, signal: interrupt.signal };
    const result = await benchmark.run(options);
    const machine = await describeMachine();
    if (isJson) print(JSON.stringify({ name, machine, figures: result.figures, bars: result.bars }));
    else print(pageOf(name, machine, result));
    return result.bars.every((bar) => bar.holds) ? 0 : 1;
  } catch (error) {
    const shown = presentable(error);
    if (isJson) print(JSON.stringify({ error: shown }));
    else process.stderr.write(`error: ${shown.message}\n  ${shown.hint}\n  (${shown.code})\n`);
    return shown.code === "usage.invalid" && !interrupt.signal.aborted ? 2 : 1;
  } finally {
    process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
  }
}

interface CommandLine {
  readonly name: string | undefined;
  readonly isQuick: boolean;
  readonly args: BenchOptions["args"];
}

function commandLine(argv: readonly string[]): CommandLine {
  const args: Record<string, string> = {};
  const names: string[] = [];
  let isQuick = false;
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index] ?? "";
    if (word === "--quick") isQuick = true;
    else if (word.startsWith("--") && word !== "--json") {
      index += 1;
      args[word.slice(2)] = valueOf(word, argv[index]);
    } else if (word !== "--json") names.push(word);
  }
  if (names.length > 1) throw usage(`one benchmark at a time, not ${names.join(" and ")}`);
  return { name: names[0], isQuick, args };
}

function valueOf(option: string, value: string | undefined): string {
  if (value === undefined || value.startsWith("--")) throw usage(`${option} needs a value`);
  return value;
}

function known(): readonly string[] {
  return readdirSync(here, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/index.ts`, here)))
    .map((entry) => entry.name)
    .sort();
}

async function load(name: string): Promise<Benchmark> {
  if (!known().includes(name)) throw usage(`there is no benchmark "${name}"`);
  return (await import(new URL(`${name}/index.ts`, here).href)) as Benchmark;
}

async function listing(): Promise<string> {
  const names = known();
  const width = Math.max(...names.map((name) => name.length));
  const loaded = await Promise.all(names.map(async (name) => ({ name, ...(await load(name)) })));
  return loaded.map(({ name, description }) => `${name.padEnd(width)}  ${description}`).join("\n");
}

function pageOf(name: string, machine: Machine, { table, bars }: BenchResult): string {
  const versions = `QEMU ${machine.qemu ?? "none"}, libvirt ${machine.libvirt ?? "none"}, Open vSwitch ${machine.openVSwitch ?? "none"}`;
  const place = `${machine.cores} cores (${machine.cpu}), ${machine.memoryMiB} MiB, Linux ${machine.kernel}, Node ${machine.node}`;
  return [name, place, versions, "", table, "", ...bars.map(barLine)].join("\n");
}

function barLine({ what, value, unit, limit, holds }: Bar): string {
  const shown = Math.round(value * 1000) / 1000;
  return `${holds ? "holds " : "BROKEN"}  ${what}: ${shown}${unit === "" ? "" : ` ${unit}`} (limit ${limit})`;
}

function presentable(error: unknown): { code: string; message: string; hint: string } {
  if (error instanceof TrunklineError || error instanceof LabError || error instanceof LibvirtError) {
    const { code, message, hint } = error;
    return { code, message, hint };
  }
  return { code: "internal.defect", message: messageOf(error), hint: "This is a defect of the benchmark." };
}

function usage(message: string): TrunklineError {
  return new TrunklineError("usage.invalid", message, {
    hint: `npm run bench NAME -- [--json] [--quick] [--data PATH] [--key value]; NAME is one of ${known().join(", ")}`,
  });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
