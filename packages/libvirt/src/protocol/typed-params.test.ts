import { expect, test } from "vitest";
import { LibvirtError } from "../errors.ts";
import { booleanParam, numberParam, stringParam, typedParam } from "./typed-params.ts";

const params = [
  typedParam.ullong("memory_total", 2n ** 40n),
  typedParam.int("operation", 5),
  typedParam.string("migrate_disks", "vda"),
  typedParam.string("migrate_disks", "vdb"),
  typedParam.boolean("success", false),
  typedParam.string("operation_name", "out"),
];

test("a reader finds the first value of its kind, whatever its width", () => {
  expect(numberParam(params, "memory_total")).toBe(2 ** 40);
  expect(numberParam(params, "operation")).toBe(5);
  expect(stringParam(params, "migrate_disks")).toBe("vda");
  expect(booleanParam(params, "success")).toBe(false);
});

test("what is absent, or of another kind, is undefined", () => {
  expect(numberParam(params, "downtime")).toBeUndefined();
  expect(numberParam(params, "operation_name")).toBeUndefined();
  expect(stringParam(params, "operation")).toBeUndefined();
  expect(booleanParam(params, "operation")).toBeUndefined();
});

test("a wide builder takes numbers that are exact, and no others", () => {
  expect(typedParam.ullong("bandwidth", 100)).toEqual({ field: "bandwidth", type: "ullong", value: 100n });
  expect(() => typedParam.ullong("bandwidth", 1.5)).toThrow(LibvirtError);
  expect(() => typedParam.llong("bandwidth", 2 ** 60)).toThrow(LibvirtError);
});
