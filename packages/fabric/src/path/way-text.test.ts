import { describe, expect, it } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import { flowPath } from "./flow-path.ts";
import type { Design } from "./two-sites.fixture.ts";
import { twoSites } from "./two-sites.fixture.ts";
import { wayText } from "./way-text.ts";

function textOf(design: Design, web: string, name = "east-west"): readonly string[] {
  const index = indexFabric(twoSites(design));
  const flow = index.flow(name);
  if (flow === undefined) throw new Error(`no flow ${name}`);
  return wayText(flowPath(index, flow, new Map([["web", web]])).forward);
}

describe("a way for people", () => {
  it("has a line for each device, and one for each stretch between", () => {
    expect(textOf({}, "h3")).toEqual([
      "h3 (endpoint web)",
      "  web to a: h3 > b (b/h3--h3/up, VLAN 10), b > a (a/dci--b/dci, VLAN 10, between sites)",
      "a (gateway gw-web)",
      "  db to h2: a > h2 (a/h2--h2/up, VLAN 20)",
      "h2 (endpoint db)",
    ]);
  });

  it("goes through a box and back to the same router in order", () => {
    expect(textOf({}, "h1", "walled").map((line) => line.split(":")[0])).toEqual([
      "ext1 (endpoint client)",
      "  out1 to a",
      "a (router)",
      "  stub1 to fw1",
      "fw1 (service wall1)",
      "  stub1 to a",
      "a (router)",
      "  web to h1",
      "h1 (endpoint web)",
    ]);
  });

  it("tells alternatives with their probabilities", () => {
    const lines = textOf({ filters: { hello: "yes", virtualMac: "no", gatewayArp: "no" } }, "h3");
    expect(lines[0]).toBe(
      "one of 2 ways: a and b are both active for gw-web, and the switches learn its virtual MAC at whichever spoke last",
    );
    expect(lines.filter((line) => line.startsWith("with probability"))).toEqual([
      "with probability 0.5:",
      "with probability 0.5:",
    ]);
    expect(lines.some((line) => line.startsWith("  a (gateway gw-web)"))).toBe(true);
  });

  it("ends where the way does, and says why", () => {
    const lines = textOf({ filters: { hello: "no", virtualMac: "yes", gatewayArp: "no" } }, "h3");
    expect(lines).toEqual([
      "h3 (endpoint web)",
      "✗ nobody at h3 learns the virtual MAC of gw-web (active: a): frames to it are flooded, and dropped on a/dci--b/dci",
    ]);
  });

  it("says what is not known", () => {
    expect(wayText({ kind: "unknown", why: "nobody looked" })).toEqual(["unknown: nobody looked"]);
  });
});
