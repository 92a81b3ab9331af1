/**
 * The HTTP interface of a controller. Its routes, rights, audit log and document all come from the table of operations;
 * this file says in which order a request meets them:
 *
 * who is it, how often did it come, may it do that, can it be read, is it what the API describes, was it made before;
 * then the handler; then its answer is kept under its key and the deed is written down, before the caller hears of it.
 */
import cookie from "@fastify/cookie";
import rateLimit from "@fastify/rate-limit";
import swagger from "@fastify/swagger";
import fastify, { LogController } from "fastify";
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { operationIds, operations } from "@trunkline/api";
import type { Operation, OperationId } from "@trunkline/api";
import { TrunklineError, mayAct } from "@trunkline/model";
import type { Clock, CredentialRecord, Random, Store } from "@trunkline/ports";
import type { AnsweredRequest } from "../metrics/service-metrics.ts";
import type { ControlPlane } from "../service/control-plane.ts";
import { auditEntryOf } from "./audit-trail.ts";
import { authenticator } from "./auth/caller.ts";
import type { Caller } from "./auth/caller.ts";
import { refuseNamedOtherSites, refuseOtherSites } from "./auth/same-origin.ts";
import type { Call, Handlers, Readiness, Rooms } from "./call.ts";
import { EventHub } from "./events/event-hub.ts";
import type { SubscribeProgress } from "./events/event-hub.ts";
import { closeGracefully } from "./graceful-close.ts";
import { accountHandlers } from "./handlers/accounts.ts";
import { balanceHandlers } from "./handlers/balance.ts";
import { batchHandlers } from "./handlers/batches.ts";
import { clusterHandlers } from "./handlers/cluster.ts";
import { fabricHandlers } from "./handlers/fabric.ts";
import { moveHandlers } from "./handlers/moves.ts";
import { serviceHandlers } from "./handlers/service.ts";
import { Idempotency, sendAgain } from "./idempotency.ts";
import type { Begun } from "./idempotency.ts";
import { httpLimits } from "./limits.ts";
import type { HttpLimits } from "./limits.ts";
import { documentOptions, routeSchemaOf } from "./openapi.ts";
import { refusalOf, sendProblem, stamp } from "./problems.ts";
import { rateGuard } from "./rate-guard.ts";
import { serverFactory } from "./server-factory.ts";
import type { TlsFiles } from "./server-factory.ts";
import { unknownPath } from "./unknown-path.ts";
import { VmPages } from "./vm-pages.ts";

export interface ServerOptions {
  readonly plane: ControlPlane;
  readonly store: Pick<Store, "accounts" | "audit" | "answers" | "events">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: FastifyBaseLogger;
  readonly limits: HttpLimits;
  readonly metrics: Rooms["metrics"];
  readonly readiness: () => Readiness;
  /** PEM texts; without them it speaks plain HTTP, and `listen` keeps it on loopback. */
  readonly tls?: TlsFiles;
  /** Readings of the copies under way; without it the event stream has none. */
  readonly subscribeProgress?: SubscribeProgress;
  /** Credentials that are held in memory only, for whoever embeds the service. */
  readonly passes?: readonly CredentialRecord[];
  /** Told of every answered request. */
  readonly onAnswered?: (answered: AnsweredRequest) => void;
}

/** What is known of a request on its way. */
interface Journey {
  caller: Caller | null;
  begun: Begun | null;
}

declare module "fastify" {
  interface FastifyContextConfig {
    operation?: OperationId;
  }
}

export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { clock, random, limits, store, logger } = options;
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: serverFactory(options.tls, limits.connections, logger),
    genReqId: () => random.uuid(),
    bodyLimit: limits.bodyBytes,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: httpLimits.paramChars },
    frameworkErrors: (error, request, reply) => {
      sendProblem(request, reply, refusalOf(error));
    },
  });
  app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser("text/plain");
  await app.register(cookie);
  await app.register(rateLimit, { global: false });
  await app.register(swagger, documentOptions);

  const hub = new EventHub({
    log: store.events,
    clock,
    maxClients: limits.eventClients,
    onFailure: (error) => {
      logger.warn({ err: error }, "the event stream of a client could not be fed");
    },
    subscribeProgress: options.subscribeProgress,
  });
  closeGracefully(app, hub);
  const rooms: Rooms = {
    ...options,
    hub,
    vmPages: new VmPages(),
    isSecure: options.tls !== undefined,
    document: () => app.swagger() as { readonly openapi: string },
  };
  const handlers: Handlers = {
    ...serviceHandlers(rooms),
    ...clusterHandlers(rooms),
    ...fabricHandlers(rooms),
    ...moveHandlers(rooms),
    ...batchHandlers(rooms),
    ...balanceHandlers(rooms),
    ...accountHandlers(rooms),
  };

  const journeys = new WeakMap<FastifyRequest, Journey>();
  const journeyOf = (request: FastifyRequest): Journey => {
    let journey = journeys.get(request);
    if (journey === undefined) journeys.set(request, (journey = { caller: null, begun: null }));
    return journey;
  };
  const callers = authenticator(store.accounts, clock, options.passes ?? []);
  const guard = rateGuard(app, limits);
  const idempotency = new Idempotency(store.answers, clock, limits.answersHours * 3_600_000);

  app.addHook("onRequest", async (request, reply) => {
    stamp(request, reply);
    const operation = operationOf(request);
    const journey = journeyOf(request);
    // A wrong token counts against the address, so that guessing is as slow as anything else from there.
    const failure = await callers.callerOf(request).then(
      (caller) => ((journey.caller = caller), undefined),
      (error: unknown) => error,
    );
    await guard(request, journey.caller, request.routeOptions.config.operation);
    if (operation === undefined) return;
    if (operation.role === "none") {
      if (operation.acts !== "no") refuseNamedOtherSites(request);
      return;
    }
    if (failure !== undefined) throw failure;
    refuseWithoutRight(request, journey.caller, operation);
  });

  app.addHook("preHandler", async (request, reply) => {
    const operation = operationOf(request);
    const journey = journeyOf(request);
    if (operation === undefined || operation.acts === "no") return;
    if (operation.acts === "acts") {
      refuseKey(request);
      return;
    }
    const begun = await idempotency.begin(request, journey.caller?.actor ?? "");
    if (begun === undefined || begun === null) return;
    if ("key" in begun) {
      journey.begun = begun;
      return;
    }
    sendAgain(reply, begun);
    return reply;
  });

  app.addHook("onSend", async (request, reply, payload) => {
    const id = request.routeOptions.config.operation;
    const operation = operationOf(request);
    if (id === undefined || operation === undefined || operation.acts === "no") return;
    const { caller, begun } = journeyOf(request);
    const status = reply.statusCode;
    try {
      if (begun !== null) await idempotency.complete(begun, status, textOf(payload));
      // One that comes too often would fill the log with the attempt to fill it.
      if (status !== 429) await store.audit.append(auditEntryOf(request, caller, id, status, clock));
    } catch (error) {
      // The deed is done or refused already; its answer must not turn into another one.
      logger.error({ err: error, requestId: request.id }, "an answer could not be recorded");
    }
  });

  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url;
    const { method } = request;
    const status = reply.statusCode;
    const elapsedMs = reply.elapsedTime;
    const actor = journeyOf(request).caller?.actor ?? null;
    logger.debug({ requestId: request.id, method, route, status, elapsedMs, actor }, "answered");
    options.onAnswered?.({ method, route, status, seconds: elapsedMs / 1000 });
  });

  app.setErrorHandler((error, request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.isDefect) logger.error({ err: error, requestId: request.id }, "a request met a defect");
    sendProblem(request, reply, refusal);
  });
  app.setNotFoundHandler((request, reply) => {
    const { refusal, allowed } = unknownPath(request);
    if (allowed.length > 0) void reply.header("allow", allowed.join(", "));
    sendProblem(request, reply, refusal);
  });

  for (const id of operationIds) addRoute(app, id, handlers[id], { clock, journeyOf });
  await app.ready();
  return app;
}

/** Problems come as bytes, other answers as text, and 204 as nothing; streams belong to operations that do not act. */
const textOf = (payload: unknown): string =>
  typeof payload === "string" || Buffer.isBuffer(payload) ? payload.toString() : "";

type LooseHandler = (call: Call<OperationId>) => Promise<{ readonly status: number | string; readonly body: unknown }>;

function operationOf(request: FastifyRequest): Operation | undefined {
  const id = request.routeOptions.config.operation;
  return id === undefined ? undefined : operations[id];
}

function addRoute(
  app: FastifyInstance,
  id: OperationId,
  handler: LooseHandler,
  { clock, journeyOf }: { readonly clock: Clock; readonly journeyOf: (request: FastifyRequest) => Journey },
): void {
  const operation: Operation = operations[id];
  app.route({
    method: operation.method,
    url: operation.path,
    schema: routeSchemaOf(id, operation),
    config: { operation: id },
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      const gone = new AbortController();
      reply.raw.once("close", () => {
        gone.abort(new DOMException("the client went away", "AbortError"));
      });
      const lastEventId = request.headers["last-event-id"];
      const { status, body } = await handler({
        params: request.params,
        query: request.query,
        body: request.body,
        caller: journeyOf(request).caller,
        signal: AbortSignal.any([gone.signal, clock.deadline(httpLimits.answerMs)]),
        lastEventId: typeof lastEventId === "string" ? lastEventId : undefined,
        reply,
      } as unknown as Call<OperationId>);
      void reply.code(Number(status));
      if (operation.format === "text")
        void reply.header("content-type", reply.getHeader("content-type") ?? "text/plain");
      // An empty answer would otherwise be taken for a handler that has answered by itself.
      return await (body === null ? reply.send() : reply.send(body));
    },
  });
}

/** @throws auth.missing, auth.forbidden, auth.cross-site. */
function refuseWithoutRight(request: FastifyRequest, caller: Caller | null, operation: Operation): void {
  if (caller === null) throw new TrunklineError("auth.missing", "the request does not say who makes it");
  if (caller.kind === "login" && operation.acts !== "no") refuseOtherSites(request);
  if (operation.role !== "none" && !mayAct(caller.role, operation.role))
    throw new TrunklineError(
      "auth.forbidden",
      `${caller.actor} is ${caller.role === "viewer" ? "a viewer" : `an ${caller.role}`}, and this takes the role ${operation.role}`,
      { details: { role: caller.role, needed: operation.role } },
    );
}

function refuseKey(request: FastifyRequest): void {
  if (request.headers["idempotency-key"] === undefined) return;
  throw new TrunklineError("request.invalid", "this operation takes no idempotency key: its secrets are not kept", {
    hint: "Leave the header Idempotency-Key out.",
  });
}
