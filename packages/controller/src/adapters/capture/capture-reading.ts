/** What came of reading a capture, whether from a file or a running tcpdump: bounded by a count of packets and by time. */
import type { Observation } from "@trunkline/fabric";
import { CaptureReader } from "@trunkline/packets";
import { captureObservations } from "./capture-observations.ts";
import type { CapturePlace } from "./frame-observations.ts";

export interface CaptureReading {
  readonly observations: readonly Observation[];
  readonly packets: number;
  /** Why nothing more was read: the capture's end, or a bound. */
  readonly ended: "end" | "packets" | "time";
  /** The capture is damaged from here on; what came before counts. */
  readonly problem?: string;
}

export interface CaptureBounds {
  readonly packets: number;
  readonly ms: number;
}

/** @param isOver whether the time has run out; asked after every chunk. */
export async function readStream(
  chunks: AsyncIterable<Uint8Array>,
  place: CapturePlace,
  bounds: Pick<CaptureBounds, "packets">,
  isOver: () => boolean,
): Promise<CaptureReading> {
  const reader = new CaptureReader();
  const observations: Observation[] = [];
  let packets = 0;
  for await (const chunk of chunks) {
    const progress = reader.push(chunk);
    const wanted = progress.packets.slice(0, bounds.packets - packets);
    packets += wanted.length;
    for (const observation of captureObservations(wanted, place)) observations.push(observation);
    if (progress.problem !== undefined)
      return { observations, packets, ended: "end", problem: progress.problem.message };
    if (packets >= bounds.packets) return { observations, packets, ended: "packets" };
    if (isOver()) return { observations, packets, ended: "time" };
  }
  const problem = isOver() ? undefined : reader.end();
  const ended = isOver() ? "time" : "end";
  return { observations, packets, ended, ...(problem === undefined ? {} : { problem: problem.message }) };
}
