/** A peer for tests: a real listening socket that says exactly what the test wants, however rude. */
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { JsonSplitter } from "../json/splitter.ts";
import type { JsonValue } from "../json/value.ts";
import { parseMessage } from "./message.ts";
import type { RpcMessage } from "./message.ts";

export interface PeerSocket {
  /** Sends bytes as they are. */
  say(bytes: string | Uint8Array): void;
  reply(to: RpcMessage, result: JsonValue): void;
  refuse(to: RpcMessage, error: JsonValue): void;
  notify(method: string, params: readonly JsonValue[]): void;
  hangUp(): void;
  /** Stops reading, so that what the client sends piles up. */
  stopReading(): void;
}

export interface ScriptedPeer {
  readonly address: string;
  /** Everything that clients said, in order. */
  readonly heard: readonly RpcMessage[];
  close(): Promise<void>;
}

export interface Script {
  readonly onConnect?: (socket: PeerSocket) => void;
  readonly onMessage?: (message: RpcMessage, socket: PeerSocket) => void;
}

export async function startPeer(script: Script): Promise<ScriptedPeer> {
  const folder = await mkdtemp(path.join(tmpdir(), "tl-ovsdbtest-"));
  const socketPath = path.join(folder, "peer.sock");
  const heard: RpcMessage[] = [];
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    const splitter = new JsonSplitter();
    const peer = peerOf(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.on("data", (chunk) => {
      for (const text of splitter.push(chunk)) {
        const message = parseMessage(text);
        heard.push(message);
        script.onMessage?.(message, peer);
      }
    });
    script.onConnect?.(peer);
  });
  await new Promise<void>((resolve) => {
    server.listen(socketPath, resolve);
  });
  return {
    address: `unix:${socketPath}`,
    heard,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await rm(folder, { recursive: true });
    },
  };
}

function peerOf(socket: net.Socket): PeerSocket {
  const send = (message: Readonly<Record<string, JsonValue>>): void => {
    socket.write(JSON.stringify(message));
  };
  return {
    say: (bytes) => socket.write(bytes),
    reply: (to, result) => send({ id: to.kind === "notification" ? null : to.id, result, error: null }),
    refuse: (to, error) => send({ id: to.kind === "notification" ? null : to.id, result: null, error }),
    notify: (method, params) => send({ id: null, method, params }),
    hangUp: () => socket.destroy(),
    stopReading: () => socket.pause(),
  };
}
