import { describe, it } from "vitest";
import { killWriters } from "./killed-writer.fixture.ts";

describe("a writer that is killed", () => {
  it("loses nothing that was acknowledged and leaves nothing half written", async () => {
    await killWriters(4);
  });
});
