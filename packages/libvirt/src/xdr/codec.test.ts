import fc from "fast-check";
import { expect, test } from "vitest";
import { LibvirtError } from "../errors.ts";
import { MAX_STRING_BYTES } from "../limits.ts";
import { typedParams } from "../protocol/typed-params.ts";
import type { TypedParam } from "../protocol/typed-params.ts";
import { dom, uuid } from "../protocol/objects.ts";
import { characters, double, hyper, int, list, opaque, optional, string, struct, uhyper, uint } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { XdrReader } from "./reader.ts";
import { XdrWriter } from "./writer.ts";

const hexOf = <T>(codec: Codec<T>, value: T): string => Buffer.from(bytesOf(codec, value)).toString("hex");

function bytesOf<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new XdrWriter();
  codec.encode(writer, value);
  return writer.finish();
}

function decode<T>(codec: Codec<T>, hex: string): T {
  const reader = new XdrReader(Buffer.from(hex, "hex"));
  const value = codec.decode(reader);
  reader.end();
  return value;
}

function errorOf(act: () => unknown): LibvirtError {
  try {
    act();
  } catch (error) {
    if (error instanceof LibvirtError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const cases: readonly (readonly [string, string, string])[] = [
  ["int -1", hexOf(int, -1), "ffffffff"],
  ["uint", hexOf(uint, 0x2000_8086), "20008086"],
  ["hyper -2", hexOf(hyper, -2n), "fffffffffffffffe"],
  ["uhyper", hexOf(uhyper, 7_002_022n), "00000000006ad7a6"],
  ["double 1.5", hexOf(double, 1.5), "3ff8000000000000"],
  ["string, padded", hexOf(string, "hello"), "0000000568656c6c6f000000"],
  ["string, UTF-8", hexOf(string, "é"), "00000002c3a90000"],
  ["opaque", hexOf(opaque, Uint8Array.of(1, 2, 3, 4)), "0000000401020304"],
  ["optional, absent", hexOf(optional(int), null), "00000000"],
  ["optional, present", hexOf(optional(int), 5), "0000000100000005"],
  ["list", hexOf(list(int), [1, 2]), "000000020000000100000002"],
  ["characters, a word each", hexOf(characters(3), "ab"), "000000610000006200000000"],
  ["uuid", hexOf(uuid, "11111111-2222-4333-8444-555555555555"), "11111111222243338444555555555555"],
  [
    "typed string",
    hexOf(typedParams, [{ field: "a", type: "string", value: "b" }]),
    "000000010000000161000000000000070000000162000000",
  ],
  [
    "typed ullong",
    hexOf(typedParams, [{ field: "a", type: "ullong", value: 9n }]),
    "000000010000000161000000000000040000000000000009",
  ],
];

test.each(cases)("%s has the bytes of RFC 4506", (_name, actual, expected) => {
  expect(actual).toBe(expected);
});

const param: fc.Arbitrary<TypedParam> = fc.oneof(
  fc.record({ field: text(), type: fc.constant("int" as const), value: fc.integer() }),
  fc.record({ field: text(), type: fc.constant("uint" as const), value: fc.nat() }),
  fc.record({
    field: text(),
    type: fc.constant("llong" as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({
    field: text(),
    type: fc.constant("ullong" as const),
    value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  }),
  fc.record({ field: text(), type: fc.constant("double" as const), value: fc.double() }),
  fc.record({ field: text(), type: fc.constant("boolean" as const), value: fc.boolean() }),
  fc.record({ field: text(), type: fc.constant("string" as const), value: text() }),
);

function text(): fc.Arbitrary<string> {
  return fc
    .string({ unit: "binary" })
    .filter((value) => !value.includes("\0") && Buffer.from(value).toString() === value);
}

test("whatever is written is read back, and nothing is left over", () => {
  const layout = struct({
    dom,
    small: int,
    word: uint,
    wide: hyper,
    wider: uhyper,
    text: string,
    maybe: optional(string),
    bytes: opaque,
    params: typedParams,
    nested: list(list(int)),
  });
  const value = fc.record({
    dom: fc.record({ name: text(), uuid: fc.uuid(), id: fc.integer() }),
    small: fc.integer(),
    word: fc.nat({ max: 0xffff_ffff }),
    wide: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    wider: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    text: text(),
    maybe: fc.option(text()),
    bytes: fc.uint8Array(),
    params: fc.array(param),
    nested: fc.array(fc.array(fc.integer())),
  });
  fc.assert(
    fc.property(value, (expected) => {
      const bytes = bytesOf(layout, expected);
      expect(bytes.length % 4).toBe(0);
      const reader = new XdrReader(bytes);
      expect(layout.decode(reader)).toEqual(expected);
      expect(reader.remainingBytes).toBe(0);
    }),
  );
});

test.each([
  ["a string longer than the packet", string, "0000000568656c6c"],
  ["a string over the limit", string, "00400001"],
  ["an opaque value of four gigabytes", opaque, "ffffffff00000000"],
  ["a list longer than the packet", list(int), "0000000300000001"],
  ["a list of four billion items", list(int), "ffffffff"],
  ["a list longer than its own limit", list(int, 2), "00000003000000010000000100000001"],
  ["an optional that is neither there nor absent", optional(int), "0000000200000001"],
  ["a typed parameter of an unknown type", typedParams, "0000000100000001610000000000000800000000"],
  ["bytes left over", int, "0000000100000002"],
  ["half a word", int, "0000"],
] as readonly (readonly [string, Codec<unknown>, string])[])("%s is a broken peer", (_name, codec, hex) => {
  expect(errorOf(() => decode(codec, hex)).code).toBe("libvirt.protocol");
});

test.each([
  ["an int of 33 bits", () => hexOf(int, 2 ** 31)],
  ["a negative uint", () => hexOf(uint, -1)],
  ["a fraction", () => hexOf(int, 1.5)],
  ["not a number", () => hexOf(uint, Number.NaN)],
  ["a negative uhyper", () => hexOf(uhyper, -1n)],
  ["a hyper of 65 bits", () => hexOf(hyper, 2n ** 63n)],
  ["a zero character in a string", () => hexOf(string, "a\0b")],
  ["a string over the limit", () => hexOf(string, "x".repeat(MAX_STRING_BYTES + 1))],
  ["a uuid with a digit too many", () => hexOf(uuid, "11111111-2222-4333-8444-5555555555555")],
] as readonly (readonly [string, () => unknown])[])("%s is refused before anything is sent", (_name, act) => {
  expect(errorOf(act).code).toBe("libvirt.argument");
});

test("text that is not UTF-8 does not end the connection: libvirt passes file names through", () => {
  expect(decode(string, "00000002ff410000")).toBe("\u{FFFD}A");
});

test("an opaque value is a copy, not a window into the packet", () => {
  const packet = Buffer.from("0000000401020304", "hex");
  const value = opaque.decode(new XdrReader(packet));
  packet.fill(0);
  expect([...value]).toEqual([1, 2, 3, 4]);
});
