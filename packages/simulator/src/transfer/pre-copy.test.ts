import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { pace } from "../limits.ts";
import { Wire } from "../network/wire.ts";
import { PreCopy } from "./pre-copy.ts";

interface Guest {
  readonly memoryBytes: number;
  /** Bytes that are dirtied in a millisecond, and at most at all. */
  readonly dirtyBytesPerMs: number;
  readonly workingSetBytes: number;
  readonly maxDowntimeMs: number;
  readonly maxRateBps?: number;
}

const bytesPerMs = 100_000;

async function copied(
  guest: Guest,
  limitMs: number,
): Promise<{ rounds: number; bytes: number; stoppedMs: number; sentMs: number }> {
  const clock = new VirtualClock({ turn: async () => undefined });
  const wire = new Wire(clock);
  const link = wire.addLink(bytesPerMs * 8_000);
  const seen = { stoppedMs: 0, sentMs: 0 };
  const options = {
    path: [link],
    maxRateBps: guest.maxRateBps ?? 1e12,
    maxDowntimeMs: guest.maxDowntimeMs,
    memoryInUseBytes: guest.memoryBytes,
    dirtiedBytes: (ms: number) => Math.min(guest.workingSetBytes, guest.dirtyBytesPerMs * ms),
  };
  const copy = new PreCopy(clock, wire, options, {
    round: () => undefined,
    lastPass: () => {
      seen.stoppedMs = clock.nowMs();
    },
    sent: () => {
      seen.sentMs = clock.nowMs();
    },
  });
  await clock.pass(limitMs);
  return { rounds: copy.round, bytes: copy.sentBytes, ...seen };
}

describe("pre-copy", () => {
  it("is the geometric series of its rounds, as long as the working set does not bound them", async () => {
    const ratio = fc.double({ min: 0.01, max: 0.9, noNaN: true });
    const memory = fc.integer({ min: 1_000_000, max: 1_000_000_000 });
    await fc.assert(
      fc.asyncProperty(memory, ratio, fc.integer({ min: 1, max: 500 }), async (memoryBytes, q, maxDowntimeMs) => {
        const guest = { memoryBytes, dirtyBytesPerMs: q * bytesPerMs, workingSetBytes: memoryBytes, maxDowntimeMs };
        const result = await copied(guest, 1e9);
        // Round i sends memory · qⁱ; the first one that fits into the downtime limit is sent with the guest stopped.
        const firstMs = memoryBytes / bytesPerMs;
        const last = Math.max(1, Math.ceil(Math.log(maxDowntimeMs / firstMs) / Math.log(q) - 1e-9));
        const upTo = (count: number): number => (memoryBytes * (1 - q ** count)) / (1 - q);
        expect(result.rounds).toBe(last + 1);
        expect(result.bytes / upTo(last + 1)).toBeCloseTo(1, 6);
        expect(result.stoppedMs / (upTo(last) / bytesPerMs)).toBeCloseTo(1, 6);
        expect(result.sentMs - result.stoppedMs).toBeCloseTo(
          (memoryBytes * q ** last) / bytesPerMs + pace.deviceStateMs,
          3,
        );
      }),
      { numRuns: 60 },
    );
  });

  it("never sends more than the working set again", async () => {
    const guest = { memoryBytes: 1e9, dirtyBytesPerMs: 1e9, workingSetBytes: 10_000_000, maxDowntimeMs: 100 };
    expect(await copied(guest, 60_000)).toMatchObject({ rounds: 2, bytes: 1_010_000_000 });
  });

  it("never ends for a guest that dirties faster than it is sent", async () => {
    const guest = { memoryBytes: 1e8, dirtyBytesPerMs: bytesPerMs, workingSetBytes: 1e8, maxDowntimeMs: 300 };
    const result = await copied(guest, 3_600_000);
    expect(result).toMatchObject({ stoppedMs: 0, sentMs: 0 });
    expect(result.rounds).toBeGreaterThan(3_000);
  });

  it("keeps to the cap while the guest runs, and forgets it once the guest is stopped", async () => {
    const guest = { memoryBytes: 1e8, dirtyBytesPerMs: 2_000, workingSetBytes: 1e7, maxDowntimeMs: 1_000 };
    const capped = await copied({ ...guest, maxRateBps: bytesPerMs * 8_000 * 0.1 }, 60_000);
    expect(capped.stoppedMs).toBeCloseTo(1e8 / 10_000, 0);
    // What it dirtied in ten seconds, at the link's full rate.
    expect(capped.sentMs - capped.stoppedMs).toBeCloseTo(1e7 / bytesPerMs + pace.deviceStateMs, 3);
  });
});
