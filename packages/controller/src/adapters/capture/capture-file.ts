/** Observations out of a capture file, pcap or pcapng. */
import { createReadStream } from "node:fs";
import { TrunklineError, messageOf } from "@trunkline/model";
import { limits } from "../../limits.ts";
import { readStream } from "./capture-reading.ts";
import type { CaptureReading } from "./capture-reading.ts";
import type { CapturePlace } from "./frame-observations.ts";

/** @throws fabric.missing for a file that cannot be read; a damaged one is a `problem` of the reading. */
export async function readCaptureFile(
  path: string,
  place: CapturePlace,
  signal?: AbortSignal,
): Promise<CaptureReading> {
  const file = createReadStream(path, signal === undefined ? {} : { signal });
  try {
    return await readStream(file, place, { packets: limits.capturePackets }, () => false);
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    throw new TrunklineError("fabric.missing", `the capture ${path} could not be read: ${messageOf(cause)}`, {
      hint: "Name a pcap or pcapng file, such as tcpdump -w writes.",
      cause,
    });
  } finally {
    file.destroy();
  }
}
