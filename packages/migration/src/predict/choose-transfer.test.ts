import { describe, expect, it } from "vitest";
import { chooseTransfer } from "./choose-transfer.ts";
import type { TransferChoice, TransferWish } from "./choose-transfer.ts";
import type { MoveMode } from "@trunkline/model";

const MiB = 1024 * 1024;

/** A guest of 256 MiB that dirties so much a second, over all of its memory, on a link of 100 Mbit/s (12 MB/s). */
const chosen = (mode: MoveMode, dirtyMiBps: number, wish: Omit<TransferWish, "mode"> = {}): TransferChoice =>
  chooseTransfer({ mode, ...wish }, "vm1", {
    memoryInUseBytes: 200 * MiB,
    memoryMiB: 256,
    dirtied: [
      { overMs: 1_000, bytes: dirtyMiBps * MiB },
      { overMs: 5_000, bytes: Math.min(5 * dirtyMiBps, 256) * MiB },
    ],
    history: [],
    rateBps: 100e6,
    maxDowntimeMs: 300,
  });

describe("mode auto", () => {
  it("copies a quiet guest plainly, with a limit that begins low", () => {
    const { plan, check } = chosen("auto", 1);
    expect(plan).toEqual({ mode: "precopy", maxDowntimeMs: 300, downtimeRises: true });
    expect(check).toEqual({
      rule: "convergence",
      severity: "pass",
      subject: "vm1",
      message: "the copy ends without slowing the guest down",
    });
  });

  it("slows a busy guest down, and says so before", () => {
    const { plan, check, predicted } = chosen("auto", 20);
    expect(plan).toMatchObject({ mode: "auto-converge", autoConverge: { initial: 20, increment: 10 } });
    expect([check.severity, predicted.converges]).toEqual(["warn", true]);
    expect(check.message).toContain("slowed down");
  });

  it("refuses what ends in no way, and names the ways out", () => {
    const { check } = chosen("auto", 100_000);
    expect(check.severity).toBe("block");
    expect(check.fix).toContain("--rate");
    expect(check.fix).toContain("--mode precopy");
  });

  it("refuses nothing on an assumption", () => {
    const unknown = chooseTransfer({ mode: "auto" }, "vm1", {
      memoryInUseBytes: undefined,
      memoryMiB: 1_000_000,
      history: [],
      rateBps: 1e6,
      maxDowntimeMs: 1,
    });
    expect(unknown.check.severity).not.toBe("block");
  });
});

describe("post-copy", () => {
  it("is taken where the copy would not end and it is allowed, with what it risks", () => {
    const { plan, check, predicted } = chosen("auto", 100_000, { allowPostCopy: true });
    expect(plan).toMatchObject({ mode: "postcopy", postCopy: "after-first-round" });
    expect([check.severity, predicted.converges]).toEqual(["warn", true]);
    expect(check.message).toContain("lost if either host dies");
  });

  it("is not taken where the copy ends by itself; a deadline then leads to it", () => {
    expect(chosen("auto", 1, { allowPostCopy: true }).plan.postCopy).toBeUndefined();
    const bounded = chosen("auto", 1, { allowPostCopy: true, deadlineMs: 60_000 });
    expect(bounded.plan).toMatchObject({ mode: "precopy", postCopy: "at-deadline" });
    expect(chosen("auto", 1, { deadlineMs: 60_000 }).plan.postCopy).toBeUndefined();
  });

  it("stops the guest for less, and sends what it dirtied in one round once more", () => {
    const { predicted } = chosen("postcopy", 20);
    expect(predicted.bytes).toBeGreaterThan(200 * MiB);
    expect(predicted.bytes).toBeLessThanOrEqual(2 * 256 * MiB);
    expect(predicted.downtimeMs).toBeLessThan(chosen("precopy", 20).predicted.downtimeMs);
  });
});

describe("a deadline", () => {
  const input = {
    memoryInUseBytes: 200 * MiB,
    memoryMiB: 256,
    dirtied: [{ overMs: 1_000, bytes: 1 * MiB }],
    history: [],
    rateBps: 100e6,
    maxDowntimeMs: 300,
  };

  it("that is met changes nothing", () => {
    expect(chooseTransfer({ mode: "auto", deadlineMs: 60_000 }, "vm1", input).check.severity).toBe("pass");
  });

  it("that cannot be met is a warning: the move will be called off", () => {
    const { plan, check } = chooseTransfer({ mode: "auto", deadlineMs: 5_000 }, "vm1", input);
    expect([plan.mode, check.severity]).toEqual(["precopy", "warn"]);
    expect(check.message).toContain("it is given 5 s");
  });

  it("that only a slower guest meets slows it down", () => {
    const busy = {
      ...input,
      dirtied: [
        { overMs: 1_000, bytes: 11 * MiB },
        { overMs: 5_000, bytes: 55 * MiB },
        { overMs: 20_000, bytes: 200 * MiB },
      ],
    };
    const plain = chooseTransfer({ mode: "precopy" }, "vm1", busy).predicted.totalMs;
    const braked = chooseTransfer({ mode: "auto-converge" }, "vm1", busy).predicted.totalMs;
    expect(braked).toBeLessThan(plain);
    const verdict = chooseTransfer({ mode: "auto", deadlineMs: (plain + braked) / 2 }, "vm1", busy);
    expect(verdict.plan.mode).toBe("auto-converge");
  });
});

describe("a mode that was asked for", () => {
  it("is taken, with the limit as it was given", () => {
    const { plan, check } = chosen("precopy", 1);
    expect(plan).toEqual({ mode: "precopy", maxDowntimeMs: 300, downtimeRises: false });
    expect(check.severity).toBe("pass");
  });

  it("is taken although it will not end, with a warning and the other ways", () => {
    const { plan, check } = chosen("precopy", 20);
    expect(plan.mode).toBe("precopy");
    expect(check).toMatchObject({ severity: "warn" });
    expect(check.fix).toContain("--mode auto");
  });

  it("slows a quiet guest down no more than it must", () => {
    expect(chosen("auto-converge", 1)).toMatchObject({ plan: { mode: "auto-converge" }, check: { severity: "pass" } });
  });
});
