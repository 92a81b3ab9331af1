import { expect, it } from "vitest";
import { vmId } from "@trunkline/model";
import type { JournalMove } from "@trunkline/ports";
import { restingVms } from "./balance-plan.ts";

const vm = (number: number) => vmId(`00000000-0000-4000-8000-00000000000${number}`);
const move = (number: number, changedAt: string, outcome: string): JournalMove =>
  ({ request: { vm: vm(number) }, changedAt, report: { outcome } }) as unknown as JournalMove;

it("a VM that was moved within ten minutes is left alone, and says how long ago that was", () => {
  const recent = [
    move(1, "2026-11-26T11:57:00.000Z", "completed"),
    move(2, "2026-11-26T11:49:59.000Z", "completed"),
    move(3, "2026-11-26T11:59:00.000Z", "refused"),
    move(1, "2026-11-26T11:51:00.000Z", "completed"),
  ];
  expect([...restingVms(recent, "2026-11-26T12:00:00.000Z")]).toEqual([
    [vm(1), "it was moved 3 min ago, and is left alone for 10"],
  ]);
});
