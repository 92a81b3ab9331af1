import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OvsdbError } from "../errors.ts";
import { parseMessage } from "../rpc/message.ts";
import { readUpdates } from "../ovsdb/monitor.ts";
import { readInterfaceRow, readPortRow } from "../rows/tables.ts";
import { isJsonObject } from "./value.ts";
import { JsonSplitter } from "./splitter.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const splitAll = (splitter: JsonSplitter, ...chunks: readonly Uint8Array[]): readonly string[] =>
  chunks.flatMap((chunk) => [...splitter.push(chunk)]);

/** Cuts the stream at pseudo-random places, so that a failing seed can be replayed. */
function cut(stream: Uint8Array, seed: number): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let state = seed >>> 0;
  for (let start = 0; start < stream.length;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const end = Math.min(stream.length, start + 1 + (state % 7));
    chunks.push(stream.slice(start, end));
    start = end;
  }
  return chunks;
}

describe("JsonSplitter", () => {
  it("finds objects that follow each other without a border, across chunks", () => {
    const splitter = new JsonSplitter();
    expect(splitAll(splitter, bytes('{"a":1}{"b":"}{"} \n{"c"'), bytes(':"\\"}"}'))).toEqual([
      '{"a":1}',
      '{"b":"}{"}',
      '{"c":"\\"}"}',
    ]);
    expect(splitter.pendingBytes).toBe(0);
  });

  it("joins a character that was cut in the middle of its bytes", () => {
    const stream = bytes('{"name":"grün 🐧"}');
    for (let at = 1; at < stream.length; at++) {
      expect(splitAll(new JsonSplitter(), stream.slice(0, at), stream.slice(at))).toEqual(['{"name":"grün 🐧"}']);
    }
  });

  it.each([
    ["a byte between two messages", '{"a":1},{"b":2}', "0x2c"],
    ["an array as a message", "[1]", "0x5b"],
    ["nesting without end", `{"a":${"[".repeat(20)}`, "nested deeper than 10"],
    ["a message without end", `{"a":"${"x".repeat(2000)}`, "longer than 1000 bytes"],
    ["a whole message that is too long", `{"a":"${"x".repeat(2000)}"}`, "longer than 1000 bytes"],
  ])("refuses %s", (_what, text, why) => {
    const splitter = new JsonSplitter({ maxBytes: 1000, maxDepth: 10 });
    expect(() => splitAll(splitter, bytes(text))).toThrow(
      expect.objectContaining({ code: "ovsdb.protocol", message: expect.stringContaining(why) }),
    );
  });

  it("refuses bytes that are not UTF-8", () => {
    const stream = Uint8Array.from([...bytes('{"a":"'), 0xff, ...bytes('"}')]);
    expect(() => splitAll(new JsonSplitter(), stream)).toThrow(expect.objectContaining({ code: "ovsdb.protocol" }));
  });

  it("keeps no more than the limit when a message arrives byte by byte", () => {
    const splitter = new JsonSplitter({ maxBytes: 100 });
    const feed = (): void => {
      splitAll(splitter, bytes('{"'));
      for (let count = 0; count < 200; count++) splitAll(splitter, bytes("x"));
    };
    expect(feed).toThrow(/longer than 100 bytes/u);
    expect(splitter.pendingBytes).toBeLessThanOrEqual(100);
  });

  it("brings the same messages however the stream was cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), { maxLength: 5 }),
        fc.nat(),
        (messages, seed) => {
          const texts = messages.map((message) => JSON.stringify(message));
          expect(splitAll(new JsonSplitter(), ...cut(bytes(texts.join(seed % 2 === 0 ? "" : "\n")), seed))).toEqual(
            texts,
          );
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** What a switch really sends, to be damaged below. */
const samples: readonly string[] = [
  '{"id":1,"result":["Open_vSwitch"],"error":null}',
  '{"id":null,"method":"update","params":["m",{"Port":{"u":{"new":{"name":"p","trunks":["set",[10,20]],"tag":["set",[]]}}}}]}',
  '{"id":"echo","method":"echo","params":[]}',
  `{"id":2,"result":[{"rows":[{"_uuid":["uuid","u"],"name":"p","interfaces":["set",[]],"vlan_mode":["set",[]],"tag":5,
    "trunks":["set",[]],"qos":["uuid","q"],"external_ids":["map",[["a","b"]]]}]}],"error":null}`,
];

/** Everything the package does with bytes of the peer before a caller sees a value. */
function decodeStream(chunks: readonly Uint8Array[], onMessage: () => void): void {
  const splitter = new JsonSplitter({ maxBytes: 4096, maxDepth: 32 });
  for (const chunk of chunks) {
    for (const text of splitter.push(chunk)) {
      const message = parseMessage(text);
      onMessage();
      if (message.kind === "notification") readUpdates(message.params[1] ?? null);
      if (message.kind === "reply" && isJsonObject(message.result)) readInterfaceRow(message.result);
      if (message.kind === "reply" && Array.isArray(message.result)) {
        for (const row of message.result) if (isJsonObject(row)) readPortRow(row);
      }
    }
    if (splitter.pendingBytes > 4096) throw new Error("the splitter keeps more than its limit");
  }
}

const damage = fc.array(
  fc.record({ at: fc.nat(2000), kind: fc.constantFrom("set", "insert", "delete", "swap"), byte: fc.nat(255) }),
  { minLength: 1, maxLength: 6 },
);

function damaged(
  stream: Uint8Array,
  changes: readonly { readonly at: number; readonly kind: string; readonly byte: number }[],
): Uint8Array {
  const result = [...stream];
  for (const { at, kind, byte } of changes) {
    const index = at % (result.length + 1);
    if (kind === "insert") result.splice(index, 0, byte);
    else if (kind === "delete") result.splice(index, 1 + (byte % 8));
    else if (kind === "swap") result.splice(index, 0, ...result.splice((at * 7) % (result.length + 1), byte % 16));
    else if (index < result.length) result[index] = byte;
  }
  return Uint8Array.from(result);
}

describe("hostile bytes", () => {
  it("25,000 damaged streams bring messages or an OvsdbError, and nothing else", { timeout: 120_000 }, () => {
    const seen = { messages: 0, refusals: 0 };
    fc.assert(
      fc.property(fc.shuffledSubarray([...samples], { minLength: 1 }), damage, fc.nat(), (texts, changes, seed) => {
        decodeCounting(cut(damaged(bytes(texts.join("")), changes), seed), seen);
      }),
      { numRuns: 25_000 },
    );
    expect(seen.messages).toBeGreaterThan(5_000);
    expect(seen.refusals).toBeGreaterThan(5_000);
  });

  it("25,000 random streams of JSON's own bytes do the same", { timeout: 120_000 }, () => {
    const seen = { messages: 0, refusals: 0 };
    const byte = fc.oneof(fc.constantFrom(...bytes('{}[]":,\\ 0123456789truefalsnu-+eE.')), fc.nat(255));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 60 }), fc.nat(), (stream, seed) => {
        decodeCounting(cut(Uint8Array.from([...bytes('{"id":1,"result":'), ...stream, 0x7d]), seed), seen);
      }),
      { numRuns: 25_000 },
    );
    expect(seen.refusals).toBeGreaterThan(5_000);
  });
});

function decodeCounting(chunks: readonly Uint8Array[], seen: { messages: number; refusals: number }): void {
  try {
    decodeStream(chunks, () => {
      seen.messages += 1;
    });
  } catch (error) {
    if (!(error instanceof OvsdbError) || error.code !== "ovsdb.protocol") throw error;
    seen.refusals += 1;
  }
}
