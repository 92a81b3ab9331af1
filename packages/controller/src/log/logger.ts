/**
 * The log of the service: one JSON object a line, on standard error. Nothing is written that was not cleaned of secrets
 * first: fields, bindings of child loggers, errors, and the text of the message itself.
 */
import { Writable } from "node:stream";
import { destination, pino } from "pino";
import type { ChildLoggerOptions, DestinationStream, Logger } from "pino";
import type { Clock } from "@trunkline/ports";
import type { ServiceConfig } from "../config/config-schema.ts";
import type { ServiceLog } from "../service/service-log.ts";
import { prettyLine } from "./pretty-line.ts";
import { entriesOf, textWithoutSecrets, withoutSecrets } from "./without-secrets.ts";

export interface LoggerOptions extends Partial<ServiceConfig["log"]> {
  readonly clock: Clock;
  /** Standard error when left out. */
  readonly stream?: DestinationStream;
}

export type { Logger } from "pino";

export function createLogger(options: LoggerOptions): Logger {
  // Synchronous: the last line before a crash is the one that is wanted.
  const stream = options.stream ?? destination({ dest: 2, sync: true });
  const logger = pino(
    {
      level: options.level ?? "info",
      base: { pid: process.pid },
      timestamp: () => `,"time":"${options.clock.timestamp()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // Fastify logs its request and its reply under these names; their headers and bodies are none of the log's business.
      serializers: { req: requestFields, res: replyFields, err: (error: unknown) => error },
      hooks: {
        logMethod(args, method) {
          const [first, ...others] = args as readonly unknown[];
          const message = first instanceof Error && others.length === 0 ? [first.message] : others;
          method.apply(this, [loggable(first), ...message.map(loggable)] as Parameters<typeof method>);
        },
      },
    },
    options.pretty === true ? prettyStream(stream) : stream,
  );
  cleanBindings(logger);
  return logger;
}

/** The same log for rooms that know of none but a text and its details. */
export const serviceLogOf = (logger: Logger): ServiceLog => ({
  info: (text, details = {}) => {
    logger.info(details, text);
  },
  warn: (text, details = {}) => {
    logger.warn(details, text);
  },
});

/** Pino forgets the formatter of bindings in children, so the bindings are cleaned on their way in; children inherit this. */
function cleanBindings(logger: Logger): void {
  const { child, setBindings } = logger as unknown as Binds;
  Object.assign(logger, {
    child(this: Logger, bindings: object, options?: ChildLoggerOptions) {
      return child.call(this, cleaned(bindings), options);
    },
    setBindings(this: Logger, bindings: object) {
      setBindings.call(this, cleaned(bindings));
    },
  });
}

interface Binds {
  readonly child: (this: Logger, bindings: object, options?: ChildLoggerOptions) => Logger;
  readonly setBindings: (this: Logger, bindings: object) => void;
}

/** What a caller hands over, cleaned before pino interpolates or serialises any of it. */
function loggable(value: unknown): unknown {
  if (typeof value === "string") return textWithoutSecrets(value);
  if (value instanceof Error) return { err: withoutSecrets(value) };
  if (typeof value !== "object" || value === null) return value;
  return cleaned(value);
}

/** Requests and replies are left for their serialisers, which take single fields of them. */
function cleaned(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    entriesOf(fields).map(([key, value]) => {
      if (key === "req") return [key, requestFields(value)];
      if (key === "res") return [key, replyFields(value)];
      return [key, (withoutSecrets({ [key]: value }) as Record<string, unknown>)[key]];
    }),
  );
}

/** A query may carry a secret, so only the path is kept. */
function requestFields(request: unknown): unknown {
  const { id, method, url, ip, remoteAddress } = (request ?? {}) as Readonly<Record<string, unknown>>;
  const path = typeof url === "string" ? textWithoutSecrets(url.split("?")[0] ?? "") : undefined;
  return { id, method, url: path, remoteAddress: remoteAddress ?? ip };
}

function replyFields(reply: unknown): unknown {
  const { statusCode } = (reply ?? {}) as { readonly statusCode?: unknown };
  return { statusCode };
}

function prettyStream(stream: DestinationStream): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (const line of chunk.toString().split("\n")) if (line !== "") stream.write(`${prettyLine(line)}\n`);
      done();
    },
  });
}
