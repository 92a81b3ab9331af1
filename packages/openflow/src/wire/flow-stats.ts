/** Individual flow statistics: the question and the parts of the answer (sections 7.3.5 and 7.3.5.2). */
import { OpenFlowError } from "../errors.ts";
import type { CookieFilter } from "../flows/flow.ts";
import { allCookieBits } from "./flow-mod.ts";
import { encodeMatch } from "./match.ts";
import { wirePort } from "./ports.ts";

export interface FlowStatistics {
  readonly cookie: bigint;
  readonly table: number;
  readonly priority: number;
  readonly ageMs: number;
  /** 0: none. */
  readonly idleTimeoutS: number;
  /** 0: none. */
  readonly hardTimeoutS: number;
  readonly packets: bigint;
  readonly bytes: bigint;
}

export interface FlowStatisticsPart {
  readonly flows: readonly FlowStatistics[];
  readonly isLast: boolean;
}

/** OFPMP_FLOW. */
const flowStatistics = 1;
/** OFPMPF_REPLY_MORE. */
const moreFollows = 1;
const multipartBytes = 8;
const requestBytes = 32;
const allTables = 0xff;
const anyGroup = 0xffff_ffff;
/** The fixed part of an entry, without the match, and the smallest match. */
const entryBytes = 48;
const smallestMatchBytes = 8;

export function encodeStatisticsRequest(filter: CookieFilter): Buffer {
  const head = Buffer.alloc(multipartBytes + requestBytes);
  head.writeUInt16BE(flowStatistics, 0);
  head.writeUInt8(allTables, 8);
  head.writeUInt32BE(wirePort.none, 12);
  head.writeUInt32BE(anyGroup, 16);
  head.writeBigUInt64BE(filter.cookie, 24);
  head.writeBigUInt64BE(filter.cookieMask ?? allCookieBits, 32);
  return Buffer.concat([head, encodeMatch({})]);
}

/** Match and instructions of an entry are passed over. Throws `openflow.protocol` when the lengths do not add up. */
export function readStatistics(body: Buffer): FlowStatisticsPart {
  if (body.length < multipartBytes || body.readUInt16BE(0) !== flowStatistics)
    throw malformed("its head is not theirs");
  const flows: FlowStatistics[] = [];
  let offset = multipartBytes;
  while (offset < body.length) {
    const entry = body.subarray(offset);
    if (entry.length < entryBytes + smallestMatchBytes) throw malformed("its last entry is cut off");
    const length = entry.readUInt16BE(0);
    if (length < entryBytes + smallestMatchBytes || length > entry.length)
      throw malformed(`an entry claims to be ${length} bytes long`);
    flows.push({
      table: entry.readUInt8(2),
      ageMs: entry.readUInt32BE(4) * 1000 + Math.floor(entry.readUInt32BE(8) / 1_000_000),
      priority: entry.readUInt16BE(12),
      idleTimeoutS: entry.readUInt16BE(14),
      hardTimeoutS: entry.readUInt16BE(16),
      cookie: entry.readBigUInt64BE(24),
      packets: entry.readBigUInt64BE(32),
      bytes: entry.readBigUInt64BE(40),
    });
    offset += length;
  }
  return { flows, isLast: (body.readUInt16BE(2) & moreFollows) === 0 };
}

function malformed(why: string): OpenFlowError {
  return new OpenFlowError("openflow.protocol", `The peer's answer with flow statistics cannot be understood: ${why}.`);
}
