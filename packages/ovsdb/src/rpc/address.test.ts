import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.ts";

describe("parseAddress", () => {
  it.each([
    ["unix:/run/openvswitch/db.sock", { kind: "unix", path: "/run/openvswitch/db.sock" }],
    ["tcp:10.0.0.1:6640", { kind: "tcp", host: "10.0.0.1", port: 6640 }],
    ["tcp:switch-1.example", { kind: "tcp", host: "switch-1.example", port: 6640 }],
    ["ssl:[fd00::1]:6641", { kind: "ssl", host: "fd00::1", port: 6641 }],
  ])("reads %s", (text, expected) => {
    expect(parseAddress(text)).toEqual(expected);
  });

  it.each([
    "",
    "unix:",
    "tcp:",
    "tcp:host:0",
    "tcp:host:65536",
    "tcp:host:port",
    "tcp:fd00::1:6640",
    "ptcp:6640",
    "/run/db.sock",
  ])("refuses %j", (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: "ovsdb.address" }));
  });
});
