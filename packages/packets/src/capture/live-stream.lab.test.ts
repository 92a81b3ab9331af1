/**
 * The output of a running tcpdump, read as it comes: in a network namespace of its own that ends with its process, with
 * pings on loopback for traffic. Needs root, tcpdump, iproute2 and ping.
 */
import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { decodePacket } from "../frame/decode-frame.ts";
import { CaptureReader } from "./capture-reader.ts";
import type { CapturedPacket } from "./captured-packet.ts";

const unshare = "unshare";
const isRoot = process.getuid?.() === 0;

/** The namespace lives as long as the shell; pings go on until tcpdump has seen enough. */
const script = (networkInterface: string): string => `
  ip link set lo up
  ping -q -i 0.2 127.0.0.1 >/dev/null &
  tcpdump -q -i ${networkInterface} -U --immediate-mode -w - -c 6 icmp 2>/dev/null
  kill $!`;

async function follow(
  networkInterface: string,
): Promise<{ readonly packets: readonly CapturedPacket[]; readonly pieces: number }> {
  const reader = new CaptureReader();
  const packets: CapturedPacket[] = [];
  let pieces = 0;
  const shell = spawn(unshare, ["--net", "sh", "-c", script(networkInterface)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const chunk of shell.stdout as AsyncIterable<Uint8Array>) {
    const progress = reader.push(chunk);
    if (progress.problem !== undefined) throw progress.problem;
    if (progress.packets.length > 0) pieces++;
    packets.push(...progress.packets);
  }
  expect(reader.end()).toBeUndefined();
  return { packets, pieces };
}

describe.skipIf(!isRoot)("a live stream", () => {
  test.each([
    ["lo", "ethernet"],
    ["any", "linux-cooked"],
  ])("of tcpdump on %s brings packets one by one", async (networkInterface, outermost) => {
    const { packets, pieces } = await follow(networkInterface);
    expect(packets.length).toBe(6);
    expect(pieces).toBeGreaterThan(1);
    const frames = packets.map((packet) => decodePacket(packet));
    expect(frames.map(({ layers }) => layers.map(({ kind }) => kind))).toEqual(
      frames.map(() => [outermost, "ipv4", "icmp"]),
    );
    expect(
      frames.every(({ layers }) => layers.some((layer) => layer.kind === "ipv4" && layer.source === "127.0.0.1")),
    ).toBe(true);
  });
});
