import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "./virtual-clock.ts";

const never = new AbortController().signal;

describe("the virtual clock", () => {
  it("fires timers in the order of their time, equal ones in the order in which they were set", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 }), async (times) => {
        const clock = new VirtualClock({ turn: async () => undefined });
        const fired: [number, number][] = [];
        times.forEach((ms, index) => {
          clock.after(ms, () => fired.push([clock.nowMs(), index]));
        });
        await clock.pass(30);
        expect(fired).toEqual(times.map((ms, index) => [ms, index]).toSorted(([a = 0], [b = 0]) => a - b));
      }),
    );
  });

  it("lets all code go on before the next timer fires", async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const worker = async (): Promise<void> => {
      await clock.sleep(1, never);
      for (let hop = 0; hop < 50; hop += 1) await Promise.resolve();
      log.push(`worker at ${clock.nowMs()}`);
      await clock.sleep(1, never);
      log.push(`worker at ${clock.nowMs()}`);
    };
    clock.after(1.5, () => log.push("timer at 1.5"));
    await clock.run(worker());
    expect(log).toEqual(["worker at 1", "timer at 1.5", "worker at 2"]);
  });

  it("aborts a sleep with the signal's reason, and a deadline in virtual time", async () => {
    const clock = new VirtualClock({ epoch: "2026-03-01T12:00:00.000Z" });
    await expect(clock.run(clock.sleep(60_000, clock.deadline(100)))).rejects.toMatchObject({ name: "TimeoutError" });
    expect(clock.nowMs()).toBe(100);
    expect(clock.timestamp()).toBe("2026-03-01T12:00:00.100Z");
    await expect(clock.sleep(1, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });

  it("never fires what was called off", async () => {
    const clock = new VirtualClock();
    let isFired = false;
    clock.after(5, () => {
      isFired = true;
    })();
    await clock.pass(10);
    expect(isFired).toBe(false);
  });

  it("says so when nothing can happen any more", async () => {
    const clock = new VirtualClock();
    await expect(clock.run(new Promise(() => undefined))).rejects.toThrow("nothing will ever happen");
  });
});
