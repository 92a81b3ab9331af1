/** The event stream over real sockets: every event once and in order, whatever becomes of the connections. */
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { createClient, fetchTransport, readMessages } from "@trunkline/api";
import type { RawMessage, StreamMessage } from "@trunkline/api";
import { moveId } from "@trunkline/model";
import type { ClusterEvent } from "@trunkline/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { injectTransport } from "./inject-transport.ts";
import { httpLimits } from "./limits.ts";
import { listen } from "./listen.ts";
import { bearer, problemIn, startService } from "./service.fixture.ts";
import type { FixtureOptions, ServiceFixture } from "./service.fixture.ts";

let service: ServiceFixture;
let url: string;
const start = async (options?: FixtureOptions): Promise<void> => {
  service = await startService(options);
  url = await listen(service.app, { host: "127.0.0.1", port: 0 });
};
beforeEach(async () => {
  await start();
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
});

const remark = (text: string): ClusterEvent => ({ kind: "move-remark", move: moveId("m1"), vmName: "vm1", text });
const publish = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) await service.store.events.append(remark(`remark ${index}`));
};

/** Messages of one connection, as they come, until `enough` or its end. */
async function read(
  after: number | undefined,
  enough: (message: RawMessage) => boolean,
): Promise<readonly RawMessage[]> {
  const stop = new AbortController();
  const messages: RawMessage[] = [];
  const headers = {
    ...bearer(service.tokens.viewer),
    ...(after === undefined ? {} : { "last-event-id": String(after) }),
  };
  const request = { method: "GET", path: "/api/v1/events", headers, signal: stop.signal };
  const answer = await fetchTransport(url).send(request);
  expect(answer.header("content-type")).toBe("text/event-stream");
  try {
    for await (const message of readMessages(answer.chunks())) {
      messages.push(message);
      if (enough(message)) break;
    }
  } finally {
    stop.abort();
  }
  return messages;
}

const numbers = (messages: readonly RawMessage[]): readonly number[] =>
  messages.flatMap(({ name, id }) => (name === "message" ? [Number(id)] : []));
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("one connection", () => {
  it("without a number begins now, and says where that is", async () => {
    await publish(3);
    const publishing: Promise<void>[] = [];
    const messages = await read(undefined, ({ id, name }) => {
      if (name === "ready") publishing.push(publish(2));
      return id === "5";
    });
    await Promise.all(publishing);
    expect(messages[0]).toEqual({ id: "3", name: "ready", data: '{"sequence":3}' });
    expect(numbers(messages)).toEqual([4, 5]);
  });

  it("with a number brings what was missed, in more than one batch, and goes on live", async () => {
    const missed = httpLimits.eventBatch * 2 + 7;
    await publish(missed);
    const reading = read(0, ({ id }) => id === String(missed + 20));
    await publishWhenFollowed(20);
    expect(numbers(await reading)).toEqual(range(1, missed + 20));
  });

  it("a number beyond what is kept, or from another store, is a reset", async () => {
    await service[Symbol.asyncDispose]();
    await start({ keptEvents: 1_000 });
    await publish(3_000);
    const { oldest, newest } = await service.store.events.range();
    expect(oldest).toBeGreaterThan(1);
    for (const strange of [oldest - 2, newest + 1]) {
      const messages = await read(strange, () => true);
      expect(messages).toEqual([{ id: String(newest), name: "reset", data: JSON.stringify({ sequence: newest }) }]);
    }
    expect((await read(oldest - 1, () => true))[0]?.name).toBe("ready");
  });

  it("tells of copies under way without giving that a number", async () => {
    await service[Symbol.asyncDispose]();
    let tell: Parameters<NonNullable<FixtureOptions["subscribeProgress"]>>[0] = () => undefined;
    await start({
      subscribeProgress: (listener) => {
        tell = listener;
        return () => undefined;
      },
    });
    const progress = { elapsedMs: 1, memoryTotalBytes: 2, memoryRemainingBytes: 1, memorySentBytes: 1, round: 1 };
    const stop = new AbortController();
    const { followEvents } = createClient({ transport: fetchTransport(url), token: service.tokens.viewer });
    const seen: StreamMessage[] = [];
    for await (const message of followEvents({ signal: stop.signal })) {
      seen.push(message);
      if (message.kind === "ready") await publish(1);
      else if (message.kind === "event") tell({ move: moveId("m1"), progress });
      else stop.abort();
    }
    expect(seen.map(({ kind }) => kind)).toEqual(["ready", "event", "progress"]);
    expect(seen[2]).toEqual({ kind: "progress", move: "m1", progress });
  });
});

/** Publishes when the server has a follower that is past its replay or in it: both must lose nothing. */
async function publishWhenFollowed(count: number): Promise<void> {
  while ((await connections()) === 0) await new Promise(setImmediate);
  await publish(count);
}

const connections = async (): Promise<number> =>
  await new Promise((resolve, reject) => {
    service.app.server.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });

it("no event is lost or doubled across connections that are cut at random", async () => {
  const total = 2_000;
  const clients = 8;
  let seed = 42;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  const follow = async (): Promise<readonly number[]> => {
    const seen: number[] = [];
    for (let last = 0; last < total; last = seen.at(-1) ?? 0) {
      let left = 1 + random(400);
      const messages = await read(last, ({ name, id }) => {
        if (name === "message") left -= 1;
        return left <= 0 || id === String(total);
      });
      seen.push(...numbers(messages));
    }
    return seen;
  };
  const following = Array.from({ length: clients }, follow);
  for (let done = 0; done < total; done += 50) {
    await publish(50);
    await new Promise(setImmediate);
  }
  for (const seen of await Promise.all(following)) expect(seen).toEqual(range(1, total));
});

it("the client resumes by itself, in process as well as over a socket", async () => {
  for (const transport of [fetchTransport(url), injectTransport(service.app)]) {
    const { newest } = await service.store.events.range();
    const stop = new AbortController();
    const { followEvents } = createClient({ transport, token: service.tokens.viewer });
    const seen: number[] = [];
    await publish(10);
    for await (const message of followEvents({ signal: stop.signal, lastEventId: newest })) {
      if (message.kind !== "event") continue;
      seen.push(message.event.sequence);
      if (seen.length === 10) stop.abort();
    }
    expect(seen).toEqual(range(newest + 1, newest + 10));
  }
});

it("a client that does not read is let go, and the others notice nothing", async () => {
  const { port } = service.app.server.address() as AddressInfo;
  const slow = connect({ port, host: "127.0.0.1" });
  const wasCut = new Promise<void>((resolve) => slow.once("close", resolve));
  slow.on("error", () => undefined);
  slow.write(`GET /api/v1/events HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${service.tokens.viewer}\r\n\r\n`);
  await new Promise((resolve) => slow.once("readable", resolve));
  slow.pause();
  const long = "x".repeat(64 * 1024);
  const total = 400;
  const quick = read(0, ({ id }) => id === String(total));
  for (let index = 0; index < total; index += 1) {
    await service.store.events.append(remark(long));
    await new Promise(setImmediate);
  }
  expect(numbers(await quick)).toEqual(range(1, total));
  // What the system holds for it is still there to read; then comes the end.
  slow.resume();
  await wasCut;
  expect(slow.bytesRead).toBeLessThan(total * long.length);
});

it("has so many places and no more; one that is left is free again", async () => {
  await service[Symbol.asyncDispose]();
  await start({ limits: { eventClients: 1 } });
  const path = "/api/v1/events";
  const first = httpRequest(`${url}${path}`, { headers: bearer(service.tokens.viewer) }).end();
  await new Promise((resolve) => first.once("response", resolve));
  const ask = async () =>
    await service.app.inject({ url: path, headers: bearer(service.tokens.viewer), payloadAsStream: true });
  const refused = await service.app.inject({ url: path, headers: bearer(service.tokens.viewer) });
  expect(problemIn(refused)).toMatchObject({ status: 429, code: "request.too-many" });
  first.destroy();
  let answer = await ask();
  while (answer.statusCode === 429) {
    await new Promise(setImmediate);
    answer = await ask();
  }
  expect(answer.statusCode).toBe(200);
  answer.stream().destroy();
});

it("a revoked token follows nothing any more", async () => {
  const headers = bearer(service.tokens.viewer);
  const answer = await service.app.inject({ url: "/api/v1/events", headers, payloadAsStream: true });
  const ended = new Promise((resolve) => answer.stream().once("end", resolve));
  answer.stream().resume();
  await service.app.inject({
    method: "DELETE",
    url: "/api/v1/tokens/the-viewer",
    headers: bearer(service.tokens.admin),
  });
  await ended;
  expect((await service.app.inject({ url: "/api/v1/events", headers })).statusCode).toBe(401);
});

it("closing the service ends every stream", async () => {
  const reading = read(undefined, () => false);
  while ((await connections()) === 0) await new Promise(setImmediate);
  await new Promise(setImmediate);
  await service.app.close();
  expect(numbers(await reading.catch(() => []))).toEqual([]);
});
