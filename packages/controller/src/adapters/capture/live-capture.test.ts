/** A running capture, with programs of this machine in tcpdump's place: what they print is chosen, how they end is real. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeLldpFrame, encodePcap } from "@trunkline/packets";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captureLive, lldpFilter } from "./live-capture.ts";
import type { LiveCapture } from "./live-capture.ts";

const frame = encodeLldpFrame({ mac: "02:00:00:00:00:01", portName: "Eth1", timeToLiveS: 120, systemName: "leaf1" });
const packet = { timestampNs: 0n, bytes: frame, originalBytes: frame.length };
const never = new AbortController().signal;

describe("a live capture", () => {
  let folder = "";
  let pcap = "";
  /** The prefix swallows the command that would be run, and runs `script` instead; the command is in "$@". */
  const instead = (script: string): LiveCapture => ({
    prefix: ["sh", "-c", script, "sh"],
    interface: "up0",
    place: { device: "h1", port: "up0" },
    bounds: { packets: 10, ms: 2_000 },
  });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "trunkline-live-"));
    pcap = join(folder, "three.pcap");
    writeFileSync(pcap, encodePcap([packet, packet, packet]));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("reads until the program ends", async () => {
    const reading = await captureLive(instead(`cat ${pcap}`), never);
    expect(reading).toMatchObject({ packets: 3, ended: "end" });
    expect(reading.observations.length).toBe(3);
  });

  it("ends at its count of packets, and so does the program", async () => {
    const capture = { ...instead(`cat ${pcap}; exec sleep 600`), bounds: { packets: 2, ms: 60_000 } };
    const reading = await captureLive(capture, never);
    expect(reading).toMatchObject({ packets: 2, ended: "packets" });
  });

  it("ends when the other machine says that the time is over", async () => {
    const capture = { ...instead(`cat ${pcap}; sleep 0.1; exit 124`), bounds: { packets: 10, ms: 1_000 } };
    expect(await captureLive(capture, never)).toMatchObject({ packets: 3, ended: "time" });
  });

  it("that heard nothing in its time has no observations", async () => {
    const header = join(folder, "empty.pcap");
    writeFileSync(header, encodePcap([]));
    expect(await captureLive(instead(`cat ${header}; exit 124`), never)).toEqual({
      observations: [],
      packets: 0,
      ended: "time",
    });
  });

  it("asks for its bounds, its interface and what it listens for", async () => {
    const path = join(folder, "asked");
    const capture = {
      ...instead(`printf '%s\\n' "$@" > ${path}; cat ${pcap}`),
      filter: lldpFilter,
      direction: "both" as const,
    };
    await captureLive(capture, never);
    expect(readFileSync(path, "utf8").trim().split("\n").join(" ")).toBe(
      "timeout --signal=INT 2 tcpdump -i up0 -n -U --immediate-mode -c 10 -w - ether proto 0x88cc",
    );
  });

  it("is an error where the program cannot listen, with its own words", async () => {
    const capture = instead("echo 'tcpdump: up0: No such device exists' >&2; exit 1");
    await expect(captureLive(capture, never)).rejects.toMatchObject({
      code: "host.unreachable",
      message: "tcpdump could not listen at up0 of h1: tcpdump: up0: No such device exists",
    });
  });

  it("is an error where there is no such program", async () => {
    const capture = { ...instead(""), prefix: [join(folder, "no-such-program")] };
    await expect(captureLive(capture, never)).rejects.toMatchObject({ code: "host.unreachable" });
  });

  it("is given up with its signal, and its program with it", async () => {
    const controller = new AbortController();
    const running = captureLive(
      { ...instead("exec sleep 600"), bounds: { packets: 1, ms: 60_000 } },
      controller.signal,
    );
    setTimeout(() => {
      controller.abort(new Error("enough"));
    }, 100);
    await expect(running).rejects.toThrow("enough");
  });
});
