import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { progressPrinter } from "./progress.ts";

it("says why a move is not settled once for each reason, however often the hosts are asked", () => {
  const stream = Object.assign(new PassThrough(), { isTTY: false });
  const printer = progressPrinter({ stream, showAllChecks: false, now: () => 0 });
  for (let times = 0; times < 3; times += 1) printer.phase("reconciling", "the source does not answer");
  printer.phase("reconciling", "the target does not answer");
  const text = String(stream.read());
  expect(text.match(/source does not answer/g)).toHaveLength(1);
  expect(text.match(/target does not answer/g)).toHaveLength(1);
});
