import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { storeFolder } from "./store.fixture.ts";

const filler = fileURLToPath(new URL("./full-disk.fixture.ts", import.meta.url));

describe("a full file system under the store", () => {
  it("fails writes and backups whole, leaves reads, and is over when there is room", async () => {
    const folder = storeFolder();
    const place = folder.file("small");
    mkdirSync(place);
    try {
      const loader = `--conditions=source --import ${import.meta.resolve("tsx")}`;
      const script = 'mount -t tmpfs -o size=2m tmpfs "$1" && exec "$2" $3 "$4" "$1"';
      const { stdout } = await promisify(execFile)(
        "unshare",
        ["-m", "sh", "-c", script, "sh", place, process.execPath, loader, filler],
        { timeout: 120_000 },
      );
      const seen = JSON.parse(stdout) as { written: number; whileFull: { transitions: number; events: number } };
      const { written } = seen;
      const refused = expect.objectContaining({ code: "store.failed", hint: expect.any(String) as string }) as object;
      expect(seen).toEqual({
        written,
        filled: refused,
        again: refused,
        backup: refused,
        whileFull: {
          transitions: written,
          events: written,
          files: ["ballast", "journal.db", "journal.db-shm", "journal.db-wal"],
        },
        afterwards: null,
        transitions: written + 1,
      });
      expect(written).toBeGreaterThan(10);
    } finally {
      folder.remove();
    }
  });
});
