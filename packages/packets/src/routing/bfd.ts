/** BFD control packets (RFC 5880, section 4.1), by which routers notice within milliseconds that a path is gone. */
import type { PacketError } from "../errors.ts";
import { decoding } from "../wire/cursor.ts";

export interface Bfd {
  readonly kind: "bfd";
  readonly version: number;
  readonly diagnostic: number;
  readonly state: "admin-down" | "down" | "init" | "up";
  readonly detectMultiplier: number;
  readonly myDiscriminator: number;
  readonly yourDiscriminator: number;
  readonly desiredSendIntervalUs: number;
  readonly requiredReceiveIntervalUs: number;
}

const states = ["admin-down", "down", "init", "up"] as const;
const minBytes = 24;

/** The body of a datagram to port 3784, or 4784 over several hops. */
export function decodeBfd(bytes: Uint8Array): Bfd | PacketError {
  return decoding(bytes, "bfd", (cursor) => {
    const first = cursor.u8("version");
    const flags = cursor.u8("state");
    const detectMultiplier = cursor.u8("detect multiplier");
    const length = cursor.u8("length");
    if (length < minBytes) throw cursor.wrong("length", `${length} is less than ${minBytes}.`, 1);
    return {
      kind: "bfd",
      version: first >> 5,
      diagnostic: first & 31,
      state: states[flags >> 6] ?? "down",
      detectMultiplier,
      myDiscriminator: cursor.u32("my discriminator"),
      yourDiscriminator: cursor.u32("your discriminator"),
      desiredSendIntervalUs: cursor.u32("send interval"),
      requiredReceiveIntervalUs: cursor.u32("receive interval"),
    };
  });
}
