/** Programs of this machine: where they are, and which version they say they are. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, open } from "node:fs/promises";
import { join } from "node:path";
import { limits } from "../limits.ts";

/** Daemons live in folders that are in no ordinary user's PATH. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"] as const;

export function foldersOf(environment: NodeJS.ProcessEnv): readonly string[] {
  return [...(environment["PATH"] ?? "").split(":").filter((folder) => folder !== ""), ...systemFolders];
}

export async function findTool(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

export interface Ran {
  /** null: it did not start, did not end in time, or said too much. */
  readonly status: number | null;
  readonly output: string;
}

/** Never rejects. Both streams together: some print their version on the one, some on the other. */
export async function runTool(path: string, args: readonly string[], signal: AbortSignal): Promise<Ran> {
  const options = {
    timeout: limits.toolVersionMs,
    killSignal: "SIGKILL",
    maxBuffer: limits.toolOutputBytes,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
    signal,
  } as const;
  return await new Promise((resolve) => {
    const child = execFile(path, args, options, (error, stdout, stderr) => {
      const output = `${stdout}\n${stderr}`.trim();
      if (error === null) resolve({ status: 0, output });
      else if (typeof error.code === "number") resolve({ status: error.code, output });
      else resolve({ status: null, output: output === "" ? error.message : output });
    });
    child.stdin?.end();
  });
}

/** A dynamically linked program names its loader in a program header of type PT_INTERP (elf(5)). @returns undefined for what is no 64-bit ELF file. */
export async function isStatic(path: string): Promise<boolean | undefined> {
  const file = await open(path, "r");
  try {
    const head = Buffer.alloc(64);
    await file.read(head, 0, head.length, 0);
    const is64BitElf = head.subarray(0, 5).equals(Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2]));
    if (!is64BitElf || head[5] !== 1) return undefined;
    const [offset, size, count] = [head.readBigUInt64LE(32), head.readUInt16LE(54), head.readUInt16LE(56)];
    const table = Buffer.alloc(size * count);
    await file.read(table, 0, table.length, Number(offset));
    return Array.from({ length: count }, (_, index) => table.readUInt32LE(index * size)).every((type) => type !== 3);
  } finally {
    await file.close();
  }
}
