/** The hello of OSPF version 2 (RFC 2328, section A.3.2) and 3 (RFC 5340, section A.3.2): which routers share a segment. */
import type { PacketError } from "../errors.ts";
import { decoding } from "../wire/cursor.ts";
import type { Cursor } from "../wire/cursor.ts";

export interface OspfHello {
  readonly kind: "ospf-hello";
  readonly version: 2 | 3;
  readonly routerId: string;
  readonly area: string;
  readonly helloIntervalS: number;
  readonly deadIntervalS: number;
  readonly priority: number;
  readonly designatedRouter: string;
  readonly backupRouter: string;
  readonly neighbors: readonly string[];
}

export const ospfProtocol = 89;
const hello = 1;
const headerBytes: Readonly<Record<2 | 3, number>> = { 2: 24, 3: 16 };

export function decodeOspfHello(bytes: Uint8Array): OspfHello | PacketError {
  return decoding(bytes, "ospf-hello", (cursor) => {
    const version = cursor.u8("version");
    if (version !== 2 && version !== 3) throw cursor.wrong("version", `${version} is neither 2 nor 3.`, 1);
    const type = cursor.u8("type");
    if (type !== hello) throw cursor.wrong("type", `${type} is no hello.`, 1, "packets.unsupported");
    const length = cursor.u16("length");
    if (length < headerBytes[version]) throw cursor.wrong("length", `${length} bytes do not hold the header.`, 2);
    const routerId = cursor.ipv4("router");
    const area = cursor.ipv4("area");
    cursor.skip(headerBytes[version] - 12, "authentication");
    const body = cursor.part(length - headerBytes[version], "body");
    const settings = version === 2 ? readV2(body) : readV3(body);
    const designatedRouter = body.ipv4("designated router");
    const backupRouter = body.ipv4("backup router");
    const neighbors = Array.from({ length: Math.floor(body.remaining / 4) }, () => body.ipv4("neighbor"));
    return { kind: "ospf-hello", version, routerId, area, ...settings, designatedRouter, backupRouter, neighbors };
  });
}

type Settings = Pick<OspfHello, "helloIntervalS" | "deadIntervalS" | "priority">;

function readV2(body: Cursor): Settings {
  body.skip(4, "network mask");
  const helloIntervalS = body.u16("hello interval");
  body.skip(1, "options");
  return { helloIntervalS, priority: body.u8("priority"), deadIntervalS: body.u32("dead interval") };
}

function readV3(body: Cursor): Settings {
  body.skip(4, "interface");
  const priority = body.u8("priority");
  body.skip(3, "options");
  return { priority, helloIntervalS: body.u16("hello interval"), deadIntervalS: body.u16("dead interval") };
}
