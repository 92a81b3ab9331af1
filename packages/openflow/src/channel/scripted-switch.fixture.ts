/** A switch for tests: a real listening socket that says exactly what the test wants, however rude. */
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { helloBody } from "../wire/hello.ts";
import { encodeMessage, messageType, MessageSplitter } from "../wire/message.ts";
import type { Message } from "../wire/message.ts";

export interface SwitchSocket {
  /** Sends bytes as they are. */
  say(bytes: Uint8Array): void;
  send(type: number, transactionId: number, body?: Uint8Array): void;
  hangUp(): void;
  /** Stops reading, so that what the client sends piles up. */
  stopReading(): void;
}

export interface ScriptedSwitch {
  readonly address: string;
  /** Everything that clients said, in order. */
  readonly heard: readonly Message[];
  close(): Promise<void>;
}

export interface Script {
  /** By default the switch says HELLO. */
  readonly onConnect?: (socket: SwitchSocket) => void;
  readonly onMessage?: (message: Message, socket: SwitchSocket) => void;
  readonly listenOn?: "unix" | "tcp";
}

export async function startSwitch(script: Script): Promise<ScriptedSwitch> {
  const folder = await mkdtemp(path.join(tmpdir(), "tl-oftest-"));
  const socketPath = path.join(folder, "br0.mgmt");
  const heard: Message[] = [];
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    const splitter = new MessageSplitter(() => {});
    const peer = peerOf(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.on("data", (chunk) => {
      for (const message of splitter.push(chunk)) {
        heard.push(message);
        script.onMessage?.(message, peer);
      }
    });
    if (script.onConnect === undefined) peer.send(messageType.hello, 1, helloBody);
    else script.onConnect(peer);
  });
  const isTcp = script.listenOn === "tcp";
  await new Promise<void>((resolve) => {
    if (isTcp) server.listen(0, "127.0.0.1", resolve);
    else server.listen(socketPath, resolve);
  });
  const bound = server.address();
  return {
    address: typeof bound === "object" && bound !== null ? `tcp:127.0.0.1:${bound.port}` : `unix:${socketPath}`,
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

function peerOf(socket: net.Socket): SwitchSocket {
  return {
    say: (bytes) => socket.write(bytes),
    send: (type, transactionId, body = new Uint8Array()) => socket.write(encodeMessage(type, transactionId, body)),
    hangUp: () => socket.destroy(),
    stopReading: () => socket.pause(),
  };
}
