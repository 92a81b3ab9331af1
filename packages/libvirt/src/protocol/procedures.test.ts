import { expect, test } from "vitest";
import { readPacket, writePacket } from "../rpc/packet.ts";
import { readRemoteError } from "../rpc/remote-error.ts";
import { goldenFrame, goldenFrames } from "../testing/golden-frames.ts";
import { readEvent } from "../events/event.ts";
import { XdrWriter } from "../xdr/writer.ts";
import { eventTable } from "./events.ts";
import { procedures } from "./procedures.ts";
import type { ProcedureName, ProcedureResult } from "./procedures.ts";
import { numberParam } from "./typed-params.ts";

const UUID = "11111111-2222-4333-8444-555555555555";
const tiny = { name: "tiny", uuid: UUID, id: 1 };

test("no number stands for two procedures, and none for two events", () => {
  const rows = Object.values(procedures).map(({ program, number }) => `${program}:${number}`);
  expect(new Set(rows).size).toBe(rows.length);
  const events = Object.values(eventTable);
  expect(new Set(events.map(({ procedure }) => procedure)).size).toBe(events.length);
  expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(events.length);
});

test("every recorded call is read and written again byte for byte", () => {
  const calls = goldenFrames.filter(({ kind }) => kind === "call");
  expect(calls.length).toBeGreaterThan(5);
  for (const { name, bytes } of calls) {
    const { args, number } = procedures[name as ProcedureName];
    const { header, payload } = readPacket(bytes);
    expect(header).toMatchObject({ procedure: number, type: 0, status: 0 });
    const value = args.decode(payload);
    payload.end();
    const writer = new XdrWriter();
    (args as { encode(writer: XdrWriter, value: unknown): void }).encode(writer, value);
    expect(writePacket(header, writer.finish()).toString("hex")).toBe(bytes.toString("hex"));
  }
});

test("every recorded reply is read to its last byte", () => {
  const replies = goldenFrames.filter(({ kind }) => kind === "reply");
  expect(replies.length).toBeGreaterThan(20);
  for (const { name, bytes } of replies) {
    const { header, payload } = readPacket(bytes);
    if (header.status === 1) readRemoteError(payload, name);
    else procedures[name as ProcedureName].result.decode(payload);
    expect([name, payload.remainingBytes]).toEqual([name, 0]);
  }
});

function recorded<P extends ProcedureName>(name: P): ProcedureResult<P> {
  return procedures[name].result.decode(readPacket(goldenFrame("reply", name)).payload) as ProcedureResult<P>;
}

test("recorded replies mean what libvirt meant", () => {
  expect(recorded("connectListAllDomains")).toEqual({ domains: [tiny], ret: 1 });
  expect(recorded("domainGetState")).toEqual({ state: 3, reason: 1 });
  expect(recorded("connectGetVersion")).toEqual({ version: 7_002_022n });
  expect(recorded("nodeGetInfo")).toMatchObject({ model: "x86_64", cpus: 2, nodes: 1, sockets: 1 });
  expect(recorded("domainMigrateGetMaxDowntime")).toEqual({ downtimeMs: 200n });
  expect(recorded("nodeDeviceGetParent")).toEqual({ parent: null });
  const [record] = recorded("connectGetAllDomainStats").records;
  expect(record?.dom).toEqual(tiny);
  expect(numberParam(record?.params ?? [], "balloon.current")).toBe(65_536);
});

test("a recorded refusal carries libvirt's code", () => {
  const { payload } = readPacket(goldenFrame("reply", "domainMigrateStartPostCopy"));
  const error = readRemoteError(payload, "The host refused domainMigrateStartPostCopy");
  expect(error).toMatchObject({ code: "libvirt.remote", remote: { code: 55, domain: 10, level: 2 } });
  expect(error.message).toContain("post-copy can only be started while outgoing migration is in progress");
});

test("recorded events are told in words", () => {
  const events = goldenFrames
    .filter(({ kind }) => kind === "event")
    .map(({ bytes }) => {
      const { header, payload } = readPacket(bytes);
      return readEvent(header.procedure, payload);
    });
  expect(events.map((event) => (event?.kind === "lifecycle" ? event.event : event?.kind))).toEqual([
    "defined",
    "started",
    "suspended",
    "metadata-change",
    "resumed",
    "reboot",
    "shutdown",
    "control-error",
    "stopped",
    "undefined",
  ]);
  expect(events[1]).toEqual({ kind: "lifecycle", dom: tiny, event: "started", detail: 0 });
});
