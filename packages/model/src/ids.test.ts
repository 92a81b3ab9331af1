import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { vmId } from "./ids.ts";

describe("the id of a VM", () => {
  const canonical = "6f1d9d1e-1111-4222-8333-abcdefabcdef";

  it.each([canonical, canonical.toUpperCase(), canonical.replaceAll("-", "")])("%s is one and the same", (text) => {
    expect(vmId(text)).toBe(canonical);
  });

  it.each([
    "",
    "web1",
    canonical.slice(1),
    `${canonical}0`,
    `${canonical.slice(1)}g`,
    ` ${canonical}`,
    `${canonical}\n`,
  ])("%j is none", (text) => {
    expect(() => vmId(text)).toThrow(`not a UUID: ${JSON.stringify(text)}`);
  });

  it("is its own canonical form, whatever the case", () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        expect(vmId(uuid.toUpperCase())).toBe(uuid);
        expect(vmId(vmId(uuid))).toBe(vmId(uuid));
      }),
    );
  });
});
