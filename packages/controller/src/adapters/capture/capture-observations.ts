/** The packets of a capture as observations of one port. */
import type { Observation } from "@trunkline/fabric";
import { decodePacket } from "@trunkline/packets";
import type { CapturedPacket } from "@trunkline/packets";
import { frameObservations } from "./frame-observations.ts";
import type { CapturePlace } from "./frame-observations.ts";

/** In the order of the packets; a packet that cannot be read gives what its outer layers say. */
export function captureObservations(packets: readonly CapturedPacket[], place: CapturePlace): readonly Observation[] {
  return packets.flatMap((packet) =>
    frameObservations(decodePacket(packet), Number(packet.timestampNs / 1_000_000n), place),
  );
}
