/** The part of a BPDU that only MSTP has: the region and one record per tree instance (IEEE 802.1Q-2018, clause 14). */
import type { Cursor } from "../wire/cursor.ts";
import { hexOf } from "../wire/text.ts";
import { readBridgeId, roleOf } from "./bridge-id.ts";
import type { BridgeId, PortRole } from "./bridge-id.ts";

export interface SpanningTreeInstance {
  readonly regionalRoot: BridgeId;
  readonly internalRootPathCost: number;
  /** With its lower twelve bits zero, like that of a bridge identifier. */
  readonly bridgePriority: number;
  readonly portPriority: number;
  readonly remainingHops: number;
  readonly role: PortRole;
  readonly isTopologyChange: boolean;
  readonly isProposal: boolean;
  readonly isLearning: boolean;
  readonly isForwarding: boolean;
  readonly isAgreement: boolean;
  readonly isMaster: boolean;
}

export interface MultipleSpanningTree {
  /** Bridges are of one region when name, revision and digest agree. */
  readonly region: string;
  readonly revision: number;
  readonly digest: string;
  readonly internalRootPathCost: number;
  readonly bridge: BridgeId;
  readonly remainingHops: number;
  readonly instances: readonly SpanningTreeInstance[];
}

/** What comes before the instances, and the length of each of them (section 14.4). */
const fixedBytes = 64;
const instanceBytes = 16;

/** @returns undefined when the length says that the sender left the part out, as a bridge does towards another region. */
export function readMst(cursor: Cursor): MultipleSpanningTree | undefined {
  const length = cursor.u16("version 3 length");
  if (length === 0) return undefined;
  if (length < fixedBytes || (length - fixedBytes) % instanceBytes !== 0)
    throw cursor.wrong("version 3 length", `${length} is not ${fixedBytes} and a multiple of ${instanceBytes}.`, 2);
  const part = cursor.part(length, "version 3 part");
  part.skip(1, "format selector");
  const region = part.text(32, "region");
  const revision = part.u16("revision");
  const digest = hexOf(part.bytes(16, "digest"));
  const internalRootPathCost = part.u32("internal root path cost");
  const bridge = readBridgeId(part, "common bridge");
  const remainingHops = part.u8("remaining hops");
  const instances: SpanningTreeInstance[] = [];
  while (part.remaining > 0) instances.push(readInstance(part));
  return { region, revision, digest, internalRootPathCost, bridge, remainingHops, instances };
}

function readInstance(part: Cursor): SpanningTreeInstance {
  const flags = part.u8("instance flags");
  return {
    regionalRoot: readBridgeId(part, "instance root"),
    internalRootPathCost: part.u32("instance path cost"),
    bridgePriority: (part.u8("instance bridge priority") & 0xf0) << 8,
    portPriority: part.u8("instance port priority") & 0xf0,
    remainingHops: part.u8("instance remaining hops"),
    role: roleOf(flags),
    isTopologyChange: (flags & 0x01) !== 0,
    isProposal: (flags & 0x02) !== 0,
    isLearning: (flags & 0x10) !== 0,
    isForwarding: (flags & 0x20) !== 0,
    isAgreement: (flags & 0x40) !== 0,
    isMaster: (flags & 0x80) !== 0,
  };
}
