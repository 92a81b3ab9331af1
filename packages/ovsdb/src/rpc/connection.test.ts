import { afterEach, describe, expect, it } from "vitest";
import { MAX_CALLS_IN_FLIGHT } from "../limits.ts";
import { connectOvsdb } from "../ovsdb/connection.ts";
import type { OvsdbConnection, OvsdbOptions } from "../ovsdb/connection.ts";
import { startPeer } from "./scripted-peer.fixture.ts";
import type { Script, ScriptedPeer } from "./scripted-peer.fixture.ts";

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const item of open.splice(0)) await item.close();
});

async function connected(
  script: Script,
  options: OvsdbOptions = {},
): Promise<{ peer: ScriptedPeer; client: OvsdbConnection }> {
  const peer = await startPeer(script);
  const client = await connectOvsdb(peer.address, { probeIntervalMs: 0, ...options });
  open.push(client, peer);
  return { peer, client };
}

describe("a connection", () => {
  it("matches replies to calls whatever their order", async () => {
    const waiting: (() => void)[] = [];
    const { client } = await connected({
      onMessage: (message, socket) => {
        if (message.kind !== "request") return;
        waiting.unshift(() => socket.reply(message, [`answer to ${JSON.stringify(message.id)}`]));
        if (waiting.length === 3) for (const answer of waiting) answer();
      },
    });
    const answers = await Promise.all([client.listDatabases(), client.listDatabases(), client.listDatabases()]);
    expect(answers).toEqual([["answer to 1"], ["answer to 2"], ["answer to 3"]]);
  });

  it("answers the peer's echo, and refuses methods it does not have", async () => {
    const echo = '{"id":"e1","method":"echo","params":["x",1]}{"id":"e2","method":"shutdown","params":[]}';
    const { client, peer } = await connected({
      onConnect: (socket) => socket.say(echo),
      onMessage: (message, socket) => {
        if (message.kind === "request") socket.reply(message, []);
      },
    });
    await client.echo();
    expect(peer.heard).toContainEqual({ kind: "reply", id: "e1", result: ["x", 1], error: null });
    expect(peer.heard).toContainEqual({ kind: "reply", id: "e2", result: null, error: { error: "unknown method" } });
  });

  it("turns an error of the peer into ovsdb.remote", async () => {
    const { client } = await connected({
      onMessage: (message, socket) => socket.refuse(message, { error: "unknown database", details: 'no database "x"' }),
    });
    await expect(client.getSchema("x")).rejects.toMatchObject({
      code: "ovsdb.remote",
      message: expect.stringContaining('unknown database: no database "x"'),
      details: { error: "unknown database" },
    });
  });

  it("gives up a call at its deadline, tells the server, and ignores the late answer", async () => {
    const { client, peer } = await connected({
      onMessage: (message, socket) => {
        if (message.kind === "notification") socket.say('{"id":1,"result":null,"error":"canceled"}');
        else if (message.kind === "request" && message.method === "echo") socket.reply(message, []);
      },
    });
    await expect(client.transact("db", [], { timeoutMs: 20 })).rejects.toMatchObject({ code: "ovsdb.timeout" });
    await client.echo();
    expect(peer.heard).toContainEqual({ kind: "notification", method: "cancel", params: [1] });
  });

  it("gives up a call when its signal is aborted, before and while it runs", async () => {
    const { client } = await connected({});
    const abort = new AbortController();
    const call = client.listDatabases({ signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: "ovsdb.aborted" });
    await expect(client.listDatabases({ signal: abort.signal })).rejects.toMatchObject({ code: "ovsdb.aborted" });
  });

  it("refuses more calls in flight than the limit", async () => {
    const { client } = await connected({});
    const calls = Array.from({ length: MAX_CALLS_IN_FLIGHT + 1 }, async () => client.listDatabases());
    const outcomes = await Promise.allSettled([...calls, client.close()]);
    expect(outcomes[0]).toMatchObject({ status: "rejected", reason: { code: "ovsdb.closed" } });
    expect(outcomes[MAX_CALLS_IN_FLIGHT]).toMatchObject({ status: "rejected", reason: { code: "ovsdb.overload" } });
  });

  it("ends calls in flight with ovsdb.closed when it is closed, and refuses later ones", async () => {
    const { client } = await connected({});
    const [outcome] = await Promise.allSettled([client.listDatabases(), client.close()]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "ovsdb.closed" } });
    await expect(client.listDatabases()).rejects.toMatchObject({ code: "ovsdb.closed" });
    expect((await client.closed).code).toBe("ovsdb.closed");
  });

  it("probes a silent peer and closes when no echo comes back", async () => {
    const { client } = await connected({}, { probeIntervalMs: 20 });
    expect(await client.closed).toMatchObject({ code: "ovsdb.timeout", message: expect.stringContaining("echo") });
  });

  it("stays open while the peer answers the probes", async () => {
    let probes = 0;
    const { client, peer } = await connected(
      {
        onMessage: (message, socket) => {
          probes += 1;
          socket.reply(message, []);
          if (probes === 5) socket.hangUp();
        },
      },
      // Each answer has as long: a busy machine must be able to keep it.
      { probeIntervalMs: 400 },
    );
    expect((await client.closed).code).toBe("ovsdb.closed");
    expect(peer.heard.every((message) => message.kind === "request" && message.method === "echo")).toBe(true);
  });
});

describe("a hostile peer", () => {
  const replies: readonly (readonly [string, string])[] = [
    ["talks another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["sends an unfinished object that never ends", `{"a":"${"x".repeat(5000)}`],
    ["nests without end", `{"a":${"[".repeat(3000)}`],
    ["sends broken JSON", '{"id":1,"result":}'],
    ["sends brackets that do not match", '{"id":1,"result":[}}'],
    ["sends what is neither request nor reply", "{}"],
    ["answers a call that was never made", '{"id":77,"result":[],"error":null}'],
    ["answers with an id of another kind", '{"id":{"a":1},"result":[],"error":null}'],
    ["sends params that are no list", '{"id":null,"method":"update","params":{}}'],
  ];

  it.each(replies)("that %s gets its connection closed with ovsdb.protocol", async (_what, reply) => {
    const { client } = await connected(
      { onMessage: (_message, socket) => socket.say(reply) },
      { maxMessageBytes: 4096 },
    );
    await expect(client.listDatabases()).rejects.toMatchObject({ code: "ovsdb.protocol" });
    expect(await client.closed).toMatchObject({ code: "ovsdb.protocol", details: { address: client.address } });
  });

  it("that hangs up ends the calls with ovsdb.closed", async () => {
    const { client } = await connected({ onMessage: (_message, socket) => socket.hangUp() });
    await expect(client.listDatabases()).rejects.toMatchObject({ code: "ovsdb.closed" });
  });

  it("that asks for echoes and never reads the answers is cut off", { timeout: 60_000 }, async () => {
    const request = `{"id":1,"method":"echo","params":["${"x".repeat(1_000_000)}"]}`;
    const { client } = await connected({
      onConnect: (socket) => {
        socket.stopReading();
        for (let count = 0; count < 64; count++) socket.say(request);
      },
    });
    expect(await client.closed).toMatchObject({ code: "ovsdb.transport", message: expect.stringContaining("unread") });
  });

  it("with results of the wrong shape gets ovsdb.protocol on that call", async () => {
    const { client } = await connected({ onMessage: (message, socket) => socket.reply(message, { surprise: true }) });
    await expect(client.listDatabases()).rejects.toMatchObject({ code: "ovsdb.protocol" });
    await expect(client.getSchema("x")).rejects.toMatchObject({ code: "ovsdb.protocol" });
    await expect(client.transact("x", [])).rejects.toMatchObject({ code: "ovsdb.protocol" });
    await expect(client.monitor("x", {})).rejects.toMatchObject({ code: "ovsdb.protocol" });
  });
});

describe("connecting", () => {
  it.each([
    ["unix:/nonexistent/tl-ovsdbtest.sock", "ovsdb.transport"],
    ["nonsense", "ovsdb.address"],
  ])("to %s fails with %s", async (address, code) => {
    await expect(connectOvsdb(address)).rejects.toMatchObject({ code });
  });

  it("is given up when the signal is aborted before", async () => {
    await expect(connectOvsdb("tcp:127.0.0.1:1", { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "ovsdb.aborted",
    });
  });

  it("runs into its deadline when TLS never gets an answer", async () => {
    const net = await import("node:net");
    const server = net.createServer((socket) => socket.on("error", () => {}));
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(connectOvsdb(`ssl:127.0.0.1:${port}`, { connectTimeoutMs: 50 })).rejects.toMatchObject({
      code: "ovsdb.timeout",
    });
    await expect(connectOvsdb(`ssl:127.0.0.1:${port}`, { tls: { key: "no key" } })).rejects.toMatchObject({
      code: "ovsdb.transport",
    });
    server.close();
  });
});
