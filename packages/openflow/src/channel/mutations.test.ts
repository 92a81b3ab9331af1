/** Whatever a peer sends, a channel ends with an OpenFlowError or works on; nothing is thrown into the process. */
import { Duplex } from "node:stream";
import fc from "fast-check";
import { expect, it } from "vitest";
import { OpenFlowError } from "../errors.ts";
import { readStatistics } from "../wire/flow-stats.ts";
import { helloBody } from "../wire/hello.ts";
import { encodeMessage, messageType } from "../wire/message.ts";
import { Channel } from "./channel.ts";

const runs = 20_000;

/** An entry of 56 bytes: the fixed part and an empty match. */
const entry = Buffer.alloc(56);
entry.writeUInt16BE(56, 0);
entry.writeUInt16BE(1, 48);
entry.writeUInt16BE(4, 50);
const statistics = (flags: number): Buffer => Buffer.concat([Buffer.of(0, 1, 0, flags, 0, 0, 0, 0), entry, entry]);

/** What a switch may say to two flows (ids 2 and 3) with their barrier (4), and to a question (5). */
const transcript = Buffer.concat([
  encodeMessage(messageType.hello, 1, helloBody),
  encodeMessage(messageType.echoRequest, 9, Buffer.from("ping")),
  encodeMessage(messageType.packetIn, 0, Buffer.alloc(40)),
  encodeMessage(messageType.error, 3, Uint8Array.of(0, 5, 0, 1)),
  encodeMessage(messageType.barrierReply, 4, new Uint8Array()),
  encodeMessage(messageType.multipartReply, 5, statistics(1)),
  encodeMessage(messageType.multipartReply, 5, statistics(0)),
]);

type Mutation = (bytes: Buffer) => Buffer;
const position = fc.nat({ max: transcript.length - 1 });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, fc.nat({ max: 255 })).map(
    ([at, value]): Mutation =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at), Buffer.of(value), bytes.subarray(at + 1)]),
  ),
  fc.tuple(position, fc.nat({ max: 20 })).map(
    ([at, count]): Mutation =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]),
  ),
  fc.tuple(position, fc.uint8Array({ maxLength: 20 })).map(
    ([at, more]): Mutation =>
      (bytes) =>
        Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]),
  ),
  position.map(
    (at): Mutation =>
      (bytes) =>
        bytes.subarray(0, at),
  ),
);

const request = { type: messageType.flowMod, body: Buffer.alloc(48), name: "a flow" };

async function converse(bytes: Buffer, chunkBytes: number): Promise<readonly PromiseSettledResult<void>[]> {
  const stream = new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done() });
  const channel = new Channel(stream, "unix:test", { probeIntervalMs: 0 });
  const calls = [
    channel.call([request, request, { ...request, type: messageType.barrierRequest }], {
      type: messageType.barrierReply,
      add: () => true,
    }),
    channel.call([{ ...request, type: messageType.multipartRequest }], {
      type: messageType.multipartReply,
      add: (body) => readStatistics(body).isLast,
    }),
  ];
  for (let offset = 0; offset < bytes.length; offset += chunkBytes)
    stream.push(bytes.subarray(offset, offset + chunkBytes));
  stream.push(null);
  const outcomes = await Promise.allSettled(calls);
  expect(await channel.closed).toBeInstanceOf(OpenFlowError);
  expect(channel.isOpen).toBe(false);
  return outcomes;
}

it("carries the transcript out when nothing is changed", async () => {
  for (const chunkBytes of [1, 7, 1000]) {
    const outcomes = await converse(transcript, chunkBytes);
    expect(outcomes).toMatchObject([
      { status: "rejected", reason: { code: "openflow.remote", details: { type: 5, code: 1, request: 1 } } },
      { status: "fulfilled" },
    ]);
  }
});

it(`survives ${runs} mutated transcripts`, { timeout: 180_000 }, async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(5, 16, 100, 1000),
      async (mutations, chunkBytes) => {
        const bytes = mutations.reduce<Buffer>((changed, change) => change(changed), transcript);
        for (const outcome of await converse(bytes, chunkBytes)) {
          const isOurs = outcome.status === "fulfilled" || outcome.reason instanceof OpenFlowError;
          expect(isOurs).toBe(true);
          seen.add(outcome.status === "fulfilled" ? outcome.status : (outcome.reason as OpenFlowError).code);
        }
      },
    ),
    { numRuns: runs },
  );
  // The mutations reach every end: not all conversations die of their first byte, and not all live.
  expect([...seen].toSorted()).toEqual(["fulfilled", "openflow.closed", "openflow.protocol", "openflow.remote"]);
});
