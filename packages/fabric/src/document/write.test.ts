import fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryFabric } from "./arbitrary-fabric.fixture.ts";
import { parseFabricDocument } from "./parse.ts";
import { writeFabricDocument } from "./write.ts";

test("what is written is read back as the same fabric", () => {
  fc.assert(
    fc.property(arbitraryFabric, (fabric) => {
      expect(parseFabricDocument(writeFabricDocument(fabric), "written.yaml")).toStrictEqual(fabric);
    }),
    { numRuns: 100 },
  );
});
