import { expect, test } from "vitest";
import { virtualMacOf, virtualMacText } from "./virtual-mac.ts";
import type { VirtualMac } from "./virtual-mac.ts";

const known: readonly (readonly [string, VirtualMac])[] = [
  ["00:00:0c:07:ac:0a", { protocol: "hsrp", version: 1, family: 4, group: 10 }],
  ["00:00:0c:9f:f3:e8", { protocol: "hsrp", version: 2, family: 4, group: 1000 }],
  ["00:05:73:a0:00:01", { protocol: "hsrp", version: 2, family: 6, group: 1 }],
  ["00:00:5e:00:01:2a", { protocol: "vrrp", family: 4, group: 42 }],
  ["00:00:5e:00:02:2d", { protocol: "vrrp", family: 6, group: 45 }],
  ["00:07:b4:03:fd:01", { protocol: "glbp", group: 1021, forwarder: 1 }],
];

test.each(known)("%s and back", (mac, virtual) => {
  expect(virtualMacOf(mac)).toEqual(virtual);
  expect(virtualMacOf(mac.toUpperCase())).toEqual(virtual);
  expect(virtualMacText(virtual)).toBe(mac);
});

test.each(["52:54:00:12:34:56", "00:00:0c:07:ad:0a", "00:00:5e:00:03:01", "00:07:b4:04:00:01", ""])(
  "%s stands for no group",
  (mac) => {
    expect(virtualMacOf(mac)).toBeUndefined();
  },
);
