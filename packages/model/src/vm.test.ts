import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBlocked } from "./check.ts";
import { isOlder, versionText } from "./vm.ts";

const version = fc.record({ major: fc.nat(), minor: fc.nat(), patch: fc.nat() });

describe("versions", () => {
  it("are compared by number, not by text", () => {
    expect(isOlder({ major: 8, minor: 2, patch: 9 }, { major: 8, minor: 2, patch: 10 })).toBe(true);
    expect(isOlder({ major: 8, minor: 10, patch: 0 }, { major: 8, minor: 9, patch: 99 })).toBe(false);
    expect(isOlder({ major: 9, minor: 0, patch: 0 }, { major: 10, minor: 0, patch: 0 })).toBe(true);
    expect(versionText({ major: 8, minor: 2, patch: 10 })).toBe("8.2.10");
  });

  it("are ordered: of two different ones exactly one is older", () => {
    fc.assert(
      fc.property(version, version, (left, right) => {
        const isSame = versionText(left) === versionText(right);
        expect([isOlder(left, right), isOlder(right, left)].filter(Boolean)).toHaveLength(isSame ? 0 : 1);
      }),
    );
  });
});

describe("a list of checks", () => {
  const check = (severity: "pass" | "warn" | "block" | "unknown") => ({
    rule: "r",
    severity,
    subject: "s",
    message: "m",
  });

  it("blocks by a block alone: doubt and warnings do not", () => {
    expect(isBlocked([check("pass"), check("warn"), check("unknown")])).toBe(false);
    expect(isBlocked([check("pass"), check("block")])).toBe(true);
    expect(isBlocked([])).toBe(false);
  });
});
