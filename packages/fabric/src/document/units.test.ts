import fc from "fast-check";
import { expect, test } from "vitest";
import { formatRate, formatTimeUs, parseRate, parseTimeUs } from "./units.ts";

test.each([
  ["10G", 10e9],
  ["2.5G", 2.5e9],
  ["1.1G", 1_100_000_000],
  ["250M", 250e6],
  ["64k", 64_000],
  ["64K", 64_000],
  ["1T", 1e12],
  ["10Gbps", 10e9],
  ["10 Gbit/s", 10e9],
  ["9600", 9600],
  [9600, 9600],
  [0, 0],
])("%j is a rate of %d bit/s", (written, value) => {
  expect(parseRate(written)).toEqual({ kind: "value", value });
});

test.each([
  ["50us", 50],
  ["50 µs", 50],
  ["1.5ms", 1500],
  ["2s", 2e6],
  ["250ns", 0.25],
  [50, 50],
])("%j is a time of %d microseconds", (written, value) => {
  expect(parseTimeUs(written)).toEqual({ kind: "value", value });
});

test.each(["", "G", "10GB", "10g", "-1G", "1e9", "10 GG", "ten", "1.G", ".5G", -1, Number.NaN, Infinity])(
  "%j is not a rate",
  (written) => {
    expect(parseRate(written).kind).toBe("wrong");
  },
);

test.each(["", "50", "50u", "1,5ms", "-1ms", "5 minutes", -1])("%j is not a time", (written) => {
  expect(parseTimeUs(written).kind).toBe("wrong");
});

test("bytes and slips of the pen have hints of their own", () => {
  expect(parseRate("10GB")).toMatchObject({ hint: expect.stringContaining("bytes are not a unit of rates") });
  expect(parseRate("10g")).toMatchObject({ hint: expect.stringMatching(/^Did you mean 10G\?/) });
  expect(parseTimeUs("50u")).toMatchObject({ hint: expect.stringMatching(/^Did you mean 50us\?/) });
});

test.each([
  [10e9, "10G"],
  [2.5e9, "2.5G"],
  [1_234_567, 1_234_567],
  [7, 7],
  [0, 0],
])("%d bit/s are written %j", (bps, written) => {
  expect(formatRate(bps)).toBe(written);
});

test.each([
  [50, "50us"],
  [0.5, "0.5us"],
  [4100, "4.1ms"],
  [4123, "4123us"],
  [2e6, "2s"],
  [1e-9, 1e-9],
])("%d microseconds are written %j", (us, written) => {
  expect(formatTimeUs(us)).toBe(written);
});

test("whatever is written is read back as the same number", () => {
  const number = fc.oneof(
    fc.nat(),
    fc.nat(10_000).map((n) => n * 1e6),
    fc.double({ min: 0, max: 1e15, noNaN: true }),
  );
  fc.assert(
    fc.property(number, (value) => {
      expect(parseRate(formatRate(value))).toEqual({ kind: "value", value });
      expect(parseTimeUs(formatTimeUs(value))).toEqual({ kind: "value", value });
    }),
  );
});
