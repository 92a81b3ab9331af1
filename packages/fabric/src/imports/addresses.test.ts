import { describe, expect, it } from "vitest";
import { addressOrder, isInSubnet, isSameAddress, macText, networkOf } from "./addresses.ts";

describe("addresses", () => {
  it.each([
    ["10.1.10.2/24", "10.1.10.0/24"],
    ["10.1.10.130/25", "10.1.10.128/25"],
    ["2001:db8:0:1::7/64", "2001:db8:0:1::/64"],
    ["2001:db8::1/127", "2001:db8::/127"],
    ["::1/0", "::/0"],
    ["10.1.10.2", undefined],
    ["nonsense/24", undefined],
  ])("%s is of network %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it("are compared by value", () => {
    expect(isInSubnet("10.1.10.2/24", "10.1.0.0/16")).toBe(true);
    expect(isInSubnet("10.2.10.2", "10.1.0.0/16")).toBe(false);
    expect(isInSubnet("fe80::1", "10.1.0.0/16")).toBe(false);
    expect(isSameAddress("2001:db8::1", "2001:DB8:0::1/64")).toBe(true);
    expect(isSameAddress("10.0.0.1", "10.0.0.10")).toBe(false);
    expect(["10.0.0.10", "x", "10.0.0.9"].toSorted(addressOrder)).toEqual(["x", "10.0.0.9", "10.0.0.10"]);
  });

  it("of MAC are read in every notation", () => {
    expect(["0200.cafe.00ff", "02-00-CA-FE-00-FF", "02:00:ca:fe:00:ff", "0200cafe00", ""].map(macText)).toEqual([
      "02:00:ca:fe:00:ff",
      "02:00:ca:fe:00:ff",
      "02:00:ca:fe:00:ff",
      undefined,
      undefined,
    ]);
  });
});
