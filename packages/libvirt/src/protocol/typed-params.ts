/**
 * Typed parameters: libvirt's way of adding options and figures without new layouts. A list of named values, each with
 * its wire type. libvirt refuses a parameter of the wrong type, so each has a builder of its own; the readers look at
 * the name and the kind of value only, because libvirt chose the integer width of a figure by the taste of its day.
 */
import { LibvirtError } from "../errors.ts";
import { MAX_LIST_ITEMS, MAX_STRING_BYTES } from "../limits.ts";
import { double, hyper, int, list, string, uhyper, uint } from "../xdr/codec.ts";
import type { Codec } from "../xdr/codec.ts";
import type { XdrReader } from "../xdr/reader.ts";

export type TypedParam =
  | { readonly field: string; readonly type: "int" | "uint" | "double"; readonly value: number }
  | { readonly field: string; readonly type: "llong" | "ullong"; readonly value: bigint }
  | { readonly field: string; readonly type: "boolean"; readonly value: boolean }
  | { readonly field: string; readonly type: "string"; readonly value: string };

/** Builders, named by libvirt's types. */
export const typedParam = {
  int: (field: string, value: number): TypedParam => ({ field, type: "int", value }),
  uint: (field: string, value: number): TypedParam => ({ field, type: "uint", value }),
  llong: (field: string, value: bigint | number): TypedParam => ({ field, type: "llong", value: wide(value) }),
  ullong: (field: string, value: bigint | number): TypedParam => ({ field, type: "ullong", value: wide(value) }),
  double: (field: string, value: number): TypedParam => ({ field, type: "double", value }),
  boolean: (field: string, value: boolean): TypedParam => ({ field, type: "boolean", value }),
  string: (field: string, value: string): TypedParam => ({ field, type: "string", value }),
} as const;

/** The first number of that name; exact up to 2^53, which in bytes is eight pebibytes. */
export function numberParam(params: readonly TypedParam[], field: string): number | undefined {
  const value = valueOf(params, field);
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : undefined;
}

export function stringParam(params: readonly TypedParam[], field: string): string | undefined {
  const value = valueOf(params, field);
  return typeof value === "string" ? value : undefined;
}

export function booleanParam(params: readonly TypedParam[], field: string): boolean | undefined {
  const value = valueOf(params, field);
  return typeof value === "boolean" ? value : undefined;
}

/** virTypedParameterType (include/libvirt/libvirt-common.h). */
const wireType = { int: 1, uint: 2, llong: 3, ullong: 4, double: 5, boolean: 6, string: 7 } as const;

const param: Codec<TypedParam> = {
  encode: (writer, { field, type, value }) => {
    string.encode(writer, field);
    writer.int(wireType[type]);
    switch (type) {
      case "int":
        return int.encode(writer, value);
      case "uint":
        return uint.encode(writer, value);
      case "double":
        return double.encode(writer, value);
      case "llong":
        return hyper.encode(writer, value);
      case "ullong":
        return uhyper.encode(writer, value);
      case "boolean":
        return int.encode(writer, value ? 1 : 0);
      case "string":
        return string.encode(writer, value);
      default:
        return type satisfies never;
    }
  },
  decode: (reader) => decodeParam(reader, undefined),
};

export const typedParams = list(param);

/**
 * A list that names mostly what the pattern names, in the same order, as the statistics of one domain after the other
 * do. Reads what `typedParams` reads.
 */
export function decodeLike(pattern: readonly TypedParam[], reader: XdrReader): readonly TypedParam[] {
  const count = reader.count(MAX_LIST_ITEMS);
  const params: TypedParam[] = [];
  for (let index = 0; index < count; index += 1) params.push(decodeParam(reader, pattern[index]?.field));
  return params;
}

function decodeParam(reader: XdrReader, expectedField: string | undefined): TypedParam {
  const field = reader.stringLike(expectedField, MAX_STRING_BYTES);
  const type = reader.int();
  switch (type) {
    case wireType.int:
      return { field, type: "int", value: reader.int() };
    case wireType.uint:
      return { field, type: "uint", value: reader.uint() };
    case wireType.llong:
      return { field, type: "llong", value: reader.hyper() };
    case wireType.ullong:
      return { field, type: "ullong", value: reader.uhyper() };
    case wireType.double:
      return { field, type: "double", value: reader.double() };
    // A plain int on the wire, of which libvirt only asks whether it is zero.
    case wireType.boolean:
      return { field, type: "boolean", value: reader.int() !== 0 };
    case wireType.string:
      return { field, type: "string", value: string.decode(reader) };
    default:
      // The length of its value is unknown, so nothing behind it can be read either.
      throw new LibvirtError("libvirt.protocol", `The peer sent parameter ${field} of the unknown type ${type}.`);
  }
}

function wide(value: bigint | number): bigint {
  if (typeof value === "bigint") return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw new LibvirtError("libvirt.argument", `${value} is not an exact integer; pass a bigint.`);
}

function valueOf(params: readonly TypedParam[], field: string): TypedParam["value"] | undefined {
  return params.find((candidate) => candidate.field === field)?.value;
}
