/** Messages of an event stream from its bytes: WHATWG HTML, section 9.2.6, as far as our service uses it. */
import { limits } from "../limits.ts";

export interface RawMessage {
  readonly id: string | undefined;
  /** "message" where the stream gives none. */
  readonly name: string;
  readonly data: string;
}

/** @throws RangeError when one message is longer than any of ours. */
export async function* readMessages(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<RawMessage, void, void> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of chunks) {
    pending += decoder.decode(chunk, { stream: true });
    for (let end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
      const message = messageFrom(pending.slice(0, end));
      pending = pending.slice(end + 2);
      if (message !== undefined) yield message;
    }
    if (pending.length > limits.streamEventChars) throw new RangeError("a message of the event stream has no end");
  }
}

/** @returns undefined for comments, which only keep the connection awake. */
function messageFrom(block: string): RawMessage | undefined {
  let id: string | undefined;
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id") id = value;
    else if (field === "event") name = value;
    else if (field === "data") data.push(value);
  }
  return data.length === 0 ? undefined : { id, name, data: data.join("\n") };
}
