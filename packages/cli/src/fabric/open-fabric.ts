/**
 * The fabric that a command reasons about: a document in a file, offline; else what the controller sees now. The judgement
 * is the same pure code in both cases.
 */
import { readFileSync } from "node:fs";
import { parseFabricDocument } from "@trunkline/fabric";
import type { Fabric, PlannedMove } from "@trunkline/fabric";
import { TrunklineError, messageOf } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import type { GlobalOptions } from "../context.ts";
import { note } from "../output/print.ts";

export interface FabricOptions extends GlobalOptions {
  readonly file?: string;
}

export async function openFabric(options: FabricOptions): Promise<Fabric> {
  if (options.file !== undefined) return readFabricFile(options.file);
  const answer = await withClient(options, { acts: false }, async ({ client }) => {
    return await client.call("fabric.show", {}, { signal: askSignal() });
  });
  for (const { device, why } of answer.silent) note(`${device} could not be read: ${why}`);
  if (answer.documentProblem !== null) note(`the fabric document is left out: ${answer.documentProblem}`);
  return answer.fabric;
}

export function readFabricFile(path: string): Fabric {
  return parseFabricDocument(readText(path), path);
}

export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new TrunklineError("fabric.missing", `${path} could not be read: ${messageOf(cause)}`, { cause });
  }
}

/** `vm1=h2,vm2=h1`: VMs in other places. */
export function movesOf(text: string | undefined, fabric: Fabric): readonly PlannedMove[] {
  if (text === undefined) return [];
  const endpoints = new Set(fabric.endpoints.map((endpoint) => endpoint.name));
  const devices = new Set(fabric.devices.map((device) => device.name));
  return text.split(",").map((pair) => {
    const [endpoint = "", target = "", ...rest] = pair.split("=");
    if (endpoint === "" || target === "" || rest.length > 0)
      throw new TrunklineError("usage.invalid", `"${pair}" is no move`, {
        hint: "Write VM=HOST, several with commas.",
      });
    demandKnown("endpoint", endpoint, endpoints);
    demandKnown("device", target, devices);
    return { endpoint, target };
  });
}

export function demandKnown(what: string, name: string, names: ReadonlySet<string>): void {
  if (names.has(name)) return;
  const some = [...names].sort().slice(0, namesShown);
  const rest = names.size > some.length ? `, and ${names.size - some.length} more` : "";
  throw new TrunklineError("fabric.unknown", `the fabric has no ${what} ${name}; it has ${some.join(", ")}${rest}`, {
    details: { name },
  });
}

const namesShown = 20;
