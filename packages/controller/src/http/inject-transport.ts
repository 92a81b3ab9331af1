/** Reaches a service that lives in the same process, without a socket: how the command line speaks to one that it embeds. */
import type { FastifyInstance } from "fastify";
import type { Transport } from "@trunkline/api";

export function injectTransport(app: FastifyInstance): Transport {
  return {
    name: "the embedded service",
    send: async ({ method, path, headers, body, signal }) => {
      signal.throwIfAborted();
      const answer = await app.inject({
        method: method as "GET",
        url: path,
        headers: { ...headers },
        payloadAsStream: true,
        signal,
        ...(body === undefined ? {} : { payload: body }),
      });
      const stream = answer.stream();
      const header = (name: string): string | undefined => {
        const value = answer.headers[name];
        return value === undefined ? undefined : String(value);
      };
      return {
        status: answer.statusCode,
        header,
        text: async () => {
          const parts: Buffer[] = [];
          for await (const part of stream) parts.push(part as Buffer);
          return Buffer.concat(parts).toString("utf8");
        },
        chunks: () => stream as AsyncIterable<Uint8Array>,
      };
    },
  };
}
