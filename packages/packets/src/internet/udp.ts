/** UDP (RFC 768). */
import type { PacketError } from "../errors.ts";
import { ByteWriter, withChecksum } from "../wire/byte-writer.ts";
import type { Carried } from "../wire/carried.ts";
import { checksumOf, onesSum, pseudoHeaderSum } from "../wire/checksum.ts";
import type { ChecksumVerdict, IpCarrier } from "../wire/checksum.ts";
import { decoding } from "../wire/cursor.ts";

export interface UdpHeader {
  readonly kind: "udp";
  readonly sourcePort: number;
  readonly targetPort: number;
  /** `unverified` without the addresses around it or when bytes are missing. */
  readonly checksum: ChecksumVerdict;
  readonly missingBytes: number;
}

export const udpProtocol = 17;
const headerBytes = 8;

export function decodeUdp(bytes: Uint8Array, carrier?: IpCarrier): Carried<UdpHeader> | PacketError {
  return decoding(bytes, "udp", (cursor) => {
    const sourcePort = cursor.u16("source port");
    const targetPort = cursor.u16("target port");
    const length = cursor.u16("length");
    if (length < headerBytes) throw cursor.wrong("length", `${length} bytes do not hold the header.`, 2);
    const sum = cursor.u16("checksum");
    const missingBytes = Math.max(0, length - headerBytes - cursor.remaining);
    const payload = cursor.bytes(length - headerBytes - missingBytes, "payload");
    const checksum = missingBytes > 0 ? "unverified" : verdict(bytes.subarray(0, length), sum, carrier);
    return { header: { kind: "udp", sourcePort, targetPort, checksum, missingBytes }, payload };
  });
}

export interface UdpSettings {
  readonly sourcePort: number;
  readonly targetPort: number;
  readonly carrier: IpCarrier;
}

export function encodeUdp(settings: UdpSettings, payload: Uint8Array): Uint8Array {
  const length = headerBytes + payload.length;
  const datagram = new ByteWriter("udp")
    .u16(settings.sourcePort, "source port")
    .u16(settings.targetPort, "target port")
    .u16(length, "length")
    .u16(0, "checksum")
    .raw(payload)
    .finish();
  // 0 would mean that there is none, so the other zero of the arithmetic stands for it.
  const checksum = checksumOf(datagram, pseudoHeaderSum(settings.carrier, udpProtocol, length)) || 0xffff;
  return withChecksum(datagram, 6, checksum);
}

function verdict(datagram: Uint8Array, sum: number, carrier: IpCarrier | undefined): ChecksumVerdict {
  if (sum === 0) return "absent";
  if (carrier === undefined) return "unverified";
  const total = onesSum(datagram, pseudoHeaderSum(carrier, udpProtocol, datagram.length));
  return total === 0xffff ? "valid" : "invalid";
}
