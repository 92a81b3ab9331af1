import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Gateway, GatewayMember } from "../fabric.ts";
import { electActive } from "./priority.ts";
import type { Elected } from "./priority.ts";

const group = (kind: "hsrp" | "vrrp"): Gateway => ({
  name: "gw",
  segment: "web",
  kind,
  address: "10.1.10.1",
  members: [],
});

/** `r1 110 .2 preempts incumbent`: words after the name in any order. */
function member(text: string): GatewayMember {
  const [device = "", ...words] = text.split(" ");
  const priority = words.find((word) => /^\d+$/.test(word));
  const last = words.find((word) => word.startsWith("."));
  return {
    device,
    ...(priority === undefined ? {} : { priority: Number(priority) }),
    ...(last === undefined ? {} : { address: `10.1.10${last}` }),
    ...(words.includes("preempts") ? { preempts: true } : {}),
    ...(words.includes("waits") ? { preempts: false } : {}),
    ...(words.includes("incumbent") ? { isIncumbent: true } : {}),
  };
}

function elect(kind: "hsrp" | "vrrp", texts: readonly string[]): Elected | undefined {
  const members = texts.map(member);
  const incumbents = members.filter(({ isIncumbent }) => isIncumbent === true).map(({ device }) => device);
  return electActive(group(kind), members, new Set(incumbents));
}

describe("the active of a group", () => {
  it.each([
    ["vrrp", ["r1 110 .2", "r2 100 .3"], "r1", "the higher priority"],
    ["vrrp", ["r1 .2", "r2 .10", "r3 .9"], "r2", "between equals the higher address, as a number"],
    ["hsrp", ["r1 .2 preempts", "r2 .10 preempts"], "r2", "the same for HSRP"],
    ["vrrp", ["r1 90", "r2"], "r2", "100 where no priority is said"],
    ["hsrp", ["r1 90 incumbent", "r2 .3"], "r1", "HSRP does not preempt unless it is told to"],
    ["hsrp", ["r1 90 incumbent", "r2 .3 preempts"], "r2", "told to, it does"],
    ["vrrp", ["r1 90 incumbent", "r2 .3"], "r2", "VRRP preempts"],
    ["vrrp", ["r1 90 incumbent", "r2 .3 waits"], "r1", "unless it is told not to"],
    ["vrrp", ["r1 .2 incumbent", "r2 .3"], "r1", "a VRRP backup of the same priority stays one"],
    ["hsrp", ["r1 .2 incumbent", "r2 .3 preempts"], "r2", "an HSRP router with the higher address takes over"],
    ["vrrp", ["r1 200 incumbent", "r2 255 waits"], "r2", "the owner always preempts"],
    ["vrrp", ["r1 200 incumbent", "r2 100 .1 waits"], "r2", "the owner is known by its address"],
    ["hsrp", ["r1 200 incumbent", "r2 255 .1"], "r1", "HSRP knows no owner"],
    ["hsrp", ["r1 100 .2 incumbent", "r2 120 .3 incumbent"], "r2", "of two that were active apart, the higher"],
    ["hsrp", ["r1 90 incumbent", "r2 120", "r3 110 preempts"], "r3", "the best of those that preempt"],
  ] as readonly (readonly ["hsrp" | "vrrp", readonly string[], string, string])[])(
    "%s of %j is %s: %s",
    (kind, members, active) => {
      expect(elect(kind, members)?.active).toBe(active);
    },
  );

  it("is nobody where nobody is there", () => {
    expect(elect("vrrp", [])).toBeUndefined();
  });

  it("has the next best as its standby", () => {
    expect(elect("vrrp", ["r1 100", "r2 120", "r3 110"])).toEqual({ active: "r2", standby: "r3" });
    expect(elect("vrrp", ["r1"])).toEqual({ active: "r1" });
  });

  it("rests on an assumption where who came first would decide", () => {
    expect(elect("hsrp", ["r1 110 .2", "r2 100 .3"])?.assumes).toBe(
      "r1 would not take over from r2, and nothing says which of them is active now",
    );
    expect(elect("vrrp", ["r1 .2", "r2 .3"])?.assumes).toContain("nothing says which of them is active now");
    expect(elect("vrrp", ["r1 110 .2", "r2 100 .3"])?.assumes).toBeUndefined();
    expect(elect("hsrp", ["r1 110 .2", "r2 100 .3 incumbent"])?.assumes).toBeUndefined();
  });

  it("rests on an assumption where equal priorities have no addresses", () => {
    expect(elect("hsrp", ["r1 preempts", "r2 preempts"])?.assumes).toBe(
      "r1 and r2 have priority 100 and no known addresses to tell them apart",
    );
  });

  it("does not depend on the order of the members", () => {
    const word = fc.constantFrom("90", "100", "110", ".2", ".3", "preempts", "waits", "incumbent");
    const members = fc
      .array(fc.uniqueArray(word, { maxLength: 4 }), { minLength: 1, maxLength: 5 })
      .map((lists) => lists.map((words, at) => [`r${at}`, ...words].join(" ")));
    fc.assert(
      fc.property(fc.constantFrom("hsrp" as const, "vrrp" as const), members, (kind, texts) => {
        expect(elect(kind, texts.toReversed())).toEqual(elect(kind, texts));
      }),
      // Found by it once: a member without an address between two that have one.
      { numRuns: 1000, examples: [["hsrp", ["r0 .2", "r1", "r2 90", "r3 .3"]]] },
    );
  });

  it("is beaten by no member that preempts, whatever was before", () => {
    const members = fc.array(fc.tuple(fc.integer({ min: 1, max: 254 }), fc.boolean()), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(members, (list) => {
        const texts = list.map(([priority, isIncumbent], at) => `r${at} ${priority}${isIncumbent ? " incumbent" : ""}`);
        const active = elect("vrrp", texts)?.active;
        const highest = Math.max(...list.map(([priority]) => priority));
        expect(list[Number(active?.slice(1))]?.[0]).toBe(highest);
      }),
    );
  });
});
