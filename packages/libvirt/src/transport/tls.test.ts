/** TLS against a peer that judges as libvirtd does: one byte after the handshake, or the end. */
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, expect, test } from "vitest";
import { connect } from "../connect.ts";
import type { ConnectOptions } from "../connect.ts";
import { LibvirtError } from "../errors.ts";
import { goldenFrame } from "../testing/golden-frames.ts";
import { makePki } from "../testing/pki.ts";
import type { Identity } from "../testing/pki.ts";

const pki = makePki();
afterAll(() => pki.remove());

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

interface PeerOptions {
  readonly identity?: Identity;
  readonly mustKnowClient?: boolean;
}

/** @returns the port of a peer on the loopback. */
async function listen(onSocket: (socket: TLSSocket) => void, options: PeerOptions = {}): Promise<number> {
  const { cert, key } = options.identity ?? pki.server;
  const sockets = new Set<TLSSocket>();
  const settings = { cert, key, ca: pki.ca, requestCert: true, rejectUnauthorized: options.mustKnowClient ?? false };
  const server = createServer(settings, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  undo.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return (server.address() as AddressInfo).port;
}

/** Answers the first three calls of a session, whatever they are, as a real libvirtd did. */
function serveSession(socket: TLSSocket): void {
  const answers = ["authList", "connectSupportsFeature", "connectOpen"].map((name) => goldenFrame("reply", name));
  socket.on("data", () => {
    const answer = answers.shift();
    if (answer !== undefined) socket.write(answer);
  });
}

const mine: ConnectOptions = { tls: { ca: pki.ca, ...pki.client }, connectTimeoutMs: 5_000 };
const uriOf = (port: number, parameters = ""): string => `qemu+tls://127.0.0.1:${port}/system${parameters}`;

async function errorOf(work: Promise<unknown>): Promise<LibvirtError> {
  const outcome: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof LibvirtError) return outcome;
  throw new Error(`not a LibvirtError: ${String(outcome)}`);
}

test("after the byte of acceptance a session opens, with nothing sent before it", async () => {
  let isEarly = false;
  const port = await listen((socket) => {
    let isAccepted = false;
    socket.on("data", () => {
      isEarly ||= !isAccepted;
    });
    setTimeout(() => {
      isAccepted = true;
      serveSession(socket);
      socket.write(Buffer.of(1));
    }, 30);
  });
  const connection = await connect(uriOf(port), mine);
  expect(connection.isOpen).toBe(true);
  expect(isEarly).toBe(false);
  await connection.close();
});

test("certificates are found by pkipath", async () => {
  const names: unknown[] = [];
  const port = await listen(
    (socket) => {
      names.push(socket.getPeerCertificate().subject.CN);
      serveSession(socket);
      socket.write(Buffer.of(1));
    },
    { mustKnowClient: true },
  );
  const connection = await connect(uriOf(port, `?pkipath=${pki.folder}`), { connectTimeoutMs: 5_000 });
  await connection.close();
  expect(names).toEqual(["mover"]);
});

test("bytes that follow the verdict in the same record belong to the session", async () => {
  const port = await listen((socket) => {
    const event = goldenFrame("event", "318");
    serveSession(socket);
    socket.write(Buffer.concat([Buffer.of(1), event]));
  });
  const connection = await connect(uriOf(port), mine);
  expect(connection.isOpen).toBe(true);
  await connection.close();
});

test("a client that the daemon cuts off after the handshake was rejected", async () => {
  const port = await listen((socket) => socket.end());
  const error = await errorOf(connect(uriOf(port), mine));
  expect(error).toMatchObject({ code: "libvirt.tls" });
  expect(error.message).toContain("rejected our certificate");
  expect(error.hint).toContain("tls_allowed_dn_list");
});

test("any other byte is a rejection too", async () => {
  const port = await listen((socket) => void socket.write(Buffer.of(0)));
  expect((await errorOf(connect(uriOf(port), mine))).code).toBe("libvirt.tls");
});

test("a verdict that never comes is a timeout", async () => {
  const port = await listen((socket) => void socket.resume());
  expect((await errorOf(connect(uriOf(port), { ...mine, connectTimeoutMs: 200 }))).code).toBe("libvirt.timeout");
});

test("a client that the daemon's authority does not know is refused in the handshake", async () => {
  const port = await listen((socket) => void socket.write(Buffer.of(1)), { mustKnowClient: true });
  const stranger = { ...mine, tls: { ca: pki.ca, ...pki.stranger } };
  expect((await errorOf(connect(uriOf(port), stranger))).code).toBe("libvirt.tls");
});

test("a daemon with a certificate of another authority is refused, unless told not to look", async () => {
  const port = await listen(
    (socket) => {
      serveSession(socket);
      socket.write(Buffer.of(1));
    },
    { identity: pki.stranger },
  );
  expect((await errorOf(connect(uriOf(port), mine))).code).toBe("libvirt.tls");
  const trusting = await connect(uriOf(port, "?no_verify=1"), mine);
  expect(trusting.isOpen).toBe(true);
  await trusting.close();
});

test("a daemon whose certificate carries another name is refused, unless that name is asked for", async () => {
  const port = await listen((socket) => {
    serveSession(socket);
    socket.write(Buffer.of(1));
  });
  const uri = `qemu+tls://localhost:${port}/system`;
  expect((await errorOf(connect(uri, mine))).code).toBe("libvirt.tls");
  const renamed = await connect(uri, { ...mine, tls: { ...mine.tls, serverName: "127.0.0.1" } });
  expect(renamed.isOpen).toBe(true);
  await renamed.close();
});

test("no authority, broken PEM texts and unreadable files are told before anything is dialled", async () => {
  expect((await errorOf(connect(uriOf(1, "?pkipath=/nonexistent")))).message).toContain("/nonexistent/cacert.pem");
  const port = await listen((socket) => void socket.write(Buffer.of(1)));
  const broken = { ...mine, tls: { ca: pki.ca, cert: "not a certificate", key: "not a key" } };
  expect((await errorOf(connect(uriOf(port), broken))).code).toBe("libvirt.tls");
});
