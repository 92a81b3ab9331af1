import { expect, test } from "vitest";
import { readPing } from "./ping-watch.ts";

test("pings and their answers are told apart, and everything else is left out", () => {
  const request = "1764160000.123456 eth0  Out IP 10.77.10.9 > 10.77.10.50: ICMP echo request, id 7, seq 12, length 64";
  const reply = "1764160000.124456 eth0  In  IP 10.77.10.50 > 10.77.10.9: ICMP echo reply, id 7, seq 12, length 64";
  expect(readPing(request)).toEqual({ atMs: 1_764_160_000_123.456, isReply: false, ping: "7/12" });
  expect(readPing(reply)).toMatchObject({ isReply: true, ping: "7/12" });
  expect(readPing("1764160000.1 eth0 In IP a > b: ICMP host unreachable")).toBeUndefined();
});
