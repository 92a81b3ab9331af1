/**
 * Observations out of a running tcpdump, here or behind a command prefix such as `ssh root@h1`. It ends by itself: tcpdump
 * counts packets, and `timeout` (coreutils) on the same machine ends it, so that nothing is left there if the way to it breaks.
 */
import { TrunklineError } from "@trunkline/model";
import { limits } from "../../limits.ts";
import { linesOf, spawnWith } from "../system/spawn-with.ts";
import { readStream } from "./capture-reading.ts";
import type { CaptureBounds, CaptureReading } from "./capture-reading.ts";
import type { CapturePlace } from "./frame-observations.ts";

export interface LiveCapture {
  /** Command prefix, as the inventory's `shell`; empty for this machine. */
  readonly prefix: readonly string[];
  /** The network interface that is listened at. */
  readonly interface: string;
  readonly place: CapturePlace;
  /** What to listen for; everything that makes an observation without it. */
  readonly filter?: string;
  /** "in" leaves out what the interface sends itself. Default "in". */
  readonly direction?: "in" | "both";
  readonly bounds: CaptureBounds;
}

const lldp = "ether proto 0x88cc";
/** CDP and VTP go to Cisco's group address; reverse ARP and the hellos by their own numbers. */
const plainMessages = [
  lldp,
  "ether dst 01:00:0c:cc:cc:cc",
  "arp",
  "rarp",
  "udp port 1985",
  "udp port 2029",
  "udp port 3222",
  "udp port 4342",
  "ip proto 112",
  "ip6 proto 112",
].join(" or ");

/** After the word `vlan` the rest of an expression looks behind the tag (pcap-filter(7)), so both forms are asked for. */
const observationFilter = `${plainMessages} or (vlan and (${plainMessages}))`;
/** Link-local by its address, and so never tagged. */
export const lldpFilter = lldp;

/** What tcpdump says on its way, for a message. */
const keptLines = 4;
/** The other machine's clock rules; ours waits a little longer, for the way back. */
const graceMs = 3_000;

/** @throws host.unreachable when tcpdump cannot be run there. */
export async function captureLive(capture: LiveCapture, signal: AbortSignal): Promise<CaptureReading> {
  const packets = Math.min(capture.bounds.packets, limits.capturePackets);
  const ms = Math.min(capture.bounds.ms, limits.captureMs);
  const child = spawnWith(capture.prefix, commandOf(capture, packets, ms), { stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  linesOf(child.stderr).on("line", (line) => {
    if (said.length < keptLines) said.push(line.slice(0, limits.captureLineCharacters));
  });
  let status: number | null | undefined;
  let failure: string | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once("error", (error) => {
      failure = error.message;
      resolve();
    });
    child.once("close", (code) => {
      status = code;
      resolve();
    });
  });
  let isOver = false;
  const stop = (): void => {
    isOver = true;
    child.kill("SIGTERM");
  };
  const timer = setTimeout(stop, ms + graceMs);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    const { stdout } = child;
    const reading =
      stdout === null
        ? undefined
        : await readStream(stdout as AsyncIterable<Uint8Array>, capture.place, { packets }, () => isOver);
    child.kill("SIGTERM");
    await ended;
    signal.throwIfAborted();
    if (reading === undefined || failure !== undefined || hasFailed(status, reading))
      throw unable(capture, failure, said);
    // The other machine's clock ended it: 124 is what timeout says then.
    return status === timedOut && reading.ended === "end" ? withoutProblem(reading) : reading;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    child.kill("SIGTERM");
  }
}

/** Exit status of `timeout` when the time ran out. */
const timedOut = 124;

function commandOf(capture: LiveCapture, packets: number, ms: number): readonly string[] {
  const { direction = "in", filter = observationFilter } = capture;
  const seconds = String(Math.max(1, Math.ceil(ms / 1000)));
  const bounded = [
    "timeout",
    "--signal=INT",
    seconds,
    "tcpdump",
    "-i",
    capture.interface,
    "-n",
    "-U",
    "--immediate-mode",
  ];
  return [...bounded, ...(direction === "in" ? ["-Q", "in"] : []), "-c", String(packets), "-w", "-", filter];
}

/** tcpdump that could not listen ends with a status and without the header of a capture. */
function hasFailed(status: number | null | undefined, reading: CaptureReading): boolean {
  return (
    reading.packets === 0 &&
    reading.problem !== undefined &&
    status !== 0 &&
    status !== timedOut &&
    reading.ended === "end"
  );
}

function withoutProblem(reading: CaptureReading): CaptureReading {
  const { observations, packets } = reading;
  return { observations, packets, ended: "time" };
}

function unable(capture: LiveCapture, failure: string | undefined, said: readonly string[]): TrunklineError {
  const { device } = capture.place;
  const why = failure ?? (said.length === 0 ? "it ended at once" : said.join("; "));
  return new TrunklineError(
    "host.unreachable",
    `tcpdump could not listen at ${capture.interface} of ${device}: ${why}`,
    {
      hint: "It needs root, tcpdump and coreutils there; check the interface with: ip link",
      details: { device, interface: capture.interface },
    },
  );
}
