/**
 * The typed client, derived from the table of operations. A refusal of the service is thrown as the error that it raised;
 * silence, and an answer that no Trunkline gives, are `service.unreachable`.
 */
import type { z } from "zod";
import type { Operation } from "../operation.ts";
import { operations } from "../operations/table.ts";
import type { OperationId, Operations } from "../operations/table.ts";
import type { InputPart, SchemaOf } from "../operations/typing.ts";
import type { Settled } from "../shaped.ts";
import { followEvents } from "./follow-events.ts";
import type { FollowOptions, StreamMessage } from "./follow-events.ts";
import { parsed, refusal, unreachable } from "./refusal.ts";
import type { Transport, TransportAnswer } from "./transport.ts";

/** Query values travel as text; callers give what the service will read, and undefined for what they leave out. */
type QueryOf<S extends z.ZodType> = {
  readonly [K in keyof z.input<S>]?: K extends keyof z.output<S> ? z.output<S>[K] | undefined : never;
};

type InputFor<Id extends OperationId, Key extends InputPart> = [SchemaOf<Id, Key>] extends [never]
  ? unknown
  : Key extends "query"
    ? { readonly query?: QueryOf<SchemaOf<Id, Key>> }
    : { readonly [K in Key]: Settled<z.input<SchemaOf<Id, Key>>> };

export type InputOf<Id extends OperationId> = InputFor<Id, "params"> & InputFor<Id, "query"> & InputFor<Id, "body">;

/** What the operation answers with; a union where it has more than one answer. */
export type AnswerOf<Id extends OperationId> = Settled<
  {
    [S in keyof Operations[Id]["answers"]]: Operations[Id]["answers"][S] extends z.ZodType
      ? z.output<Operations[Id]["answers"][S]>
      : never;
  }[keyof Operations[Id]["answers"]]
>;

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Asked again under the same key, the service gives the same answer and does nothing twice. */
  readonly idempotencyKey?: string;
}

export interface Client {
  readonly call: <Id extends Exclude<OperationId, "events.follow">>(
    id: Id,
    input: InputOf<Id>,
    options: CallOptions,
  ) => Promise<AnswerOf<Id>>;
  readonly followEvents: (options: FollowOptions) => AsyncGenerator<StreamMessage, void, void>;
}

export interface ClientOptions {
  readonly transport: Transport;
  readonly token?: string;
}

interface LooseInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
}

export function createClient({ transport, token }: ClientOptions): Client {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    call: async (id, input, { signal, idempotencyKey }) => {
      const operation: Operation = operations[id];
      const { body } = input as LooseInput;
      const answer = await reach(transport, signal, async () =>
        transport.send({
          method: operation.method,
          path: addressOf(operation.path, input as LooseInput),
          headers: {
            ...authorization,
            accept: operation.format === "text" ? "text/plain" : "application/json",
            ...(body === undefined ? {} : { "content-type": "application/json" }),
            ...(idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal,
        }),
      );
      const text = await reach(transport, signal, async () => answer.text());
      return read(transport, operation, answer, text) as AnswerOf<typeof id>;
    },
    followEvents: (options) => followEvents({ transport, headers: authorization, ...options }),
  };
}

function addressOf(path: string, { params = {}, query = {} }: LooseInput): string {
  const place = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? place : `${place}?${search.toString()}`;
}

async function reach<T>(transport: Transport, signal: AbortSignal, effect: () => Promise<T>): Promise<T> {
  try {
    return await effect();
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw unreachable(transport, cause);
  }
}

function read(transport: Transport, operation: Operation, answer: TransportAnswer, text: string): unknown {
  const body = operation.format === "text" && answer.status === 200 ? text : parsed(text);
  const schema = Object.entries(operation.answers).find(([status]) => Number(status) === answer.status)?.[1];
  const result = schema?.safeParse(body);
  if (result?.success === true) return result.data;
  throw refusal(transport, answer.status, body, text);
}
