import { describe, expect, it } from "vitest";
import { killWriters } from "./killed-writer.fixture.ts";

const rounds = 4;
/** Each round starts programs, which takes a busy machine long. */
const roundsMs = 240_000;

describe("a writer that is killed", () => {
  it("loses nothing that was acknowledged and leaves nothing half written", { timeout: roundsMs }, async () => {
    const remains = await killWriters(rounds);
    expect(remains).toMatchObject({ lost: [], half: [], events: { oldest: 1, newest: remains.found } });
    expect(remains.acknowledged).toBeGreaterThan(rounds);
    expect(remains.unheardOf).toBeLessThanOrEqual(rounds);
  });
});
