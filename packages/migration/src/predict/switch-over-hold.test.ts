import { describe, expect, it } from "vitest";
import { nearsSwitchOver } from "./switch-over-hold.ts";

const mebibyte = 1024 * 1024;
const look = { round: 2, memoryRemainingBytes: 5 * mebibyte, rateBps: 100 * 8 * mebibyte };

describe("the hold on the switch-over", () => {
  it("ends when what is left takes no longer than the guest may stand still", () => {
    expect(nearsSwitchOver(look, 50)).toBe(true);
    expect(nearsSwitchOver({ ...look, memoryRemainingBytes: 6 * mebibyte }, 50)).toBe(false);
    expect(nearsSwitchOver({ ...look, memoryRemainingBytes: 6 * mebibyte }, 100)).toBe(true);
  });

  it("does not end in the first round, of whose dirt nothing is known", () => {
    expect(nearsSwitchOver({ ...look, round: 1, memoryRemainingBytes: 0 }, 300)).toBe(false);
  });

  it("does not wait for a copy that says nothing of its rate", () => {
    expect(nearsSwitchOver({ ...look, rateBps: undefined }, 50)).toBe(true);
    expect(nearsSwitchOver({ ...look, rateBps: 0 }, 50)).toBe(true);
  });
});
