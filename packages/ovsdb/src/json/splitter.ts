/**
 * Cuts a stream of bytes into JSON objects. OVSDB is JSON-RPC 1.0 over a bare byte stream (RFC 7047 section 4): messages
 * follow each other without length or separator, so the only border is the closing brace of the outermost object.
 *
 * INVARIANTS
 * - What is handed out does not depend on how the stream was cut into chunks.
 * - At most `maxBytes` of an unfinished message are kept, in one buffer, however small the chunks were.
 * - Anything but white space between two objects is an error; after an error the splitter must not be used again.
 *
 * Only braces, brackets and strings are understood here; whether the text is JSON is left to `JSON.parse`.
 */
import { OvsdbError, reasonOf } from "../errors.ts";
import { MAX_MESSAGE_BYTES, MAX_MESSAGE_DEPTH } from "../limits.ts";

export interface SplitterLimits {
  readonly maxBytes?: number;
  readonly maxDepth?: number;
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const smallestBufferBytes = 4096;

export class JsonSplitter {
  readonly #maxBytes: number;
  readonly #maxDepth: number;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #kept = new Uint8Array(0);
  #keptBytes = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;

  constructor(limits: SplitterLimits = {}) {
    this.#maxBytes = limits.maxBytes ?? MAX_MESSAGE_BYTES;
    this.#maxDepth = limits.maxDepth ?? MAX_MESSAGE_DEPTH;
  }

  /** Bytes of an unfinished message that are held back. */
  get pendingBytes(): number {
    return this.#keptBytes;
  }

  /** Yields the text of every object that ends in this chunk. Throws `ovsdb.protocol` at the byte that breaks a rule. */
  *push(chunk: Uint8Array): Generator<string, void, undefined> {
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0;
      if (this.#depth === 0) {
        if (isWhiteSpace(byte)) {
          start = index + 1;
          continue;
        }
        if (byte !== openBrace)
          throw broken(`byte 0x${byte.toString(16).padStart(2, "0")} stands where a message begins`);
        start = index;
      }
      if (this.#step(byte)) {
        const end = index + 1;
        const text = this.#finish(chunk.subarray(start, end));
        start = end;
        yield text;
      }
    }
    if (this.#depth > 0) this.#keep(chunk.subarray(start));
  }

  /** Advances by one byte; true when this byte closes the outermost object. */
  #step(byte: number): boolean {
    if (this.#isInString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === backslash) this.#isEscaped = true;
      else if (byte === quote) this.#isInString = false;
      return false;
    }
    switch (byte) {
      case quote:
        this.#isInString = true;
        return false;
      case openBrace:
      case openBracket:
        this.#depth += 1;
        if (this.#depth > this.#maxDepth) throw broken(`a message is nested deeper than ${this.#maxDepth} levels`);
        return false;
      case closeBrace:
      case closeBracket:
        this.#depth -= 1;
        return this.#depth === 0;
      default:
        return false;
    }
  }

  #finish(last: Uint8Array): string {
    let bytes = last;
    if (this.#keptBytes > 0) {
      this.#keep(last);
      bytes = this.#kept.subarray(0, this.#keptBytes);
    } else if (last.length > this.#maxBytes) {
      throw this.#tooLong();
    }
    this.#kept = new Uint8Array(0);
    this.#keptBytes = 0;
    try {
      return this.#decoder.decode(bytes);
    } catch (error) {
      throw broken(`a message is not UTF-8: ${reasonOf(error)}`);
    }
  }

  #keep(bytes: Uint8Array): void {
    const neededBytes = this.#keptBytes + bytes.length;
    if (neededBytes > this.#maxBytes) throw this.#tooLong();
    if (neededBytes > this.#kept.length) {
      const grown = new Uint8Array(Math.min(this.#maxBytes, Math.max(smallestBufferBytes, neededBytes * 2)));
      grown.set(this.#kept.subarray(0, this.#keptBytes));
      this.#kept = grown;
    }
    this.#kept.set(bytes, this.#keptBytes);
    this.#keptBytes = neededBytes;
  }

  #tooLong(): OvsdbError {
    return broken(`a message is longer than ${this.#maxBytes} bytes`);
  }
}

function isWhiteSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function broken(what: string): OvsdbError {
  return new OvsdbError("ovsdb.protocol", `The peer does not speak JSON-RPC: ${what}.`);
}
