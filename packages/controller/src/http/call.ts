/** What a handler is given, and what it owes: both follow from the table of operations. */
import type { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { OperationId, Operations, ReadInputOf, ReplyOf } from "@trunkline/api";
import type { ControlPlane } from "../service/control-plane.ts";
import type { Clock, Random, Store } from "@trunkline/ports";
import type { Caller } from "./auth/caller.ts";
import type { EventHub } from "./events/event-hub.ts";
import type { HttpLimits } from "./limits.ts";
import type { VmPages } from "./vm-pages.ts";

export interface Call<Id extends OperationId> {
  readonly params: ReadInputOf<Id, "params">;
  readonly query: ReadInputOf<Id, "query">;
  readonly body: ReadInputOf<Id, "body">;
  readonly caller: Operations[Id]["role"] extends "none" ? Caller | null : Caller;
  /** Ends with the connection, and with the time that a request may take. */
  readonly signal: AbortSignal;
  readonly lastEventId: string | undefined;
  readonly reply: FastifyReply;
}

type StreamReply = { readonly status: 200; readonly body: Readable };

export type Handler<Id extends OperationId> = (
  call: Call<Id>,
) => Promise<Operations[Id] extends { readonly format: "events" } ? StreamReply : ReplyOf<Id>>;

/** A handler for each operation whose id begins so. */
export type HandlersOf<Prefix extends string> = {
  readonly [Id in Extract<OperationId, `${Prefix}.${string}`>]: Handler<Id>;
};

export type Handlers = { readonly [Id in OperationId]: Handler<Id> };

export interface Readiness {
  readonly isReady: boolean;
  /** While it is not. */
  readonly why: string;
}

/** What the handlers work with. */
export interface Rooms {
  readonly plane: ControlPlane;
  readonly store: Pick<Store, "accounts" | "audit" | "answers" | "events">;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: HttpLimits;
  readonly hub: EventHub;
  readonly vmPages: VmPages;
  readonly isSecure: boolean;
  readonly readiness: () => Readiness;
  readonly metrics: { readonly contentType: string; text(now: { readonly eventClients: number }): Promise<string> };
  readonly document: () => { readonly openapi: string };
}
