import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "../process/run.ts";
import { writeCpio } from "./cpio.ts";
import { findKernel, loadOrder } from "./kernel-modules.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trunkline-image-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the archive holds each entry, padded as the format wants it, and ends with the trailer", () => {
  const archive = writeCpio([
    { kind: "folder", path: "bin" },
    { kind: "file", path: "bin/a", content: Buffer.from("hello"), isExecutable: true },
    { kind: "character-device", path: "dev/console", major: 5, minor: 1 },
  ]);
  expect(archive.length % 4).toBe(0);
  const headers = [...archive.toString("latin1").matchAll(/070701([0-9a-f]{104})/g)].map((match) => match[1] ?? "");
  const field = (header: string, index: number) => Number.parseInt(header.slice(index * 8, index * 8 + 8), 16);
  expect(headers.map((header) => field(header, 1))).toEqual([0o040755, 0o100755, 0o020600, 0o100644]);
  expect(headers.map((header) => field(header, 6))).toEqual([0, 5, 0, 0]);
  expect([field(headers[2] ?? "", 9), field(headers[2] ?? "", 10)]).toEqual([5, 1]);
  expect(archive.toString("latin1")).toContain("TRAILER!!!");
});

test("busybox's cpio reads the archive back", async (context) => {
  if (!existsSync("/bin/busybox")) context.skip("busybox is not installed");
  const archive = writeCpio([{ kind: "file", path: "greeting", content: Buffer.from("hello"), isExecutable: false }]);
  const listing = await run(["/bin/busybox", "cpio", "-tv"], { input: archive.toString("latin1") });
  expect(listing).toMatch(/^-rw-r--r--\s.*\s5\s.*greeting$/m);
});

function modules(version: string, dependencies: string, builtin: string): string {
  const path = join(folder, "modules", version);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "modules.dep"), dependencies);
  writeFileSync(join(path, "modules.builtin"), builtin);
  return path;
}

test("modules load after what they need, once, and built-in drivers not at all", () => {
  const path = modules(
    "1",
    "k/net.ko: k/failover.ko k/virtio.ko k/ring.ko\nk/blk.ko.xz: k/virtio.ko k/ring.ko\nk/ring.ko:\nk/virtio.ko: k/ring.ko\nk/failover.ko:\n",
    "k/virtio-pci.ko\n",
  );
  const order = loadOrder(path, ["virtio_pci", "blk", "net"]);
  const names = order?.map((file) => file.slice(path.length + 3));
  expect(names).toEqual(["ring.ko", "virtio.ko", "blk.ko.xz", "failover.ko", "net.ko"]);
  expect(loadOrder(path, ["ghost"])).toBeUndefined();
});

test("a kernel without virtio is passed over, and none at all is an error that names the package", () => {
  const boot = join(folder, "boot");
  mkdirSync(boot);
  const all = "k/virtio_pci.ko\nk/virtio_blk.ko\nk/virtio_net.ko\n";
  writeFileSync(join(boot, "vmlinuz-6.9.0"), "");
  modules("6.9.0", "", "");
  expect(() => findKernel(boot, join(folder, "modules"))).toThrow(/looked at 6\.9\.0/);
  for (const version of ["6.1.0", "6.10.0", "5.4.0-cloud"]) {
    writeFileSync(join(boot, `vmlinuz-${version}`), "");
    modules(version, "", all);
  }
  expect(findKernel(boot, join(folder, "modules"))).toMatchObject({ version: "5.4.0-cloud", modules: [] });
  rmSync(join(boot, "vmlinuz-5.4.0-cloud"));
  expect(findKernel(boot, join(folder, "modules")).version).toBe("6.10.0");
});
