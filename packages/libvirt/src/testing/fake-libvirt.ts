/**
 * A small peer on a real socket. It opens sessions as libvirtd does, and does with every other call what the test
 * says. What it has no answer for it leaves unanswered, as a stopped daemon would.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorLayout } from "../protocol/objects.ts";
import { procedures, procedureOf } from "../protocol/procedures.ts";
import type { ProcedureArgs, ProcedureName, ProcedureResult } from "../protocol/procedures.ts";
import { packetStatus, packetType } from "../protocol/programs.ts";
import { readPacket, writePacket } from "../rpc/packet.ts";
import type { Packet, PacketHeader } from "../rpc/packet.ts";
import { PacketSplitter } from "../rpc/splitter.ts";
import { XdrWriter } from "../xdr/writer.ts";

export interface FakeCall<P extends ProcedureName> {
  readonly args: ProcedureArgs<P>;
  readonly header: PacketHeader;
  readonly socket: Socket;
  reply(result: ProcedureResult<P>): void;
  refuse(code: number, message: string): void;
}

export type FakeScript = { readonly [P in ProcedureName]?: (call: FakeCall<P>) => void };

type Act = (call: FakeCall<ProcedureName>) => void;

export interface FakeLibvirt {
  readonly uri: string;
  readonly path: string;
  /** Connections that were accepted since the start. */
  readonly accepted: number;
  /** Those that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  /** Keepalive packets that were received: procedure numbers. */
  readonly keepalives: readonly number[];
  readonly stop: () => Promise<void>;
}

const opening: FakeScript = {
  authList: (call) => call.reply({ types: [] }),
  connectSupportsFeature: (call) => call.reply({ supported: 1 }),
  connectOpen: (call) => call.reply(),
  connectDomainEventCallbackRegisterAny: (call) => call.reply({ callbackId: 0 }),
};

export async function startFakeLibvirt(script: FakeScript = {}, place: "unix" | "tcp" = "unix"): Promise<FakeLibvirt> {
  const keepalives: number[] = [];
  const answers: FakeScript = { ...opening, ...script };
  const peer = await startRawPeer((socket) => {
    const splitter = new PacketSplitter();
    socket.on("data", (chunk: Buffer) => {
      for (const bytes of splitter.push(chunk)) {
        const { header } = readPacket(bytes);
        if (header.type === packetType.message) keepalives.push(header.procedure);
        const name = nameOf(header);
        if (name !== undefined) answer(answers[name], name, socket, readPacket(bytes));
      }
    });
  }, place);
  return Object.defineProperty(peer as FakeLibvirt, "keepalives", { value: keepalives });
}

/** The same without any manners: the test does everything. */
export async function startRawPeer(
  onSocket: (socket: Socket) => void,
  place: "unix" | "tcp" = "unix",
): Promise<Omit<FakeLibvirt, "keepalives">> {
  const folder = mkdtempSync(join(tmpdir(), "fake-libvirt-"));
  const path = join(folder, "sock");
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // The client may cut the connection at any moment; that is what is being tested.
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => {
    if (place === "unix") server.listen(path, resolve);
    else server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    path,
    uri:
      typeof address === "object" && address !== null
        ? `qemu+tcp://127.0.0.1:${address.port}/system`
        : `qemu+unix:///system?socket=${path}`,
    sockets,
    get accepted() {
      return accepted;
    },
    stop: async () => {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      for (const socket of sockets) socket.destroy();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function packetOf(header: Partial<PacketHeader>, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const plain = { program: 0x2000_8086, procedure: 1, type: packetType.reply, serial: 0, status: packetStatus.ok };
  return writePacket({ ...plain, ...header }, payload);
}

/** The reply that libvirt would send to the call with this header. */
export function replyPacket<P extends ProcedureName>(name: P, serial: number, result: ProcedureResult<P>): Buffer {
  const procedure = procedureOf(name);
  const writer = new XdrWriter();
  procedure.result.encode(writer, result);
  return packetOf({ program: procedure.program, procedure: procedure.number, serial }, writer.finish());
}

function answer(act: Act | undefined, name: ProcedureName, socket: Socket, { header, payload }: Packet): void {
  act?.({
    args: procedureOf(name).args.decode(payload),
    header,
    socket,
    reply: (result) => socket.write(replyPacket(name, header.serial, result)),
    refuse: (code, message) => {
      const writer = new XdrWriter();
      const empty = { dom: null, text1: message, text2: null, text3: null, number1: -1, number2: -1, network: null };
      errorLayout.encode(writer, { code, domain: 10, level: 2, message, ...empty });
      socket.write(packetOf({ ...header, type: packetType.reply, status: packetStatus.error }, writer.finish()));
    },
  });
}

function nameOf(header: PacketHeader): ProcedureName | undefined {
  return (Object.keys(procedures) as ProcedureName[]).find(
    (name) => procedures[name].number === header.procedure && procedures[name].program === header.program,
  );
}
