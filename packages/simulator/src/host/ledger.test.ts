import { vmId } from "@trunkline/model";
import { beforeEach, describe, expect, it } from "vitest";
import { Ledger } from "./ledger.ts";
import type { Memory } from "./ledger.ts";

const vm = vmId("6f1d9d1e-1111-4222-8333-abcdefabcdef");

describe("the ledger", () => {
  let nowMs = 0;
  let ledger: Ledger;
  let source: Memory;
  const laws = (): readonly string[] => ledger.violations().map(({ law }) => law);

  beforeEach(() => {
    nowMs = 0;
    ledger = new Ledger(() => nowMs);
    ledger.open(vm, "vm1");
    source = ledger.made(vm, "h1", "booted");
    ledger.runs(vm, source);
    nowMs = 1_000;
  });

  it("has nothing to say of a move", () => {
    const target = ledger.made(vm, "h2", "incoming");
    ledger.pauses(vm, source);
    ledger.copied(vm, source, target);
    ledger.runs(vm, target);
    nowMs = 2_000;
    ledger.ended(vm, source, "moved away");
    expect(laws()).toEqual([]);
  });

  it("sees a VM that runs twice, with the time and what came before", () => {
    const target = ledger.made(vm, "h2", "incoming");
    ledger.copied(vm, source, target);
    ledger.runs(vm, target);
    expect(ledger.violations()).toEqual([
      {
        law: "runs-twice",
        vm: "vm1",
        atMs: 1_000,
        message: "vm1 runs on h1 and h2",
        history: [
          "0.000 booted on h1",
          "0.000 runs on h1",
          "1000.000 incoming on h2",
          "1000.000 memory complete on h2",
          "1000.000 runs on h2",
        ],
      },
    ]);
  });

  it("sees memory that is older than the disk", () => {
    const target = ledger.made(vm, "h2", "incoming");
    ledger.pauses(vm, source);
    ledger.copied(vm, source, target);
    ledger.runs(vm, target);
    nowMs = 1_500;
    ledger.pauses(vm, target);
    ledger.runs(vm, source);
    expect(laws()).toEqual(["stale-memory"]);
  });

  it("sees a copy that runs before its memory came", () => {
    const target = ledger.made(vm, "h2", "incoming");
    ledger.pauses(vm, source);
    ledger.runs(vm, target);
    expect(laws()).toEqual(["stale-memory"]);
  });

  it("sees the end of the newest copy, and not the end of an older or an empty one", () => {
    const target = ledger.made(vm, "h2", "incoming");
    ledger.ended(vm, target, "called off");
    expect(laws()).toEqual([]);
    ledger.ended(vm, source, "destroyed by the controller");
    expect(laws()).toEqual(["lost"]);
  });

  it("blames nobody for what a fault or an operator ended, until the VM is started again", () => {
    ledger.ended(vm, source, "QEMU died", "its QEMU died");
    expect(laws()).toEqual([]);
    const again = ledger.made(vm, "h1", "booted");
    ledger.runs(vm, again);
    ledger.ended(vm, again, "destroyed by the controller");
    expect(laws()).toEqual(["lost"]);
  });
});
