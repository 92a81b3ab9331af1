import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.ts";

describe("parseAddress", () => {
  it.each([
    ["unix:/run/openvswitch/br0.mgmt", { kind: "unix", path: "/run/openvswitch/br0.mgmt" }],
    ["tcp:10.0.0.1:6640", { kind: "tcp", host: "10.0.0.1", port: 6640 }],
    ["tcp:switch-1.example", { kind: "tcp", host: "switch-1.example", port: 6653 }],
    ["tcp:[fd00::1]:6633", { kind: "tcp", host: "fd00::1", port: 6633 }],
  ])("reads %s", (text, expected) => {
    expect(parseAddress(text)).toEqual(expected);
  });

  it.each([
    "",
    "unix:",
    "tcp:",
    "tcp:h:0",
    "tcp:h:65536",
    "tcp:h:port",
    "tcp:fd00::1:6653",
    "ssl:h:6653",
    "br0",
    "/run/x",
  ])("refuses %j", (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: "openflow.address" }));
  });
});
