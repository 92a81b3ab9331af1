/** One connection to the event stream with as little of its own as Node allows, so that the clients do not drown the server. */
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { readMessages } from "@trunkline/api";
import type { RawMessage } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";

export interface StreamWish {
  readonly url: string;
  readonly token: string;
  /** The last event that was seen. */
  readonly last: number;
  /** @returns whether the connection is to be cut. */
  readonly take: (message: RawMessage) => boolean;
}

export async function followOnce({ url, token, last, take }: StreamWish, signal: AbortSignal): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, "last-event-id": String(last) };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${url}/api/v1/events`, { headers, agent: false, signal }, resolve).on("error", reject);
  });
  try {
    // On a machine that is busy with other things a connection can wait too long for its turn; a client comes back.
    if (answer.statusCode === 408) return;
    if (answer.statusCode !== 200)
      throw new TrunklineError("service.unreachable", `the stream answers with ${answer.statusCode ?? "nothing"}`);
    for await (const message of readMessages(answer as AsyncIterable<Uint8Array>)) if (take(message)) return;
  } finally {
    answer.destroy();
  }
}
