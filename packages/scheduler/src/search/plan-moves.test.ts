import { describe, expect, it } from "vitest";
import { BestMoves } from "./best-moves.ts";
import { LoadsTable, draws } from "./loads.fixture.ts";
import { planMoves } from "./plan-moves.ts";
import { sequence } from "./sequence.ts";

const looks = 1_000_000;
/** Drawn anew for every plan, so that a case can be had again by itself. */
const bounds = () => ({ looks, polish: { looks, draw: draws(7) } });

describe("a plan of moves", () => {
  it("is empty where nothing is to be gained", () => {
    const table = new LoadsTable({ capacities: [10, 10], sizes: [3, 3], hosts: [0, 1] });
    expect(planMoves(table, bounds())).toMatchObject({ steps: [], stuck: [], scoreBefore: 18, scoreAfter: 18 });
  });

  it("says of each move what the score is when it is done", () => {
    const table = new LoadsTable({ capacities: [10, 10], sizes: [2, 3, 3], hosts: [0, 0, 0] });
    const { steps, scoreAfter } = planMoves(table, bounds());
    expect(steps).toEqual([{ vm: 1, source: 0, target: 1, isTemporary: false, score: 34 }]);
    expect(scoreAfter).toBe(34);
  });

  it("puts a VM back where another one serves better beside the others", () => {
    // 5 is the best single move out of 5, 4, 3; with two hosts to fill, 4 and 3 beside 5 that stays are better than 5 and 4.
    const table = new LoadsTable({ capacities: [20, 20, 20], sizes: [5, 4, 3], hosts: [0, 0, 0] });
    const { steps, scoreAfter } = planMoves(table, { ...bounds(), maxMoves: 2 });
    expect(steps.length).toBe(2);
    expect(scoreAfter).toBe(50);
  });

  it("moves no more VMs than it may, and none for less than a move is to gain", () => {
    const loads = { capacities: [40, 40, 40], sizes: [5, 4, 3, 2, 1], hosts: [0, 0, 0, 0, 0] };
    expect(planMoves(new LoadsTable(loads), { ...bounds(), maxMoves: 1 }).steps).toHaveLength(1);
    const best = new BestMoves(new LoadsTable(loads)).best()?.gain ?? 0;
    expect(planMoves(new LoadsTable(loads), { ...bounds(), minGain: best + 1 }).steps).toEqual([]);
  });

  it("says so when it was not looked at long enough", () => {
    const loads = { capacities: [40, 40, 40], sizes: [5, 4, 3, 2, 1], hosts: [0, 0, 0, 0, 0] };
    expect(planMoves(new LoadsTable(loads), { ...bounds(), looks: 1 })).toMatchObject({ isCutShort: true, steps: [] });
    expect(planMoves(new LoadsTable(loads), bounds())).toMatchObject({ isCutShort: false });
  });
});

describe("an order of moves", () => {
  it("sends a VM to a third host where two wait for each other's room", () => {
    const table = new LoadsTable({ capacities: [4, 4, 3], sizes: [3, 3], hosts: [0, 1] });
    const { steps, stuck } = sequence(table, Int32Array.of(1, 0));
    expect(stuck).toEqual([]);
    expect(steps.map(({ vm, target, isTemporary }) => [vm, target, isTemporary])).toEqual([
      [0, 2, true],
      [1, 0, false],
      [0, 1, false],
    ]);
  });

  it("names what cannot go where there is no such host", () => {
    const table = new LoadsTable({ capacities: [4, 4, 2], sizes: [3, 3], hosts: [0, 1] });
    expect(sequence(table, Int32Array.of(1, 0))).toEqual({ steps: [], stuck: [0, 1] });
  });
});
