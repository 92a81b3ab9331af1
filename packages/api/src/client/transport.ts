/**
 * How a request reaches the service. The client is handed one, so the same code speaks over a socket, and in process to
 * a service that the command line embeds.
 */

export interface TransportRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface TransportAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  text(): Promise<string>;
  /** The body as it arrives. To leave it early ends the request. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Rejects with whatever the way reports when nothing answers, and with the signal's reason when it is aborted. */
export interface Transport {
  /** Where it leads, for messages. */
  readonly name: string;
  send(request: TransportRequest): Promise<TransportAnswer>;
}

/** @param baseUrl such as http://127.0.0.1:8440 */
export function fetchTransport(baseUrl: string): Transport {
  return {
    name: baseUrl,
    send: async ({ method, path, headers, body, signal }) => {
      const answer = await fetch(new URL(path, baseUrl), {
        method,
        headers,
        signal,
        redirect: "error",
        ...(body === undefined ? {} : { body }),
      });
      return {
        status: answer.status,
        header: (name) => answer.headers.get(name) ?? undefined,
        text: async () => await answer.text(),
        chunks: async function* () {
          if (answer.body !== null) yield* answer.body;
        },
      };
    },
  };
}
