import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { Wire } from "./wire.ts";

const unlimited = 1e12;

describe("streams on a wire", () => {
  it("finish when their bytes are through, at shares that follow who else sends", async () => {
    const clock = new VirtualClock();
    const wire = new Wire(clock);
    const link = wire.addLink(8_000_000);
    const ended: string[] = [];
    const send = (name: string, bytes: number): void => {
      wire.send([link], unlimited, bytes, () => ended.push(`${name} ${Math.round(clock.nowMs())}`));
    };
    // 1,000 bytes a millisecond: alone for one second, shared until the shorter one is through, alone again.
    send("long", 3_000_000);
    clock.after(1_000, () => {
      send("short", 500_000);
    });
    await clock.pass(10_000);
    expect(ended).toEqual(["short 2000", "long 3500"]);
  });

  it("rest while a link is down, and lose nothing", async () => {
    const clock = new VirtualClock();
    const wire = new Wire(clock);
    const link = wire.addLink(8_000_000);
    let endedMs = 0;
    const stream = wire.send([link], unlimited, 1_000_000, () => {
      endedMs = clock.nowMs();
    });
    clock.after(400, () => {
      wire.setCapacity(link, 0);
    });
    await clock.pass(5_000);
    expect(Math.round(wire.leftOf(stream))).toBe(600_000);
    wire.setCapacity(link, 8_000_000);
    await clock.pass(5_000);
    expect(Math.round(endedMs)).toBe(5_600);
  });

  it("carry all bytes in the time that the link needs for them, whoever comes when", async () => {
    const arrivals = fc.array(fc.record({ atMs: fc.nat({ max: 50 }), bytes: fc.integer({ min: 1, max: 100_000 }) }), {
      minLength: 1,
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(arrivals, async (all) => {
        const clock = new VirtualClock({ turn: async () => undefined });
        const wire = new Wire(clock);
        const link = wire.addLink(8_000_000);
        const ends: number[] = [];
        for (const { atMs, bytes } of all)
          clock.after(atMs, () => {
            wire.send([link], unlimited, bytes, () => ends.push(clock.nowMs()));
          });
        await clock.pass(10_000);
        expect(ends).toHaveLength(all.length);
        // A link that is never idle while somebody wants to send ends like one queue.
        let freeMs = 0;
        for (const { atMs, bytes } of all.toSorted((a, b) => a.atMs - b.atMs))
          freeMs = Math.max(freeMs, atMs) + bytes / 1_000;
        expect(Math.max(...ends)).toBeCloseTo(freeMs, 3);
      }),
    );
  });

  it("on a way of a bit a second are still waited for", async () => {
    const clock = new VirtualClock();
    const wire = new Wire(clock);
    let isSent = false;
    wire.send([wire.addLink(1)], unlimited, 100_000, () => {
      isSent = true;
    });
    await clock.pass(790_000_000);
    expect(isSent).toBe(false);
    await clock.pass(20_000_000);
    expect(isSent).toBe(true);
  });
});
