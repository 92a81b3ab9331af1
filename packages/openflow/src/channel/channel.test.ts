import { afterEach, describe, expect, it } from "vitest";
import { connectOpenFlow } from "../flows/connection.ts";
import type { OpenFlowConnection, OpenFlowOptions } from "../flows/connection.ts";
import type { Flow } from "../flows/flow.ts";
import { MAX_CALLS_IN_FLIGHT } from "../limits.ts";
import { helloBody } from "../wire/hello.ts";
import { encodeMessage, messageType } from "../wire/message.ts";
import { startSwitch } from "./scripted-switch.fixture.ts";
import type { Script, ScriptedSwitch } from "./scripted-switch.fixture.ts";

const open: { close(): Promise<void> }[] = [];
const flow: Flow = { cookie: 7n, priority: 1, match: {}, actions: [{ kind: "drop" }] };
const hello13 = encodeMessage(messageType.hello, 1, helloBody);
/** OFPET_BAD_ACTION, OFPBAC_BAD_OUT_PORT, and the beginning of what was refused. */
const badOutPort = Uint8Array.of(0, 2, 0, 4, 4, 14, 0, 0);

afterEach(async () => {
  for (const item of open.splice(0)) await item.close();
});

async function connected(
  script: Script,
  options: OpenFlowOptions = {},
): Promise<{ peer: ScriptedSwitch; client: OpenFlowConnection }> {
  const peer = await startSwitch(script);
  open.push(peer);
  const client = await connectOpenFlow(peer.address, { probeIntervalMs: 0, ...options });
  open.unshift(client);
  return { peer, client };
}

/** A switch that does what it is asked. */
const obedient: Script = {
  onMessage: ({ type, transactionId }, socket) => {
    if (type === messageType.barrierRequest) socket.send(messageType.barrierReply, transactionId);
  },
};

function withHello(version: number, body: Uint8Array = new Uint8Array()): Script {
  const hello = encodeMessage(messageType.hello, 1, body);
  hello.writeUInt8(version, 0);
  return { onConnect: (socket) => socket.say(hello) };
}

describe("the greeting", () => {
  it.each([
    ["1.3 without a bitmap", withHello(4)],
    ["1.5 without a bitmap: the smaller of the two is taken", withHello(6)],
    ["1.5 with a bitmap of all versions", withHello(6, Uint8Array.of(0, 1, 0, 8, 0, 0, 0, 0x7e))],
    ["1.0 in the header, but 1.3 in the bitmap", withHello(1, Uint8Array.of(0, 1, 0, 8, 0, 0, 0, 0x12))],
    [
      "a bitmap behind an element of an unknown kind",
      withHello(6, Uint8Array.of(0, 9, 0, 5, 1, 0, 0, 0, 0, 1, 0, 8, 0, 0, 0, 16)),
    ],
    ["an element that is cut off, which is passed over", withHello(4, Uint8Array.of(0, 1, 0, 200, 0))],
    ["an element of no length, which is passed over", withHello(4, Uint8Array.of(0, 1, 0, 0, 0, 0, 0, 0))],
  ])("takes a switch that offers %s", async (_what, script) => {
    const { client, peer } = await connected(script);
    expect(client.isOpen).toBe(true);
    await client.close();
    expect(peer.heard.map(({ type, version, body }) => ({ type, version, body }))).toEqual([
      { type: messageType.hello, version: 4, body: Buffer.from("0001000800000010", "hex") },
    ]);
  });

  it.each([
    ["1.0", withHello(1)],
    ["1.2", withHello(3)],
    ["1.5 but not 1.3, says its bitmap", withHello(6, Uint8Array.of(0, 1, 0, 8, 0, 0, 0, 0x40))],
  ])("leaves a switch that offers %s, and tells it why", async (_what, script) => {
    let farewell: (body: Buffer) => void = () => {};
    const told = new Promise<Buffer>((resolve) => {
      farewell = resolve;
    });
    const peer = await startSwitch({
      ...script,
      onMessage: ({ type, body }) => {
        if (type === messageType.error) farewell(body);
      },
    });
    open.push(peer);
    await expect(connectOpenFlow(peer.address)).rejects.toMatchObject({
      code: "openflow.protocol",
      hint: expect.stringContaining("protocols OpenFlow13"),
    });
    // OFPET_HELLO_FAILED, OFPHFC_INCOMPATIBLE
    expect((await told).readUInt32BE(0)).toBe(0);
  });

  it("reports the refusal of a switch that speaks no version of ours", async () => {
    const refusal = encodeMessage(messageType.error, 1, Uint8Array.of(0, 0, 0, 0));
    const peer = await startSwitch({ onConnect: (socket) => socket.say(refusal) });
    open.push(peer);
    await expect(connectOpenFlow(peer.address)).rejects.toMatchObject({
      code: "openflow.remote",
      details: { type: 0, code: 0 },
    });
  });

  it.each([
    ["talks HTTP", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["talks SSH", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
    ["claims a length of 7", Buffer.from("0400000700000001", "hex")],
    ["begins with an answer", encodeMessage(messageType.barrierReply, 1, new Uint8Array())],
    ["sends a refusal without type and code", encodeMessage(messageType.error, 1, Uint8Array.of(0))],
    ["says version 0", Buffer.from("0000000800000001", "hex")],
  ])("ends with openflow.protocol when the peer %s", async (_what, bytes) => {
    const peer = await startSwitch({ onConnect: (socket) => socket.say(bytes) });
    open.push(peer);
    await expect(connectOpenFlow(peer.address)).rejects.toMatchObject({ code: "openflow.protocol" });
  });

  it("ends at its deadline, by its signal, and when the peer hangs up", async () => {
    const silent = await startSwitch({ onConnect: () => {} });
    const gone = await startSwitch({ onConnect: () => {}, onMessage: (_hello, socket) => socket.hangUp() });
    open.push(silent, gone);
    const abort = new AbortController();
    const aborted = connectOpenFlow(silent.address, { signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(aborted).rejects.toMatchObject({ code: "openflow.aborted" });
    await expect(connectOpenFlow(silent.address, { signal: abort.signal })).rejects.toMatchObject({
      code: "openflow.aborted",
    });
    await expect(connectOpenFlow(silent.address, { connectTimeoutMs: 30 })).rejects.toMatchObject({
      code: "openflow.timeout",
    });
    await expect(connectOpenFlow(gone.address)).rejects.toMatchObject({ code: "openflow.closed" });
  });

  it.each([
    ["unix:/nonexistent/tl-oftest.mgmt", "openflow.transport"],
    ["nonsense", "openflow.address"],
  ])("with %s fails with %s", async (address, code) => {
    await expect(connectOpenFlow(address)).rejects.toMatchObject({ code });
  });
});

describe("a connection", () => {
  it("returns from a change when the barrier is answered, also over TCP", async () => {
    const { client, peer } = await connected({ ...obedient, listenOn: "tcp" });
    await client.addFlows([flow, flow]);
    await client.deleteFlows({ cookie: 7n });
    await client.addFlows([]);
    const { flowMod, barrierRequest } = messageType;
    expect(peer.heard.slice(1).map(({ type }) => type)).toEqual([
      flowMod,
      flowMod,
      barrierRequest,
      flowMod,
      barrierRequest,
      barrierRequest,
    ]);
    expect(new Set(peer.heard.map(({ transactionId }) => transactionId)).size).toBe(peer.heard.length);
  });

  it("reports the first flow that the switch refuses, after the barrier, and goes on", async () => {
    const flows: number[] = [];
    const { client } = await connected({
      onMessage: ({ type, transactionId }, socket) => {
        if (type === messageType.flowMod) {
          flows.push(transactionId);
          if (flows.length === 2 || flows.length === 3) socket.send(messageType.error, transactionId, badOutPort);
        }
        obedient.onMessage?.({ type, transactionId, version: 4, body: Buffer.alloc(0) }, socket);
      },
    });
    await expect(client.addFlows([flow, flow, flow])).rejects.toMatchObject({
      code: "openflow.remote",
      message: expect.stringContaining("refused flow 2 of 3: BAD_ACTION BAD_OUT_PORT (type 2, code 4)"),
      details: { type: 2, code: 4, request: 1 },
    });
    await client.addFlows([flow]);
    expect(flows).toHaveLength(4);
  });

  it("keeps the errors of calls in flight apart", async () => {
    const { client } = await connected({
      onMessage: ({ type, transactionId, body }, socket) => {
        if (type === messageType.flowMod && body.readBigUInt64BE(0) === 9n)
          socket.send(messageType.error, transactionId, badOutPort);
        obedient.onMessage?.({ type, transactionId, version: 4, body }, socket);
      },
    });
    const calls = [7n, 9n, 8n].map(async (cookie) => client.addFlows([{ ...flow, cookie }]));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  it("fails at once when the last request of a call is refused", async () => {
    const { client } = await connected({
      onMessage: ({ type, transactionId }, socket) => {
        if (type !== messageType.hello) socket.send(messageType.error, transactionId, Uint8Array.of(0, 1, 0, 5));
      },
    });
    await expect(client.dumpFlows()).rejects.toMatchObject({ details: { type: 1, code: 5, request: 0 } });
  });

  it("answers echoes with what they brought, and passes over what a switch says unasked", async () => {
    const frame = Buffer.alloc(3000, 0xab);
    const { client, peer } = await connected({
      ...obedient,
      onConnect: (socket) => {
        socket.say(hello13);
        const { packetIn, flowRemoved, portStatus, experimenter, hello, error } = messageType;
        for (const type of [packetIn, flowRemoved, portStatus, experimenter, hello]) socket.send(type, 0, frame);
        socket.send(error, 0, badOutPort);
        socket.send(messageType.echoRequest, 4711, Buffer.from("are you there"));
      },
    });
    await client.addFlows([flow]);
    expect(peer.heard).toContainEqual({
      version: 4,
      type: messageType.echoReply,
      transactionId: 4711,
      body: Buffer.from("are you there"),
    });
  });

  it("reads messages that come byte by byte", async () => {
    const { client } = await connected({
      onMessage: ({ type, transactionId }, socket) => {
        if (type !== messageType.barrierRequest) return;
        const bytes = [
          encodeMessage(messageType.packetIn, 0, Buffer.alloc(50)),
          encodeMessage(messageType.barrierReply, transactionId, new Uint8Array()),
        ];
        for (const byte of Buffer.concat(bytes)) socket.say(Uint8Array.of(byte));
      },
    });
    await client.addFlows([flow]);
    expect(client.isOpen).toBe(true);
  });

  it("gives up a call at its deadline or by its signal, and passes over the late answer", async () => {
    const waiting: number[] = [];
    const { client } = await connected(
      {
        onMessage: ({ type, transactionId }, socket) => {
          if (type !== messageType.barrierRequest) return;
          waiting.push(transactionId);
          if (waiting.length === 3) for (const id of waiting) socket.send(messageType.barrierReply, id);
        },
      },
      { callTimeoutMs: 500 },
    );
    const abort = new AbortController();
    const given = client.addFlows([flow], { signal: abort.signal });
    abort.abort();
    await expect(given).rejects.toMatchObject({ code: "openflow.aborted" });
    await expect(client.addFlows([flow], { signal: abort.signal })).rejects.toMatchObject({ code: "openflow.aborted" });
    await expect(client.addFlows([flow])).rejects.toMatchObject({ code: "openflow.timeout" });
    await client.addFlows([flow]);
    expect(client.isOpen).toBe(true);
  });

  it("refuses more calls in flight than the limit, and ends those in flight when it is closed", async () => {
    const { client } = await connected({});
    const calls = Array.from({ length: MAX_CALLS_IN_FLIGHT + 1 }, async () => client.addFlows([flow]));
    const outcomes = await Promise.allSettled([...calls, client.close()]);
    expect(outcomes[0]).toMatchObject({ status: "rejected", reason: { code: "openflow.closed" } });
    expect(outcomes[MAX_CALLS_IN_FLIGHT]).toMatchObject({ status: "rejected", reason: { code: "openflow.refused" } });
    expect(client.isOpen).toBe(false);
    await expect(client.addFlows([flow])).rejects.toMatchObject({ code: "openflow.closed" });
    expect((await client.closed).code).toBe("openflow.closed");
  });

  it("asks a silent switch for an echo, and closes when none comes back", async () => {
    const { client, peer } = await connected({}, { probeIntervalMs: 20 });
    expect(await client.closed).toMatchObject({ code: "openflow.timeout", message: expect.stringContaining("echo") });
    expect(peer.heard.map(({ type }) => type)).toEqual([messageType.hello, messageType.echoRequest]);
  });

  it("stays open while the switch answers the echoes", async () => {
    let echoes = 0;
    const { client } = await connected(
      {
        onMessage: ({ type, transactionId }, socket) => {
          if (type !== messageType.echoRequest) return;
          echoes += 1;
          if (echoes === 5) socket.hangUp();
          else socket.send(messageType.echoReply, transactionId);
        },
      },
      { probeIntervalMs: 10 },
    );
    expect((await client.closed).code).toBe("openflow.closed");
    expect(echoes).toBe(5);
  });
});

describe("a hostile switch", () => {
  it.each([
    ["answers a request that was never made", encodeMessage(messageType.barrierReply, 77, new Uint8Array())],
    [
      "answers with the id of another request of the call",
      encodeMessage(messageType.barrierReply, 2, new Uint8Array()),
    ],
    ["answers a barrier with statistics", encodeMessage(messageType.multipartReply, 3, Buffer.alloc(8))],
    ["changes its version", Buffer.from("0115000800000003", "hex")],
    ["claims a length below the header's", Buffer.from("0415000000000003", "hex")],
    ["sends an error without type and code", encodeMessage(messageType.error, 2, Uint8Array.of(1, 2))],
    ["sends what only a controller sends", encodeMessage(messageType.flowMod, 3, Buffer.alloc(48))],
    ["sends a type that does not exist", encodeMessage(200, 3, new Uint8Array())],
  ])("that %s loses its connection with openflow.protocol", async (_what, bytes) => {
    const { client, peer } = await connected({
      onMessage: ({ type }, socket) => {
        if (type === messageType.barrierRequest) socket.say(bytes);
      },
    });
    await expect(client.addFlows([flow])).rejects.toMatchObject({ code: "openflow.protocol" });
    expect(await client.closed).toMatchObject({ code: "openflow.protocol", details: { address: peer.address } });
  });

  it("that hangs up ends the calls with openflow.closed", async () => {
    const { client } = await connected({
      onMessage: ({ type }, socket) => {
        if (type === messageType.barrierRequest) socket.hangUp();
      },
    });
    await expect(client.addFlows([flow])).rejects.toMatchObject({ code: "openflow.closed" });
  });

  it("that asks for echoes and never reads the answers is cut off", async () => {
    const request = encodeMessage(messageType.echoRequest, 1, Buffer.alloc(60_000));
    const { client } = await connected({
      onConnect: (socket) => {
        socket.stopReading();
        socket.say(hello13);
        for (let count = 0; count < 400; count++) socket.say(request);
      },
    });
    expect(await client.closed).toMatchObject({
      code: "openflow.transport",
      message: expect.stringContaining("unread"),
    });
  });
});
