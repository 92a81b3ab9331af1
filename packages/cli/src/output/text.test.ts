import { describe, expect, it } from "vitest";
import { hostName, moveId } from "@trunkline/model";
import type { MoveReport } from "@trunkline/model";
import { reportText } from "./text.ts";

const report: MoveReport = {
  moveId: moveId("m1"),
  vm: "vm1",
  source: hostName("h1"),
  target: hostName("h2"),
  outcome: "completed",
  runsOn: hostName("h2"),
  checks: [],
  predicted: null,
  measured: { moveMs: 900, phases: {} },
  evidence: [],
  failure: null,
};

describe("a report", () => {
  it("leads to its record", () => {
    expect(reportText(report)).toContain("trunkline move show m1");
    expect(reportText({ ...report, outcome: "failed", measured: null })).toContain("trunkline move show m1");
  });

  it("of a VM that nobody runs any more says so", () => {
    const failure = { code: "move.failed", message: "neither host has a running copy: its QEMU process is gone" };
    const text = reportText({ ...report, outcome: "failed", runsOn: null, failure });
    expect(text).toContain("it runs on neither host");
  });

  it.each([
    ["was refused", { ...report, outcome: "refused", measured: null }],
    ["had nothing to do", { ...report, measured: null }],
  ] as const)("leads to no record when the move %s", (_why, unrecorded) => {
    expect(reportText(unrecorded)).not.toContain("move show");
  });
});
