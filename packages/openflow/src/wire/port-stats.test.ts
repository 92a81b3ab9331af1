import { describe, expect, it } from "vitest";
import { OpenFlowError } from "../errors.ts";
import { encodePortStatisticsRequest, readPortStatistics } from "./port-stats.ts";

/** As section 7.3.5.6 lays `struct ofp_port_stats` out: number, pad, then twelve counters and the age. */
function entry(port: number, counters: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(112);
  bytes.writeUInt32BE(port, 0);
  counters.forEach((value, at) => bytes.writeBigUInt64BE(value, 8 + at * 8));
  return bytes;
}

const answer = (flags: number, ...entries: readonly Buffer[]): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(4, 0);
  head.writeUInt16BE(flags, 2);
  return Buffer.concat([head, ...entries]);
};

describe("port statistics", () => {
  it("are asked for all ports", () => {
    expect(encodePortStatisticsRequest().toString("hex")).toBe("0004000000000000ffffffff00000000");
  });

  it("are read with the database's number of the bridge's own port", () => {
    const body = answer(0, entry(3, [5n, 6n, 700n, 800n]), entry(0xffff_fffe, [1n, 2n, 3n, 4n]));
    expect(readPortStatistics(body)).toEqual({
      isLast: true,
      ports: [
        { port: 3, receivedFrames: 5n, sentFrames: 6n, receivedBytes: 700n, sentBytes: 800n },
        { port: 65_534, receivedFrames: 1n, sentFrames: 2n, receivedBytes: 3n, sentBytes: 4n },
      ],
    });
  });

  it("leave out a port that does not count, and say when more follows", () => {
    const body = answer(1, entry(1, [0xffff_ffff_ffff_ffffn, 0n, 0n, 0n]));
    expect(readPortStatistics(body)).toEqual({ isLast: false, ports: [] });
  });

  it.each([answer(0, Buffer.alloc(111)), Buffer.alloc(7), Buffer.alloc(8)])(
    "refuse what is cut off or of another kind",
    (body) => {
      expect(() => readPortStatistics(body)).toThrow(OpenFlowError);
    },
  );
});
