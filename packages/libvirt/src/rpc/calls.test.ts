import { expect, test } from "vitest";
import { LibvirtError } from "../errors.ts";
import { MAX_ABANDONED_CALLS, MAX_CALLS_IN_FLIGHT } from "../limits.ts";
import { CallTable } from "./calls.ts";
import type { OpenCall } from "./calls.ts";

function callThat(fail: (error: LibvirtError) => void = () => {}): OpenCall {
  return { program: 1, procedure: 1, settle: () => {}, fail };
}

test("serials begin at 1 and are answered once", () => {
  const table = new CallTable();
  const call = callThat();
  expect([table.add(call), table.add(callThat())]).toEqual([1, 2]);
  expect(table.answer(1)).toEqual({ kind: "open", call });
  expect(table.answer(1)).toEqual({ kind: "unknown" });
  expect(table.answer(3)).toEqual({ kind: "unknown" });
  expect(table.answer(0)).toEqual({ kind: "unknown" });
});

test("an abandoned call has no place any more, and is late once", () => {
  const table = new CallTable();
  for (let count = 0; count < MAX_CALLS_IN_FLIGHT; count++) table.add(callThat());
  expect(table.isFull).toBe(true);
  table.abandon(7);
  expect(table.isFull).toBe(false);
  expect(table.answer(7)).toEqual({ kind: "late" });
  expect(table.answer(7)).toEqual({ kind: "unknown" });
});

test("answers that are owed are counted up to a bound", () => {
  const table = new CallTable();
  for (let count = 0; count < MAX_ABANDONED_CALLS; count++) table.abandon(table.add(callThat()));
  expect(table.hasTooManyAbandoned).toBe(false);
  table.abandon(table.add(callThat()));
  expect(table.hasTooManyAbandoned).toBe(true);
  expect(table.answer(5).kind).toBe("late");
  expect(table.hasTooManyAbandoned).toBe(false);
});

test("the end fails every open call, and only those", () => {
  const table = new CallTable();
  const failed: string[] = [];
  table.add(callThat(() => failed.push("first")));
  table.abandon(table.add(callThat(() => failed.push("given up"))));
  table.add(callThat(() => failed.push("third")));
  table.failAll(new LibvirtError("libvirt.closed", "over"));
  expect(failed).toEqual(["first", "third"]);
  expect(table.answer(1)).toEqual({ kind: "unknown" });
});
