import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import type { MoveState } from "@trunkline/migration";
import { progressPrinter } from "./progress.ts";

const asking = (why: string, attempt: number): MoveState => ({
  phase: "reconciling",
  cause: { kind: "cancel" },
  step: "ask",
  attempt,
  watched: 0,
  mayRunOnTarget: false,
  ranOnTarget: false,
  transferIsOurs: false,
  why,
  alarm: null,
});

it("says why a move is not settled once for each reason, however often the hosts are asked", () => {
  const stream = Object.assign(new PassThrough(), { isTTY: false });
  const printer = progressPrinter({ stream, showAllChecks: false, now: () => 0 });
  for (const attempt of [1, 2, 3]) printer.phase("reconciling", asking("the source does not answer", attempt));
  printer.phase("reconciling", asking("the target does not answer", 4));
  const text = String(stream.read());
  expect(text.match(/source does not answer/g)).toHaveLength(1);
  expect(text.match(/target does not answer/g)).toHaveLength(1);
});
