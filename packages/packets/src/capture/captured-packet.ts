/** Packets as captures hold them, whatever the format. */
import type { PacketError } from "../errors.ts";

export interface CapturedPacket {
  /** Since 1970, UTC. */
  readonly timestampNs: bigint;
  /** LINKTYPE_ number of tcpdump.org. */
  readonly linkType: number;
  /** Its own copy: it outlives the chunk that it came in. */
  readonly bytes: Uint8Array;
  /** More than `bytes` holds when the capture cut it off. */
  readonly originalBytes: number;
}

/** What a chunk brought. After a problem the capture cannot be read any further. */
export interface CaptureProgress {
  readonly packets: readonly CapturedPacket[];
  readonly problem: PacketError | undefined;
}

/** LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2. */
export const ethernetLinkType = 1;
export const linuxCookedLinkTypes: Readonly<Partial<Record<number, 1 | 2>>> = { 113: 1, 276: 2 };

/** What was read off the front of a capture; nothing is taken when a header only told how much has to be there. */
export interface CaptureUnit {
  readonly takenBytes: number;
  readonly packet?: CapturedPacket;
}

/** Reads the units of one format. */
export interface CaptureFormat {
  /** Bytes that have to be there before `read` is called, which is given exactly these. */
  readonly neededBytes: number;
  read(bytes: Uint8Array): CaptureUnit | PacketError;
}
