import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { crc32, readDiskRecords } from "./disk-records.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "trunkline-records-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function record(number: number): Buffer {
  const sector = Buffer.alloc(512, number);
  sector.write("TLREC01\0", 0, "latin1");
  sector.writeBigUInt64LE(BigInt(number), 8);
  sector.writeUInt32LE(crc32(sector.subarray(0, 508)), 508);
  return sector;
}

function read(...sectors: readonly Buffer[]) {
  const file = join(folder, "disk.img");
  writeFileSync(file, Buffer.concat(sectors));
  return readDiskRecords(file);
}

const blank = Buffer.alloc(512);

test("the checksum is the CRC-32 of IEEE 802.3", () => {
  // The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
});

describe("records of a disk", () => {
  test("an empty disk has none", () => {
    expect(read(blank, blank)).toEqual({ valid: 0, firstGap: null, corrupt: 0, last: 0 });
  });

  test("a whole series ends where the blank part begins", () => {
    const records = read(record(1), record(2), record(3), blank, blank);
    expect(records).toEqual({ valid: 3, firstGap: null, corrupt: 0, last: 3 });
  });

  test("a lost record is a gap, and not corrupt", () => {
    const records = read(record(1), blank, record(3), blank, record(5));
    expect(records).toEqual({ valid: 3, firstGap: 2, corrupt: 0, last: 5 });
  });

  test("a changed byte makes a record corrupt", () => {
    const damaged = record(2);
    damaged.writeUInt8(damaged.readUInt8(100) ^ 1, 100);
    expect(read(record(1), damaged, record(3))).toEqual({ valid: 2, firstGap: 2, corrupt: 1, last: 3 });
  });

  test("a record in another record's place is corrupt", () => {
    expect(read(record(1), record(1), record(3))).toEqual({ valid: 2, firstGap: 2, corrupt: 1, last: 3 });
  });

  test("a damaged last record is no gap: nobody can tell it was counted", () => {
    expect(read(record(1), Buffer.alloc(512, 7))).toEqual({ valid: 1, firstGap: null, corrupt: 1, last: 1 });
  });

  test("a torn sector at the end is passed over", () => {
    expect(read(record(1), record(2).subarray(0, 200))).toEqual({ valid: 1, firstGap: null, corrupt: 0, last: 1 });
  });
});
