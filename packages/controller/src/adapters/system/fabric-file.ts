/**
 * The fabric document in its file. It is read again when the file has changed, so that an operator who corrects it need
 * not start the controller anew.
 */
import { readFile, stat } from "node:fs/promises";
import { parseFabricDocument } from "@trunkline/fabric";
import type { Fabric } from "@trunkline/fabric";
import { TrunklineError, messageOf } from "@trunkline/model";

/** @returns a question for the document as it is now. It rejects with fabric.missing or fabric.invalid. */
export function fabricFile(path: string): () => Promise<Fabric> {
  let known: { readonly version: string; readonly fabric: Fabric } | undefined;
  return async () => {
    const version = await versionOf(path);
    if (known?.version !== version) known = { version, fabric: parseFabricDocument(await textOf(path), path) };
    return known.fabric;
  };
}

const versionOf = async (path: string): Promise<string> =>
  await reading(path, async () => {
    const { mtimeMs, size, ino } = await stat(path);
    return `${mtimeMs} ${size} ${ino}`;
  });

const textOf = async (path: string): Promise<string> => await reading(path, async () => await readFile(path, "utf8"));

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new TrunklineError("fabric.missing", `${path} could not be read: ${messageOf(cause)}`, { cause });
  }
}
