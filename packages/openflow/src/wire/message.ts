/**
 * The header that every OpenFlow message begins with, and the cutting of a byte stream into messages.
 * Sections are those of the OpenFlow Switch Specification 1.3.5, here and in the whole package.
 */
import { OpenFlowError } from "../errors.ts";

/** Wire version 0x04 is OpenFlow 1.3 (section 7.1). */
export const OPENFLOW_13 = 4;

/** Those of section 7.1, `enum ofp_type`, that this package sends or understands. */
export const messageType = {
  hello: 0,
  error: 1,
  echoRequest: 2,
  echoReply: 3,
  experimenter: 4,
  packetIn: 10,
  flowRemoved: 11,
  portStatus: 12,
  packetOut: 13,
  flowMod: 14,
  multipartRequest: 18,
  multipartReply: 19,
  barrierRequest: 20,
  barrierReply: 21,
} as const;

export interface MessageHeader {
  readonly version: number;
  readonly type: number;
  readonly transactionId: number;
}

export interface Message extends MessageHeader {
  readonly body: Buffer;
}

/** The length field counts the header, and has 16 bits. */
const headerBytes = 8;
const maxMessageBytes = 0xffff;

export function encodeMessage(type: number, transactionId: number, body: Uint8Array): Buffer {
  const length = headerBytes + body.length;
  if (length > maxMessageBytes)
    throw new OpenFlowError("openflow.refused", `A message of ${length} bytes is too long.`);
  const message = Buffer.alloc(length);
  message.writeUInt8(OPENFLOW_13, 0);
  message.writeUInt8(type, 1);
  message.writeUInt16BE(length, 2);
  message.writeUInt32BE(transactionId, 4);
  message.set(body, headerBytes);
  return message;
}

/**
 * Cuts messages out of chunks of any size and holds at most one unfinished message. `check` sees a header before its
 * body is waited for, so that a peer of another trade is found out by its first eight bytes.
 */
export class MessageSplitter {
  readonly #check: (header: MessageHeader) => void;
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  #neededBytes = headerBytes;

  constructor(check: (header: MessageHeader) => void) {
    this.#check = check;
  }

  *push(chunk: Buffer): Generator<Message, void> {
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#neededBytes) return;
    let rest = Buffer.concat(this.#chunks, this.#heldBytes);
    while (rest.length >= headerBytes) {
      const length = rest.readUInt16BE(2);
      const header = { version: rest.readUInt8(0), type: rest.readUInt8(1), transactionId: rest.readUInt32BE(4) };
      if (length < headerBytes)
        throw new OpenFlowError("openflow.protocol", `The peer sent a message that claims to be ${length} bytes long.`);
      this.#check(header);
      if (rest.length < length) {
        this.#hold(rest, length);
        return;
      }
      const body = rest.subarray(headerBytes, length);
      rest = rest.subarray(length);
      yield { ...header, body };
    }
    this.#hold(rest, headerBytes);
  }

  #hold(rest: Buffer, neededBytes: number): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#heldBytes = rest.length;
    this.#neededBytes = neededBytes;
  }
}
