/**
 * A fabric that keeps what fabric.ts promises and document/ checks, out of one that another tool's data gave. Each step leaves
 * out or writes otherwise as little as it can, and notes it; a fabric that is sound already comes back as it was.
 */
import type { Fabric } from "../../fabric.ts";
import type { NoteList } from "../import-result.ts";
import { withAddressesInPlace } from "./addresses-in-place.ts";
import { withCleanNames } from "./clean-names.ts";
import { withOneSegmentANumber } from "./one-segment-a-number.ts";
import { withSoundPlugs } from "./plugs.ts";

/** @param preferred names of segments that stay where two become one. */
export function soundFabric(fabric: Fabric, notes: NoteList, preferred: ReadonlySet<string> = new Set()): Fabric {
  const named = withCleanNames(fabric, notes);
  const numbered = withOneSegmentANumber(named, preferred, notes);
  return withAddressesInPlace(withSoundPlugs(numbered, notes), notes);
}
