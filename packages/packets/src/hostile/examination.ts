/**
 * One packet, as hostile as may be, put through everything that reads it. What must hold: nothing is thrown that is no
 * PacketError, what is read is bounded by the bytes that were given, and what an encoder makes of it reads the same again.
 */
import { PacketError } from "../errors.ts";
import type { Frame } from "../frame/decode-frame.ts";
import { decodeFrame } from "../frame/decode-frame.ts";
import type { Layer } from "../frame/layer.ts";
import { MAX_LAYERS, MAX_VALUES_PER_BYTE, MAX_VALUES_PER_LAYER } from "../limits.ts";
import { encodedAgain } from "./encoded-again.ts";
import type { EncodedAgain, EncodeScope } from "./encoded-again.ts";

/** What is smaller can hardly grow out of bounds, and there is a lot of it. */
const quicklyCountedBytes = 512;

export interface Examination {
  readonly frame: Frame;
  /** What became of every layer that can be sent as well as read. */
  readonly encoded: readonly EncodedAgain[];
}

/**
 * @param scope headers of Ethernet and IP are in every packet and cost the most to encode, and counting what was read costs
 * as much as reading it: runs of many packets have it all done to some of them, and messages sent again in all.
 * @throws Error, and not PacketError, when the packet shows a defect of this package.
 */
export function examine(bytes: Uint8Array, scope: EncodeScope = "all"): Examination {
  return examineFrame(bytes, decodeFrame(bytes), scope);
}

/** The same for who has read the packet already, to see how long that takes. */
export function examineFrame(bytes: Uint8Array, frame: Frame, scope: EncodeScope): Examination {
  const { layers, problem } = frame;
  if (layers.length > MAX_LAYERS) throw new Error(`${layers.length} layers are more than ${MAX_LAYERS}`);
  if (problem !== undefined) judgeProblem(problem, bytes.length);
  if (scope === "all" || bytes.length > quicklyCountedBytes) judgeSize(layers, bytes.length);
  return { frame, encoded: encodedAgain(bytes, frame, scope) };
}

function judgeSize(layers: readonly Layer[], length: number): void {
  const limit = MAX_VALUES_PER_LAYER * (layers.length + 1) + MAX_VALUES_PER_BYTE * length;
  const values = countValues(layers, limit);
  if (values > limit) throw new Error(`more than ${limit} values were read from ${length} bytes`);
}

/** A reason has to say where it is, inside of what was given. */
function judgeProblem(problem: PacketError, length: number): void {
  if (!(problem instanceof PacketError)) throw new Error("the problem is no PacketError");
  const { protocol, field, offset, hint } = problem;
  if (protocol === "" || field === "" || hint === "")
    throw new Error(`a problem without place or hint: ${problem.message}`);
  if (!(offset >= 0 && offset <= length)) throw new Error(`a problem outside of ${length} bytes: ${problem.message}`);
}

/** Numbers, texts and lists in a result: the work that was done for it. Stops beyond `limit`. */
function countValues(value: unknown, limit: number): number {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return 1;
  let count = 1;
  for (const name in value) {
    count += countValues(Reflect.get(value, name), limit - count);
    if (count > limit) return count;
  }
  return count;
}
