import { describe, it } from "vitest";
import { killWriters } from "./killed-writer.fixture.ts";

describe("a writer that is killed", () => {
  it("loses nothing that was acknowledged, twenty times in a row on one store", async () => {
    await killWriters(20);
  });
});
