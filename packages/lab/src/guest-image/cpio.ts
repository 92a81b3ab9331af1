/**
 * Writes a cpio archive in the "newc" format, the one a kernel unpacks as its initramfs
 * (Documentation/driver-api/early-userspace/buffer-format.rst). Same entries, same bytes: no times, no inode numbers
 * of the building machine.
 */

export type CpioEntry =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "file"; readonly path: string; readonly content: Buffer; readonly isExecutable: boolean }
  | { readonly kind: "character-device"; readonly path: string; readonly major: number; readonly minor: number };

export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  const trailer: CpioEntry = { kind: "file", path: "TRAILER!!!", content: Buffer.alloc(0), isExecutable: false };
  return Buffer.concat([...entries, trailer].map((entry, index) => writeEntry(entry, index + 1)));
}

function writeEntry(entry: CpioEntry, inode: number): Buffer {
  const content = entry.kind === "file" ? entry.content : Buffer.alloc(0);
  const name = Buffer.from(`${entry.path}\0`);
  const device = entry.kind === "character-device" ? [entry.major, entry.minor] : [0, 0];
  const fields = [inode, modeOf(entry), 0, 0, 1, 0, content.length, 0, 0, ...device, name.length, 0];
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`);
  return Buffer.concat([padded(Buffer.concat([header, name])), padded(content)]);
}

/** File type and permission bits (inode(7)). */
function modeOf(entry: CpioEntry): number {
  switch (entry.kind) {
    case "folder":
      return 0o040755;
    case "file":
      return entry.isExecutable ? 0o100755 : 0o100644;
    case "character-device":
      return 0o020600;
  }
}

/** Header with name, and content, each end on a multiple of four bytes. */
function padded(part: Buffer): Buffer {
  return Buffer.concat([part, Buffer.alloc((4 - (part.length % 4)) % 4)]);
}
