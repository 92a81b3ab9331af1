/** Sessions against a peer on a real socket: well-behaved, slow, broken and hostile. */
import { afterEach, expect, test } from "vitest";
import { connect } from "./connect.ts";
import type { ConnectOptions } from "./connect.ts";
import type { Connection } from "./connection.ts";
import { LibvirtError } from "./errors.ts";
import type { LibvirtEvent } from "./events/event.ts";
import { MAX_CALLS_IN_FLIGHT, MAX_PACKET_BYTES } from "./limits.ts";
import { keepaliveProcedure, packetType, program } from "./protocol/programs.ts";
import { packetOf, replyPacket, startFakeLibvirt, startRawPeer } from "./testing/fake-libvirt.ts";
import type { FakeCall, FakeLibvirt, FakeScript } from "./testing/fake-libvirt.ts";
import { goldenFrame, goldenFrames } from "./testing/golden-frames.ts";

const undo: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

async function open(
  script: FakeScript = {},
  options: ConnectOptions = {},
): Promise<{ readonly peer: FakeLibvirt; readonly connection: Connection }> {
  const peer = await startFakeLibvirt(script);
  undo.push(peer.stop);
  const connection = await connect(peer.uri, options);
  undo.push(() => connection.close());
  return { peer, connection };
}

async function errorOf(work: Promise<unknown>): Promise<LibvirtError> {
  const outcome: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof LibvirtError) return outcome;
  throw new Error(`not a LibvirtError: ${String(outcome)}`);
}

type HostnameCall = FakeCall<"connectGetHostname">;

test("a session opens in libvirt's order and answers", async () => {
  const opened: unknown[] = [];
  const { connection } = await open(
    {
      authList: (call) => {
        opened.push("auth");
        call.reply({ types: [0] });
      },
      connectSupportsFeature: (call) => {
        opened.push(call.args);
        call.reply({ supported: 1 });
      },
      connectOpen: (call) => {
        opened.push(call.args);
        call.reply();
      },
      connectGetHostname: (call) => call.reply({ hostname: "h1" }),
    },
    { readOnly: true },
  );
  expect(opened).toEqual(["auth", { feature: 10 }, { name: "qemu:///system", flags: 1 }]);
  expect(await connection.call("connectGetHostname", {})).toEqual({ hostname: "h1" });
  expect(connection.isOpen).toBe(true);
});

test("answers find their calls in whatever order they come", async () => {
  const waiting: FakeCall<"domainLookupById">[] = [];
  const { connection } = await open({ domainLookupById: (call) => waiting.push(call) && answerAll() });
  const uuid = "11111111-2222-4333-8444-555555555555";
  function answerAll(): void {
    if (waiting.length < 50) return;
    for (const call of waiting.toReversed()) call.reply({ dom: { name: `vm${call.args.id}`, uuid, id: call.args.id } });
  }
  const calls = Array.from({ length: 50 }, (_, id) => connection.call("domainLookupById", { id }));
  expect((await Promise.all(calls)).map(({ dom }) => dom.id)).toEqual(Array.from({ length: 50 }, (_, id) => id));
});

test("a refusal is an error with libvirt's code, and the connection goes on", async () => {
  const { connection } = await open({
    domainLookupByName: (call) => call.refuse(42, "no domain with matching name 'x'"),
    connectGetHostname: (call) => call.reply({ hostname: "h1" }),
  });
  const error = await errorOf(connection.call("domainLookupByName", { name: "x" }));
  expect(error).toMatchObject({ code: "libvirt.remote", remote: { code: 42, domain: 10, level: 2 } });
  expect(error.message).toContain("domainLookupByName");
  expect(error.hint).not.toBe("");
  expect(await connection.call("connectGetHostname", {})).toEqual({ hostname: "h1" });
});

test("arguments that the wire cannot carry are refused; nothing is sent", async () => {
  const { connection } = await open({ connectGetHostname: (call) => call.reply({ hostname: "h1" }) });
  expect((await errorOf(connection.call("domainLookupById", { id: 2 ** 40 }))).code).toBe("libvirt.argument");
  expect(await connection.call("connectGetHostname", {})).toEqual({ hostname: "h1" });
});

test("a call that ran out of time frees its place; its late answer is dropped", async () => {
  const late: HostnameCall[] = [];
  const { connection } = await open({
    connectGetHostname: (call) => late.push(call),
    connectGetType: (call) => call.reply({ type: "QEMU" }),
  });
  const error = await errorOf(connection.call("connectGetHostname", {}, { timeoutMs: 20 }));
  expect(error.code).toBe("libvirt.timeout");
  for (const call of late) call.reply({ hostname: "too late" });
  expect(await connection.call("connectGetType", {})).toEqual({ type: "QEMU" });
  // The second answer to the same call is owed to nobody.
  for (const call of late) call.reply({ hostname: "twice" });
  expect((await connection.closed).code).toBe("libvirt.protocol");
});

test("a caller may give up before and while it waits", async () => {
  const { connection } = await open({ connectGetType: (call) => call.reply({ type: "QEMU" }) });
  expect((await errorOf(connection.call("connectGetHostname", {}, { signal: AbortSignal.abort() }))).code).toBe(
    "libvirt.aborted",
  );
  const controller = new AbortController();
  const call = connection.call("connectGetHostname", {}, { signal: controller.signal, timeoutMs: null });
  controller.abort();
  expect((await errorOf(call)).code).toBe("libvirt.aborted");
  expect(await connection.call("connectGetType", {})).toEqual({ type: "QEMU" });
});

test("the number of calls in flight is bounded, and a place is free again after a deadline", async () => {
  const { connection } = await open({ connectGetType: (call) => call.reply({ type: "QEMU" }) });
  const calls = Array.from({ length: MAX_CALLS_IN_FLIGHT }, () =>
    errorOf(connection.call("connectGetHostname", {}, { timeoutMs: 300 })),
  );
  expect((await errorOf(connection.call("connectGetType", {}))).code).toBe("libvirt.overload");
  expect(new Set((await Promise.all(calls)).map(({ code }) => code))).toEqual(new Set(["libvirt.timeout"]));
  expect(await connection.call("connectGetType", {})).toEqual({ type: "QEMU" });
});

test("closing ends every call in flight and tells the reason once", async () => {
  const { connection, peer } = await open();
  const call = errorOf(connection.call("connectGetHostname", {}, { timeoutMs: null }));
  await connection.close();
  expect((await call).code).toBe("libvirt.closed");
  expect((await connection.closed).code).toBe("libvirt.closed");
  expect(connection.isOpen).toBe(false);
  expect((await errorOf(connection.call("connectGetHostname", {}))).code).toBe("libvirt.closed");
  await connection.close();
  expect(peer.accepted).toBe(1);
});

test("events reach every listener, and before the answer of the call that caused them", async () => {
  const heard: string[] = [];
  const registered: unknown[] = [];
  const { connection } = await open({
    connectDomainEventCallbackRegisterAny: (call) => {
      registered.push(call.args);
      call.reply({ callbackId: registered.length });
    },
    connectRegisterCloseCallback: (call) => call.reply(),
    domainCreateWithFlags: (call) => {
      for (const { kind, bytes } of goldenFrames) if (kind === "event") call.socket.write(bytes);
      // An event of a libvirt that is newer than this client.
      call.socket.write(packetOf({ procedure: 9999, type: packetType.message }, Uint8Array.of(1, 2, 3, 4)));
      call.reply({ dom: call.args.dom });
    },
  });
  await connection.registerEvents(["lifecycle", "job-completed"]);
  await connection.registerEvents(["lifecycle", "connection-closed"]);
  expect(registered).toEqual([
    { eventId: 0, dom: null },
    { eventId: 21, dom: null },
  ]);
  const events: LibvirtEvent[] = [];
  const stop = connection.onEvent((event) => events.push(event) && heard.push("event"));
  connection.onEvent((event) => heard.push(`second ${event.kind}`));
  const dom = { name: "", uuid: "11111111-2222-4333-8444-555555555555", id: -1 };
  await connection.call("domainCreateWithFlags", { dom, flags: 1 });
  expect(events).toHaveLength(10);
  expect(heard.slice(0, 2)).toEqual(["event", "second lifecycle"]);
  stop();
  await connection.call("domainCreateWithFlags", { dom, flags: 1 });
  expect(events).toHaveLength(10);
});

test("a listener that throws costs neither the connection nor the other listeners", async () => {
  const { connection } = await open({
    connectGetHostname: (call) => {
      call.socket.write(goldenFrame("event", "318"));
      call.reply({ hostname: "h1" });
    },
  });
  const heard: string[] = [];
  const warning = new Promise<Error>((resolve) => {
    process.once("warning", resolve);
  });
  connection.onEvent(() => {
    throw new Error("my own fault");
  });
  connection.onEvent((event) => heard.push(event.kind));
  expect(await connection.call("connectGetHostname", {})).toEqual({ hostname: "h1" });
  expect(heard).toEqual(["lifecycle"]);
  expect((await warning).message).toContain("my own fault");
});

test("pings of the peer are answered", async () => {
  const { connection, peer } = await open({
    connectGetHostname: (call) => {
      const ping = { program: program.keepalive, procedure: keepaliveProcedure.ping, type: packetType.message };
      call.socket.write(packetOf(ping));
      call.reply({ hostname: "h1" });
    },
    connectGetType: (call) => call.reply({ type: "QEMU" }),
  });
  await connection.call("connectGetHostname", {});
  await connection.call("connectGetType", {});
  expect(peer.keepalives).toEqual([keepaliveProcedure.pong]);
});

test("a peer that falls silent is asked, then given up", async () => {
  const { connection, peer } = await open({}, { keepalive: { intervalMs: 20, count: 2 } });
  const call = errorOf(connection.call("connectGetHostname", {}, { timeoutMs: null }));
  expect((await connection.closed).code).toBe("libvirt.timeout");
  expect((await call).code).toBe("libvirt.timeout");
  expect(peer.keepalives).toEqual([keepaliveProcedure.ping, keepaliveProcedure.ping]);
});

test("nobody pings where keepalive is switched off, or where the daemon does not know it", async () => {
  const asked: unknown[] = [];
  const off = await open({ connectSupportsFeature: (call) => asked.push(call.args) }, { keepalive: false });
  expect(asked).toEqual([]);
  const old = await open({ connectSupportsFeature: (call) => call.refuse(1, "unknown feature") });
  expect([off.connection.isOpen, old.connection.isOpen]).toEqual([true, true]);
});

test.each([
  ["SASL alone", [1]],
  ["something unknown", [7]],
])("a daemon that asks for %s is refused with a hint", async (_name, types) => {
  const error = await errorOf(open({ authList: (call) => call.reply({ types }) }));
  expect(error.code).toBe("libvirt.auth");
  expect(error.hint).toContain("qemu+ssh://");
});

test("polkit is asked where it is offered; its refusal is one of authentication", async () => {
  const offered = { authList: (call: FakeCall<"authList">) => call.reply({ types: [2] }) };
  const { connection } = await open({ ...offered, authPolkit: (call) => call.reply({ complete: 1 }) });
  expect(connection.isOpen).toBe(true);
  const refused = open({ ...offered, authPolkit: (call) => call.refuse(45, "no agent is available") });
  expect(await errorOf(refused)).toMatchObject({ code: "libvirt.auth", remote: { code: 45 } });
});

/** Each is what a broken peer writes in place of its first answer. */
const brokenAnswers: readonly (readonly [string, (serial: number) => Buffer])[] = [
  ["garbage", () => Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ["a packet shorter than its header", () => Buffer.from("00000010", "hex")],
  ["a packet of four gigabytes", () => Buffer.from("ffffffff", "hex")],
  ["a packet one byte over the limit", () => lengthWord(MAX_PACKET_BYTES + 1)],
  ["an answer to nothing", () => replyPacket("authList", 77, { types: [] })],
  ["an answer to serial 0", () => replyPacket("authList", 0, { types: [] })],
  ["the answer of another procedure", (serial) => replyPacket("connectGetHostname", serial, { hostname: "x" })],
  ["another program", (serial) => packetOf({ program: 0x1234_5678, procedure: 66, serial })],
  ["another version", (serial) => withWord(replyPacket("authList", serial, { types: [] }), 8, 2)],
  ["a call", (serial) => packetOf({ procedure: 66, type: packetType.call, serial })],
  ["a stream", (serial) => packetOf({ procedure: 66, type: packetType.stream, serial })],
  ["an unknown status", (serial) => packetOf({ procedure: 66, serial, status: 9 })],
  ["an answer that ends too early", (serial) => packetOf({ procedure: 66, serial }, Uint8Array.of(0, 0, 0, 1))],
  ["an answer that is too long", (serial) => packetOf({ procedure: 66, serial }, new Uint8Array(12))],
  ["an unreadable error", (serial) => packetOf({ procedure: 66, serial, status: 1 }, new Uint8Array(3))],
  ["an unreadable event", () => packetOf({ procedure: 318, type: packetType.message }, new Uint8Array(8))],
  [
    "a keepalive with a payload",
    () => packetOf({ program: program.keepalive, type: packetType.message }, new Uint8Array(4)),
  ],
];

test.each(brokenAnswers)("%s is a broken protocol and the end of the connection", async (_name, bytesOf) => {
  const error = await errorOf(
    open({ authList: (call) => void call.socket.write(bytesOf(call.header.serial)) }, { connectTimeoutMs: 5_000 }),
  );
  expect(error.code).toBe("libvirt.protocol");
});

test.each(brokenAnswers)("%s ends an open session, its calls included", async (_name, bytesOf) => {
  const { connection, peer } = await open({
    connectGetHostname: (call) => void call.socket.write(bytesOf(call.header.serial + 10)),
  });
  const codes = [errorOf(connection.call("connectGetHostname", {})), errorOf(connection.call("connectGetType", {}))];
  expect((await connection.closed).code).toBe("libvirt.protocol");
  expect((await Promise.all(codes)).map(({ code }) => code)).toEqual(["libvirt.protocol", "libvirt.protocol"]);
  await expect.poll(() => peer.sockets.size).toBe(0);
});

test("a storm of answers that nobody asked for ends at the first", async () => {
  const { connection } = await open({
    connectGetHostname: (call) => {
      const storm = replyPacket("connectGetHostname", call.header.serial + 1, { hostname: "x" });
      call.socket.write(Buffer.concat(Array.from({ length: 10_000 }, () => storm)));
    },
  });
  expect((await errorOf(connection.call("connectGetHostname", {}))).code).toBe("libvirt.protocol");
});

test("a session whose every byte comes alone is a session", async () => {
  // The serials of any session's first three calls are 1, 2 and 3, as in the recording.
  const answers = ["authList", "connectSupportsFeature", "connectOpen"].map((name) => goldenFrame("reply", name));
  const peer = await startRawPeer((socket) => {
    socket.setNoDelay(true);
    socket.on("data", () => {
      const bytes = [...(answers.shift() ?? [])];
      const drip = (): void => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(Buffer.of(byte), () => setImmediate(drip));
      };
      drip();
    });
  });
  undo.push(peer.stop);
  const connection = await connect(peer.uri);
  expect(connection.isOpen).toBe(true);
  await connection.close();
});

test("half an answer and then the end is the end", async () => {
  const { connection } = await open({
    connectGetHostname: (call) => {
      const whole = replyPacket("connectGetHostname", call.header.serial, { hostname: "a name of some length" });
      call.socket.end(whole.subarray(0, whole.length - 9));
    },
  });
  expect((await errorOf(connection.call("connectGetHostname", {}))).code).toBe("libvirt.closed");
});

test("a peer that resets the connection gives a typed reason", async () => {
  const peer = await startFakeLibvirt({ connectGetHostname: (call) => call.socket.resetAndDestroy() }, "tcp");
  undo.push(peer.stop);
  const connection = await connect(peer.uri);
  expect((await errorOf(connection.call("connectGetHostname", {}))).code).toBe("libvirt.transport");
  expect((await connection.closed).message).toContain("ECONNRESET");
});

test("a peer that accepts and says nothing is a timeout; a caller that loses patience is not", async () => {
  const peer = await startRawPeer((socket) => void socket.resume());
  undo.push(peer.stop);
  expect((await errorOf(connect(peer.uri, { connectTimeoutMs: 30 }))).code).toBe("libvirt.timeout");
  const controller = new AbortController();
  const attempt = errorOf(connect(peer.uri, { signal: controller.signal }));
  controller.abort();
  expect((await attempt).code).toBe("libvirt.aborted");
  expect((await errorOf(connect(peer.uri, { signal: controller.signal }))).code).toBe("libvirt.aborted");
  await expect.poll(() => peer.sockets.size).toBe(0);
});

test("a peer that hangs up at once is the end of the connection", async () => {
  const peer = await startRawPeer((socket) => socket.destroy());
  undo.push(peer.stop);
  expect(["libvirt.closed", "libvirt.transport"]).toContain((await errorOf(connect(peer.uri))).code);
});

test("where nobody listens there is no transport", async () => {
  const error = await errorOf(connect("qemu+unix:///system?socket=/nonexistent/sock"));
  expect(error.code).toBe("libvirt.transport");
  expect(error.message).toContain("/nonexistent/sock");
  expect((await errorOf(connect("qemu+tcp://127.0.0.1:1/system"))).code).toBe("libvirt.transport");
});

function lengthWord(length: number): Buffer {
  const word = Buffer.alloc(4);
  word.writeUInt32BE(length);
  return word;
}

function withWord(packet: Buffer, offset: number, value: number): Buffer {
  packet.writeUInt32BE(value, offset);
  return packet;
}
