/** What the tests of imports share: the fabric as its own document, and input in another order. */
import { parseFabricDocument } from "../document/parse.ts";
import { writeFabricDocument } from "../document/write.ts";
import type { Fabric } from "../fabric.ts";
import { ordered } from "./import-result.ts";

/** Written as a document and read again, which holds it against every rule of fabric.ts. */
export function throughDocument(fabric: Fabric): Fabric {
  return ordered(parseFabricDocument(writeFabricDocument(fabric), "fabric.yaml"));
}

/** The same data with every list and mapping the other way round, of equal meaning to any import. */
export function reversed(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(reversed).toReversed();
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data)
      .map(([key, value]) => [key, reversed(value)] as const)
      .toReversed(),
  );
}
