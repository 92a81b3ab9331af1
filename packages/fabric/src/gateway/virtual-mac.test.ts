import { describe, expect, it } from "vitest";
import type { Gateway } from "../fabric.ts";
import { virtualMac } from "./virtual-mac.ts";

const gateway = (fields: Partial<Gateway>): Gateway => ({
  name: "gw10",
  segment: "v10",
  kind: "vrrp",
  address: "10.1.10.1",
  members: [],
  ...fields,
});

describe("the virtual MAC of a group", () => {
  it.each([
    [{ kind: "hsrp", group: 10 }, "00:00:0c:07:ac:0a"],
    [{ kind: "hsrp", group: 255 }, "00:00:0c:07:ac:ff"],
    [{ kind: "hsrp", group: 256 }, "00:00:0c:9f:f1:00"],
    [{ kind: "hsrp", group: 10, address: "fe80::1" }, "00:05:73:a0:00:0a"],
    [{ kind: "hsrp", group: 4096 }, undefined],
    [{ kind: "vrrp", group: 1 }, "00:00:5e:00:01:01"],
    [{ kind: "vrrp", group: 200, address: "2001:db8::1" }, "00:00:5e:00:02:c8"],
    [{ kind: "vrrp", group: 0 }, undefined],
    [{ kind: "vrrp", group: 256 }, undefined],
    [{ kind: "glbp", group: 1021 }, "00:07:b4:03:fd:01"],
    [{ kind: "glbp", group: 1024 }, undefined],
    [{ kind: "vrrp" }, undefined],
    [{ kind: "anycast", group: 1 }, undefined],
    [{ kind: "anycast", mac: "02:00:ca:fe:00:ff" }, "02:00:ca:fe:00:ff"],
    [{ kind: "hsrp", group: 10, mac: "02:00:00:00:00:01" }, "02:00:00:00:00:01"],
  ] satisfies readonly (readonly [Partial<Gateway>, string | undefined])[])("%o: %s", (fields, expected) => {
    expect(virtualMac(gateway(fields))).toBe(expected);
  });

  it("counts the forwarders of GLBP", () => {
    expect(virtualMac(gateway({ kind: "glbp", group: 1 }), 2)).toBe("00:07:b4:00:01:02");
  });
});
