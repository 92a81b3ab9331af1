/**
 * Reads the records of a guest's disk from outside, out of the SAN's backing file. The layout is guest/guest.c's: record
 * n, counted from 1, fills sector n - 1; its last four bytes are the CRC-32 of the rest.
 */
import { closeSync, openSync, readSync } from "node:fs";
import { RECORD_BYTES, RECORDS_PER_READ } from "../limits.ts";

export type DiskRecords = {
  /** Records whose place, number and checksum agree. */
  readonly valid: number;
  /** The lowest number below `last` that has no valid record; null when there is none. */
  readonly firstGap: number | null;
  /** Sectors that hold something, but no valid record. */
  readonly corrupt: number;
  /** The highest number of a valid record, 0 when there is none. */
  readonly last: number;
};

const MAGIC = Buffer.from("TLREC01\0");
const CHECKSUM_OFFSET = RECORD_BYTES - 4;
const BLANK = Buffer.alloc(RECORD_BYTES);
const CRC_TABLE = buildCrcTable();

export function readDiskRecords(file: string): DiskRecords {
  const scan = new RecordScan();
  const buffer = Buffer.alloc(RECORDS_PER_READ * RECORD_BYTES);
  const descriptor = openSync(file, "r");
  try {
    for (let offset = 0; ;) {
      const got = readSync(descriptor, buffer, 0, buffer.length, offset);
      const whole = got - (got % RECORD_BYTES);
      if (whole === 0) return scan.result();
      for (let at = 0; at < whole; at += RECORD_BYTES) scan.next(buffer.subarray(at, at + RECORD_BYTES));
      offset += whole;
    }
  } finally {
    closeSync(descriptor);
  }
}

class RecordScan {
  #number = 0;
  #valid = 0;
  #corrupt = 0;
  #last = 0;
  #firstGap: number | null = null;
  #firstInvalidSinceLast: number | null = null;

  next(sector: Buffer): void {
    this.#number++;
    if (isValid(sector, this.#number)) {
      this.#valid++;
      this.#last = this.#number;
      this.#firstGap ??= this.#firstInvalidSinceLast;
      return;
    }
    this.#firstInvalidSinceLast ??= this.#number;
    if (!sector.equals(BLANK)) this.#corrupt++;
  }

  result(): DiskRecords {
    return { valid: this.#valid, firstGap: this.#firstGap, corrupt: this.#corrupt, last: this.#last };
  }
}

function isValid(sector: Buffer, number: number): boolean {
  return (
    sector.subarray(0, MAGIC.length).equals(MAGIC) &&
    sector.readBigUInt64LE(MAGIC.length) === BigInt(number) &&
    sector.readUInt32LE(CHECKSUM_OFFSET) === crc32(sector.subarray(0, CHECKSUM_OFFSET))
  );
}

/** CRC-32 of IEEE 802.3, reflected polynomial 0xedb88320. */
export function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

function buildCrcTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value >>> 0;
  });
}
