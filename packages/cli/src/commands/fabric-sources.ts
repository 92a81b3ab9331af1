/** `trunkline fabric diff` and `import`: the document against what is seen, and documents made from what others wrote. */
import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { parse } from "yaml";
import {
  diffFabric,
  fabricOf,
  importContainerlab,
  importNetbox,
  importNetlab,
  mergeFabrics,
  writeFabricDocument,
} from "@trunkline/fabric";
import type { Difference, Fabric, ImportResult, Observation } from "@trunkline/fabric";
import { readCaptureFile } from "@trunkline/controller";
import { TrunklineError, messageOf } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import type { GlobalOptions } from "../context.ts";
import { readFabricFile, readText } from "../fabric/open-fabric.ts";
import type { FabricOptions } from "../fabric/open-fabric.ts";
import { exitCode, note, printJson, printText } from "../output/print.ts";

interface DiffOptions extends FabricOptions {
  readonly pcap?: string;
  readonly at?: string;
  readonly seconds?: string;
}

interface ImportOptions extends GlobalOptions {
  readonly at?: string;
  readonly into?: string;
  readonly out?: string;
  readonly force?: boolean;
}

export function addFabricSourceCommands(fabric: Command): void {
  fabric
    .command("diff")
    .option("--file <document>", "this document instead of the controller's")
    .option("--pcap <file>", "a capture instead of what the controller sees; pcap or pcapng")
    .option("--at <device/port>", "where the capture was taken")
    .option("--seconds <n>", "how long hosts listen for LLDP, at most 60", "0")
    .description("the fabric document against what is seen; exit 1 when they differ for certain")
    .action(async (_: unknown, command: Command) => {
      await diff(command.optsWithGlobals<DiffOptions>());
    });
  fabric
    .command("import")
    .argument("<format>", "netlab, containerlab, netbox or pcap")
    .argument("<files...>", "what it wrote: YAML or JSON, or a capture")
    .option("--at <device/port>", "where a capture was taken")
    .option("--into <document>", "merge it into this document, which keeps what the import does not know")
    .option("--out <document>", "write it there instead of on standard output")
    .option("--force", "write over a file that exists")
    .description("a fabric document from what another tool knows")
    .action(async (format: string, files: readonly string[], _: unknown, command: Command) => {
      await importFrom(format, files, command.optsWithGlobals<ImportOptions>());
    });
}

async function diff(options: DiffOptions): Promise<void> {
  const { document, observations } = await bothSides(options);
  const differences = diffFabric(document, observations);
  if (options.json === true) printJson({ differences });
  else
    printText(
      differences.length === 0 ? "document and network agree, as far as was seen" : differenceLines(differences),
    );
  process.exitCode = differences.some(({ certainty }) => certainty === "yes") ? exitCode.failed : exitCode.success;
}

/** A document and a capture in files need nobody else; otherwise the controller is asked for what is missing. */
async function bothSides(options: DiffOptions): Promise<{ document: Fabric; observations: readonly Observation[] }> {
  const given = options.file === undefined ? undefined : readFabricFile(options.file);
  const captured = options.pcap === undefined ? undefined : await observationsIn(options.pcap, options.at);
  if (given !== undefined && captured !== undefined) return { document: given, observations: captured };
  const listenMs = secondsOf(options.seconds) * 1000;
  const answer = await withClient(options, { acts: false }, async ({ client }) => {
    return await client.call("fabric.observe", { query: { listenMs } }, { signal: askSignal("long") });
  });
  for (const { device, why } of answer.silent) note(`${device} could not be asked: ${why}`);
  const document = given ?? answer.document;
  if (document === null)
    throw new TrunklineError("fabric.missing", "there is no document to compare with", {
      hint: "Name one with --file FILE, or as `fabric` in the inventory.",
    });
  return { document, observations: captured ?? answer.observations };
}

async function observationsIn(file: string, at: string | undefined): Promise<readonly Observation[]> {
  const [device = "", port = "", ...rest] = at?.split("/") ?? [];
  if (device === "" || port === "" || rest.length > 0)
    throw new TrunklineError("usage.invalid", "a capture says nothing of where it was taken", {
      hint: "Add --at DEVICE/PORT, as the document names them.",
    });
  const { observations, problem, packets } = await readCaptureFile(file, { device, port });
  if (problem !== undefined) note(`${file} is damaged after ${packets} packets: ${problem}`);
  return observations;
}

function secondsOf(text = "0"): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) > 60)
    throw new TrunklineError("usage.invalid", `--seconds ${text} is not a whole number from 0 to 60`);
  return Number(text);
}

const differenceLines = (differences: readonly Difference[]): string =>
  differences
    .flatMap(({ kind, message, document, observed, certainty }) => [
      `${certainty === "yes" ? "DIFFERS" : "perhaps"}  ${kind.padEnd(20)} ${message}`,
      `         document: ${document ?? "–"}; seen: ${observed}`,
    ])
    .join("\n");

async function importFrom(format: string, files: readonly string[], options: ImportOptions): Promise<void> {
  const results = await Promise.all(files.map(async (file) => await importOne(format, file, options)));
  const base = options.into === undefined ? [] : [{ fabric: readFabricFile(options.into), notes: [] }];
  const { fabric, notes } = [...base, ...results].reduce(joined);
  const document = writeFabricDocument(fabric);
  for (const { path, message } of notes) note(`${path === "" ? "note" : path}: ${message}`);
  if (options.out !== undefined) {
    if (existsSync(options.out) && options.force !== true)
      throw new TrunklineError("usage.invalid", `${options.out} exists`, {
        hint: "Choose another name, or add --force.",
      });
    writeFileSync(options.out, document);
  }
  if (options.json === true) printJson({ document, notes });
  else if (options.out === undefined) process.stdout.write(document);
  else
    note(
      `${fabric.devices.length} devices, ${fabric.links.length} links and ${fabric.segments.length} segments written to ${options.out}`,
    );
}

function joined(left: ImportResult, right: ImportResult): ImportResult {
  const merged = mergeFabrics(left.fabric, right.fabric);
  return { fabric: merged.fabric, notes: [...left.notes, ...right.notes, ...merged.notes] };
}

async function importOne(format: string, file: string, { at }: ImportOptions): Promise<ImportResult> {
  switch (format) {
    case "netlab":
      return importNetlab(dataIn(file));
    case "containerlab":
      return importContainerlab(dataIn(file));
    case "netbox":
      return importNetbox(dataIn(file));
    case "pcap":
      return fabricOf(await observationsIn(file, at));
    default:
      throw new TrunklineError("usage.invalid", `there is no format "${format}"`, {
        hint: "netlab, containerlab, netbox and pcap are understood.",
      });
  }
}

/** JSON is YAML as well. */
function dataIn(file: string): unknown {
  try {
    return parse(readText(file));
  } catch (error) {
    if (error instanceof TrunklineError) throw error;
    throw new TrunklineError("fabric.import", `${file} is neither YAML nor JSON: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
