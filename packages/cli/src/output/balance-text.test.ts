import { expect, it } from "vitest";
import { hostName, vmId } from "@trunkline/model";
import type { BalancePlan } from "@trunkline/model";
import { balanceText } from "./balance-text.ts";

const pressure = (cpuRatio: number, score: number) => ({ cpuRatio, memoryRatio: 0.25, score });
const [ada, grace] = [hostName("ada"), hostName("grace")];
const plan: BalancePlan = {
  threshold: 3,
  score: { before: 76.84, after: 96.1, bound: 99.2 },
  terms: [
    { name: "contention", before: 10.1, after: 0 },
    { name: "headroom", before: 13.06, after: 3.9 },
  ],
  hosts: [
    { host: ada, closed: null, before: pressure(1.244, 64.6), after: pressure(0.794, 93.4) },
    { host: grace, closed: "grace is in maintenance", before: pressure(0.2, 100), after: pressure(0.65, 97.5) },
  ],
  moves: [
    {
      vm: vmId("00000000-0000-4000-8000-000000000001"),
      name: "web-01",
      source: ada,
      target: grace,
      gain: 96.8,
      level: 2,
      predicted: { totalMs: 9_120, downtimeMs: 100, bytes: 0, rounds: 3, converges: true, basis: "made up" },
      reason: "124 % of the threads of ada are asked for",
    },
  ],
  held: [{ host: ada, move: null, why: "no move helps" }],
  movesByThreshold: [0, 1, 1, 1, 2],
};

it("shows the score with its parts, the hosts before and after, each move with its reason, and what is held", () => {
  expect(balanceText(plan).split("\n")).toEqual([
    "score 76.8 of 100, 96.1 after 1 move(s); no placement exceeds 99.2",
    "  lost: contention -10.1 -> -0.0, headroom -13.1 -> -3.9",
    "",
    "HOST     CPU  AFTER  MEMORY  AFTER  SCORE  AFTER",
    "ada    124 %   79 %    25 %   25 %   64.6   93.4",
    "grace   20 %   65 %    25 %   25 %  100.0   97.5  grace is in maintenance",
    "",
    "  web-01 from ada to grace: gains 96.8 (level 2), takes 9120 ms",
    "      124 % of the threads of ada are asked for",
    "  held     ada: no move helps",
    "  threshold 3; moves at each one: 1: 0, 2: 1, 3: 1, 4: 1, 5: 2",
  ]);
});
