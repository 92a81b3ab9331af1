/**
 * Layouts as values: a codec writes and reads one XDR type, combinators build larger ones, and the TypeScript type of
 * the value follows from the layout. So a layout is written once, in src/protocol, and cannot disagree with its type.
 */
import { MAX_LIST_ITEMS, MAX_OPAQUE_BYTES, MAX_STRING_BYTES } from "../limits.ts";
import type { XdrReader } from "./reader.ts";
import type { XdrWriter } from "./writer.ts";

/** `decode` is handed whatever a peer sent: it returns a whole value or throws a `libvirt.protocol` error. */
export interface Codec<T> {
  encode(writer: XdrWriter, value: T): void;
  decode(reader: XdrReader): T;
}

/** The type of the values of a codec. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

type Fields = Readonly<Record<string, Codec<unknown>>>;
type StructValue<F extends Fields> = { readonly [K in keyof F]: Decoded<F[K]> };

export const int: Codec<number> = {
  encode: (writer, value) => writer.int(value),
  decode: (reader) => reader.int(),
};

export const uint: Codec<number> = {
  encode: (writer, value) => writer.uint(value),
  decode: (reader) => reader.uint(),
};

export const hyper: Codec<bigint> = {
  encode: (writer, value) => writer.hyper(value),
  decode: (reader) => reader.hyper(),
};

export const uhyper: Codec<bigint> = {
  encode: (writer, value) => writer.uhyper(value),
  decode: (reader) => reader.uhyper(),
};

export const double: Codec<number> = {
  encode: (writer, value) => writer.double(value),
  decode: (reader) => reader.double(),
};

export const string: Codec<string> = {
  encode: (writer, value) => writer.string(value, MAX_STRING_BYTES),
  decode: (reader) => reader.string(MAX_STRING_BYTES),
};

export const opaque: Codec<Uint8Array> = {
  encode: (writer, value) => writer.opaque(value, MAX_OPAQUE_BYTES),
  decode: (reader) => reader.opaque(MAX_OPAQUE_BYTES),
};

/** No bytes at all: answers without content. */
export const nothing: Codec<void> = { encode: () => {}, decode: () => {} };

/** No bytes at all: calls without arguments, written `{}`. */
export const noArguments: Codec<Readonly<Record<string, never>> | undefined> = {
  encode: () => {},
  decode: () => undefined,
};

/** RFC 4506 section 4.19. */
export function optional<T>(inner: Codec<T>): Codec<T | null> {
  return {
    encode: (writer, value) => {
      writer.boolean(value !== null);
      if (value !== null) inner.encode(writer, value);
    },
    decode: (reader) => (reader.boolean() ? inner.decode(reader) : null),
  };
}

export function list<T>(item: Codec<T>, maxItems = MAX_LIST_ITEMS): Codec<readonly T[]> {
  return {
    encode: (writer, values) => {
      writer.count(values.length, maxItems);
      for (const value of values) item.encode(writer, value);
    },
    decode: (reader) => {
      const count = reader.count(maxItems);
      const values: T[] = [];
      for (let index = 0; index < count; index++) values.push(item.decode(reader));
      return values;
    },
  };
}

/** Members in the order of the wire. */
export function struct<const F extends Fields>(fields: F): Codec<StructValue<F>> {
  const members = Object.entries(fields);
  return {
    encode: (writer, value) => {
      for (const [name, codec] of members) codec.encode(writer, Reflect.get(value, name));
    },
    decode: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of members) value[name] = codec.decode(reader);
      return value as StructValue<F>;
    },
  };
}

/**
 * C's `char name[length]`. libvirt's rpcgen gives every char a word of its own, so 32 characters take 128 bytes on the
 * wire; the text ends at the first zero.
 */
export function characters(length: number): Codec<string> {
  return {
    encode: (writer, value) => {
      const bytes = Buffer.from(value, "utf8");
      for (let index = 0; index < length; index++) writer.int(bytes[index] ?? 0);
    },
    decode: (reader) => {
      const bytes: number[] = [];
      for (let index = 0; index < length; index++) bytes.push(reader.int() & 0xff);
      const end = bytes.indexOf(0);
      return Buffer.from(end < 0 ? bytes : bytes.slice(0, end)).toString("utf8");
    },
  };
}
