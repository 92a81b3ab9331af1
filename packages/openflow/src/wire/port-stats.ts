/** Port statistics: the question and the parts of the answer (section 7.3.5.6). Open vSwitch counts as it answers. */
import { OpenFlowError } from "../errors.ts";
import { LOCAL_PORT_NUMBER, wirePort } from "./ports.ts";

export interface PortStatistics {
  /** As Open vSwitch's database numbers it in `ofport`. */
  readonly port: number;
  readonly receivedFrames: bigint;
  readonly sentFrames: bigint;
  readonly receivedBytes: bigint;
  readonly sentBytes: bigint;
}

export interface PortStatisticsPart {
  readonly ports: readonly PortStatistics[];
  readonly isLast: boolean;
}

/** OFPMP_PORT_STATS. */
const portStatistics = 4;
/** OFPMPF_REPLY_MORE. */
const moreFollows = 1;
const multipartBytes = 8;
const requestBytes = 8;
const entryBytes = 112;
/** A counter that the switch does not keep has all bits set. */
const notKept = 0xffff_ffff_ffff_ffffn;

/** For all ports. */
export function encodePortStatisticsRequest(): Buffer {
  const request = Buffer.alloc(multipartBytes + requestBytes);
  request.writeUInt16BE(portStatistics, 0);
  request.writeUInt32BE(wirePort.none, multipartBytes);
  return request;
}

/** Ports whose frames or bytes are not counted are left out. Throws `openflow.protocol` when the lengths do not add up. */
export function readPortStatistics(body: Buffer): PortStatisticsPart {
  const entries = body.length - multipartBytes;
  if (entries < 0 || entries % entryBytes !== 0 || body.readUInt16BE(0) !== portStatistics)
    throw new OpenFlowError("openflow.protocol", "The peer's answer with port statistics cannot be understood.");
  const ports: PortStatistics[] = [];
  for (let offset = multipartBytes; offset < body.length; offset += entryBytes) {
    const port = body.readUInt32BE(offset);
    const [receivedFrames = 0n, sentFrames = 0n, receivedBytes = 0n, sentBytes = 0n] = [8, 16, 24, 32].map((at) =>
      body.readBigUInt64BE(offset + at),
    );
    if ([receivedFrames, sentFrames, receivedBytes, sentBytes].includes(notKept)) continue;
    const number = port === wirePort.local ? LOCAL_PORT_NUMBER : port;
    ports.push({ port: number, receivedFrames, sentFrames, receivedBytes, sentBytes });
  }
  return { ports, isLast: (body.readUInt16BE(2) & moreFollows) === 0 };
}
