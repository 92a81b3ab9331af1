import fc from "fast-check";
import { expect, test } from "vitest";
import { list, struct } from "../xdr/codec.ts";
import { XdrReader } from "../xdr/reader.ts";
import { XdrWriter } from "../xdr/writer.ts";
import { dom } from "./objects.ts";
import { statsRecords } from "./stats-records.ts";
import { typedParam, typedParams } from "./typed-params.ts";

const plain = list(struct({ dom, params: typedParams }));

/** Few names, some of them the beginning of others or beyond ASCII, so that patterns fit often and not always. */
const field = fc.constantFrom("", "cpu.time", "cpu.times", "cpu", "net.0.name", "größe", "g");
const param = fc.oneof(
  fc
    .record({ field, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) })
    .map((p) => typedParam.ullong(p.field, p.value)),
  fc.record({ field, value: fc.nat() }).map((p) => typedParam.uint(p.field, p.value)),
  fc.record({ field, value: field }).map((p) => typedParam.string(p.field, p.value)),
);
const record = fc.record({
  dom: fc.record({ name: field, uuid: fc.uuid(), id: fc.nat() }),
  params: fc.array(param, { maxLength: 8 }),
});

test("reading with the record before as a pattern reads what reading without reads", () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 6 }), (records) => {
      const writer = new XdrWriter();
      statsRecords.encode(writer, records);
      const bytes = Buffer.from(writer.finish());
      const reader = new XdrReader(bytes);
      expect(statsRecords.decode(reader)).toEqual(records);
      reader.end();
      expect(plain.decode(new XdrReader(bytes))).toEqual(records);
    }),
  );
});

test("whatever is cut off is an error of the peer, never a wrong figure", () => {
  const writer = new XdrWriter();
  const params = [typedParam.ullong("cpu.time", 5n), typedParam.string("net.0.name", "vnet0")];
  const dom1 = { name: "vm", uuid: "00000000-0000-4000-8000-000000000001", id: 1 };
  statsRecords.encode(writer, [
    { dom: dom1, params },
    { dom: dom1, params },
  ]);
  const bytes = Buffer.from(writer.finish());
  for (let length = 0; length < bytes.length; length += 4)
    expect(() => statsRecords.decode(new XdrReader(bytes.subarray(0, length)))).toThrow("peer");
});
