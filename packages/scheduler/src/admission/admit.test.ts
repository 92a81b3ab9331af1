import { describe, expect, it } from "vitest";
import { admit } from "./admit.ts";
import type { AdmissionInput } from "./admit.ts";
import { flies, paused, star, unpaused, waits } from "./cluster.fixture.ts";

const inventory = star(["h1", "h2", "h3", "h4"]);
const mib = 8 * 1024 * 1024;

function verdict(input: Partial<AdmissionInput>): {
  starts: readonly string[];
  waits: Record<string, readonly string[]>;
} {
  const { start, waiting } = admit({ waiting: [], inFlight: [], inventory, automation: unpaused, ...input });
  return {
    starts: start.map((move) => move.id),
    waits: Object.fromEntries(
      waiting.map(({ id, waitsFor }) => [id, waitsFor.map((reason) => `${reason.kind}: ${reason.message}`)]),
    ),
  };
}

describe("admission", () => {
  it("starts two in and two out of a host about which nothing is said, and tells the others why", () => {
    const waiting = [1, 2, 3].map((number) => waits(`m${number}`, `vm${number} h1 h2`));
    expect(verdict({ waiting })).toEqual({
      starts: ["m1", "m2"],
      waits: {
        m3: [
          "host-out: h1 already sends 2 of 2 moves (vm1, vm2)",
          "host-in: h2 already receives 2 of 2 moves (vm1, vm2)",
        ],
      },
    });
  });

  it("counts what is in flight, unsettled or not", () => {
    const inFlight = [flies("m1", "vm1 h1 h2"), { ...flies("m2", "vm4 h3 h2"), isUnsettled: true }];
    expect(verdict({ inFlight, waiting: [waits("m3", "vm3 h4 h2")] }).waits).toEqual({
      m3: ["host-in: h2 already receives 2 of 2 moves (vm1, vm4)"],
    });
  });

  it("takes the higher priority first, then whoever asked first", () => {
    const waiting = [waits("m1", "vm1 h1 h2"), waits("m2", "vm2 h1 h3"), waits("m3", "vm3 h1 h4", { priority: 5 })];
    expect(verdict({ waiting }).starts).toEqual(["m3", "m1"]);
  });

  it("lets those behind go who need nothing of what the first waits for", () => {
    const inFlight = [flies("m1", "vm1 h1 h2"), flies("m2", "vm2 h1 h2")];
    const waiting = [waits("m3", "vm3 h1 h2"), waits("m4", "vm4 h3 h4")];
    expect(verdict({ inFlight, waiting }).starts).toEqual(["m4"]);
  });

  it("keeps one slot of everything that the first needs, and says for whom", () => {
    const inFlight = [flies("m1", "vm1 h3 h2"), flies("m2", "vm2 h3 h2"), flies("m3", "vm3 h1 h4")];
    const waiting = [waits("m4", "vm4 h1 h2"), waits("m5", "vm5 h1 h4")];
    expect(verdict({ inFlight, waiting })).toEqual({
      starts: [],
      waits: {
        m4: ["host-in: h2 already receives 2 of 2 moves (vm1, vm2)"],
        m5: ["turn: the next departure of h1 is kept for the move of vm4 from h1 to h2, whose turn is before"],
      },
    });
  });

  it("keeps nothing for a move whose slots are all held by moves that nobody can settle", () => {
    const lost = ["vm1 h3 h2", "vm2 h3 h2"].map((way, index) => ({ ...flies(`m${index}`, way), isUnsettled: true }));
    const waiting = [waits("m4", "vm4 h1 h2"), waits("m5", "vm5 h1 h4"), waits("m6", "vm6 h1 h4")];
    expect(verdict({ inFlight: lost, waiting }).starts).toEqual(["m5", "m6"]);
  });

  it("moves a VM once at a time, in the order of asking, whatever the priority", () => {
    const waiting = [waits("m1", "vm1 h1 h2"), waits("m2", "vm1 h2 h3", { priority: 9 })];
    expect(verdict({ waiting })).toEqual({ starts: ["m1"], waits: { m2: ["vm: vm1 is on its way from h1 to h2"] } });
    const full = [flies("m8", "vm8 h4 h2"), flies("m9", "vm9 h4 h2")];
    expect(verdict({ waiting, inFlight: full }).waits["m2"]).toEqual([
      "vm: an earlier move of vm1 from h1 to h2 comes first",
    ]);
  });

  it("orders what was asked for in one millisecond by its number", () => {
    const at = { askedAt: "2026-11-22T10:00:00.000Z" };
    const waiting = [
      { ...waits("m1", "vm1 h2 h3", at), sequence: 2 },
      { ...waits("m2", "vm1 h1 h2", at), sequence: 1 },
    ];
    expect(verdict({ waiting }).starts).toEqual(["m2"]);
  });

  it("holds back what no operator asked for while automation is paused, and lets it hold back nobody", () => {
    const waiting = [waits("m1", "vm1 h1 h2", { origin: "drs", priority: 50 }), waits("m2", "vm1 h1 h3")];
    const { starts, waits: reasons } = verdict({ waiting, automation: paused });
    expect(starts).toEqual(["m2"]);
    expect(reasons["m1"]?.[0]).toBe(
      "paused: automation is paused by ada since 2026-11-22T10:00:00.000Z (audit), and the move comes from drs",
    );
  });

  it("keeps the budgets of the inventory", () => {
    const narrow = star(["h1", "h2", "h3"], { hosts: { h1: { out: 1 }, h3: { in: 0 } } });
    const waiting = [waits("m1", "vm1 h1 h2"), waits("m2", "vm2 h1 h2"), waits("m3", "vm3 h2 h3")];
    expect(verdict({ inventory: narrow, waiting })).toEqual({
      starts: ["m1"],
      waits: {
        m2: ["host-out: h1 already sends 1 of 1 moves (vm1)"],
        m3: ["host-in: h3 receives no moves: its budget is 0"],
      },
    });
  });
});

describe("admission over links", () => {
  it("gives each move its fixed share of the narrowest link, or its own bound when that is lower", () => {
    const links = { h1: { rateBps: 100 * mib, moves: 4 }, h2: { rateBps: 30 * mib, moves: 2 } };
    const waiting = [waits("m1", "vm1 h1 h2"), waits("m2", "vm2 h1 h3", { maxRateBps: 7 * mib })];
    const { start } = admit({
      waiting,
      inFlight: [],
      inventory: star(["h1", "h2", "h3"], { links }),
      automation: unpaused,
    });
    expect(start).toEqual([
      { id: "m1", rateBps: 15 * mib },
      { id: "m2", rateBps: 7 * mib },
    ]);
  });

  it("divides a rate without a number of moves in two, in whole steps of libvirt", () => {
    const links = { h1: { rateBps: 1e9 } };
    const waiting = [1, 2].map((number) => waits(`m${number}`, `vm${number} h1 h2`));
    const { start } = admit({ waiting, inFlight: [], inventory: star(["h1", "h2"], { links }), automation: unpaused });
    expect(start.map((move) => move.rateBps)).toEqual([59 * mib, 59 * mib]);
  });

  it("starts nothing beside a move that nobody limited", () => {
    const budgeted = star(["h1", "h2", "h3"], { links: { h2: { rateBps: 1e9, moves: 4 } } });
    const inFlight = [flies("m1", "vm1 h1 h2")];
    expect(verdict({ inventory: budgeted, inFlight, waiting: [waits("m2", "vm2 h3 h2")] }).waits["m2"]).toEqual([
      "link: the moves that h2/up0--sw1/p-h2 carries already take 1000 of 1000 Mbit/s (vm1)",
    ]);
  });

  it("lets the hosts' budgets alone hold where the links are not known, and says so", () => {
    const budgeted = star(["h1", "h2", "h3"], { links: { h2: { moves: 1 } } });
    const cut = { ...budgeted, links: budgeted.links.filter((link) => link.a.device !== "h3") };
    const { start } = admit({
      waiting: [waits("m1", "vm1 h1 h3")],
      inFlight: [],
      inventory: cut,
      automation: unpaused,
    });
    expect(start).toEqual([
      {
        id: "m1",
        remark: "only the budgets of h1 and h3 hold for it, not those of links: no described way leads from h1 to h3",
      },
    ]);
  });
});
