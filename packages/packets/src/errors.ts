/**
 * The one error family of this package. Decoders and capture readers return it as a value, because a malformed packet is
 * an expected outcome; encoders throw it, because their caller wrote what cannot be sent.
 */
export type PacketErrorCode =
  | "packets.truncated"
  | "packets.malformed"
  | "packets.unsupported"
  | "packets.overload"
  | "packets.capture"
  | "packets.refused";

/** Where in which message the trouble is. */
export interface PacketPlace {
  /** The protocol as the decoder's own `kind`, or the capture format. */
  readonly protocol: string;
  readonly field: string;
  /** In bytes, from the first byte of what the decoder was given. */
  readonly offset: number;
}

const hints: Readonly<Record<PacketErrorCode, string>> = {
  "packets.truncated": "If the capture was taken with a snapshot length, take it again with tcpdump -s 0.",
  "packets.malformed": "Compare with tcpdump -vv -X; the sender is broken, hostile, or speaks a dialect unknown here.",
  "packets.unsupported": "Nothing is wrong with the packet; it is of a kind that is not read here.",
  "packets.overload": "The limits stand in limits.ts of this package; a message beyond them is taken for an attack.",
  "packets.capture": "Check that the file or stream is pcap or pcapng, for example with tcpdump -r.",
  "packets.refused": "Nothing was encoded; correct the named field.",
};

export class PacketError extends Error implements PacketPlace {
  readonly code: PacketErrorCode;
  readonly hint: string;
  readonly protocol: string;
  readonly field: string;
  readonly offset: number;

  constructor(code: PacketErrorCode, place: PacketPlace, what: string) {
    super(`${place.protocol}: ${place.field} at offset ${place.offset}: ${what}`);
    this.name = "PacketError";
    this.code = code;
    this.hint = hints[code];
    this.protocol = place.protocol;
    this.field = place.field;
    this.offset = place.offset;
  }
}
