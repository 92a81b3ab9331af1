/**
 * Builds the guest's image into the lab's folder from what the distribution has installed: a kernel, its virtio
 * modules, a static busybox, and the lab's own workload (guest/guest.c), compiled here.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { LabContext } from "../context.ts";
import { BUILD_TIMEOUT_MS } from "../limits.ts";
import { run } from "../process/run.ts";
import { inNamespace } from "../world/namespaces.ts";
import { writeCpio } from "./cpio.ts";
import type { CpioEntry } from "./cpio.ts";
import { findKernel } from "./kernel-modules.ts";

const GUEST_FILES = fileURLToPath(new URL("../../guest/", import.meta.url));
const BUSYBOX = "/bin/busybox";

export type GuestImage = { readonly kernel: string; readonly initramfs: string };

export function imageOf(labFolder: string): GuestImage {
  return { kernel: join(labFolder, "image/vmlinuz"), initramfs: join(labFolder, "image/initramfs.cpio") };
}

export async function buildGuestImage(context: LabContext): Promise<GuestImage> {
  const image = imageOf(context.plan.folder);
  if (existsSync(image.kernel) && existsSync(image.initramfs)) return image;
  const folder = join(context.plan.folder, "image");
  mkdirSync(folder, { recursive: true });
  const kernel = findKernel();
  context.log(`building the guest's image with kernel ${kernel.version}`);

  const program = join(folder, "guest");
  const compile = ["gcc", "-O2", "-static", "-pthread", "-o", program, join(GUEST_FILES, "guest.c")];
  const options = { signal: context.signal, timeoutMs: BUILD_TIMEOUT_MS };
  await run(inNamespace(context.plan.san.node.namespace, compile), options);

  const modules = await Promise.all(
    kernel.modules.map(async (file) => ({ name: plainName(file), content: await plainModule(file, context.signal) })),
  );
  const file = (path: string, content: Buffer, isExecutable: boolean): CpioEntry => ({
    kind: "file",
    path,
    content,
    isExecutable,
  });
  const initramfs = writeCpio([
    ...["bin", "dev", "modules"].map((path): CpioEntry => ({ kind: "folder", path })),
    // The kernel opens the console for the first process before anything is mounted.
    { kind: "character-device", path: "dev/console", major: 5, minor: 1 },
    file("bin/busybox", readFileSync(BUSYBOX), true),
    file("init", readFileSync(join(GUEST_FILES, "init")), true),
    file("guest", readFileSync(program), true),
    file("modules/order", Buffer.from(modules.map(({ name }) => `${name}\n`).join("")), false),
    ...modules.map(({ name, content }) => file(`modules/${name}`, content, false)),
  ]);
  writeWhole(image.kernel, readFileSync(kernel.image));
  writeWhole(image.initramfs, initramfs);
  return image;
}

function plainName(module: string): string {
  return basename(module).replace(/\.(xz|zst|gz)$/, "");
}

/** Ubuntu and others compress modules; the guest's busybox loads plain ones. */
async function plainModule(file: string, signal: AbortSignal | undefined): Promise<Buffer> {
  if (file.endsWith(".gz")) return gunzipSync(readFileSync(file));
  const unpacker = file.endsWith(".xz") ? "xz" : file.endsWith(".zst") ? "zstd" : undefined;
  if (unpacker === undefined) return readFileSync(file);
  // Base64 keeps the bytes whole on their way through a tool whose output is read as text.
  const encoded = await run(["sh", "-c", `${unpacker} -dc "$1" | base64`, "sh", file], { signal });
  return Buffer.from(encoded, "base64");
}

function writeWhole(path: string, content: Buffer): void {
  writeFileSync(`${path}.new`, content, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
