/**
 * The socket server under fastify, with its limits, and the answers that are given before there is a request: to bytes
 * that are no HTTP, to headers without an end, to senders that are too slow.
 */
import { createServer } from "node:http";
import type { Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { FastifyBaseLogger, FastifyServerFactory } from "fastify";
import { problemOf, problemType } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import { httpLimits } from "./limits.ts";

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export function serverFactory(
  tls: TlsFiles | undefined,
  maxConnections: number,
  logger: FastifyBaseLogger,
): FastifyServerFactory {
  return (handler) => {
    const options = {
      requestTimeout: httpLimits.requestMs,
      headersTimeout: httpLimits.headersMs,
      keepAliveTimeout: httpLimits.keepAliveMs,
      connectionsCheckingInterval: httpLimits.connectionsCheckMs,
      maxHeaderSize: httpLimits.headerBytes,
    };
    const server: Server =
      tls === undefined
        ? createServer(options, handler)
        : createTlsServer({ ...options, ...tls, minVersion: "TLSv1.2" }, handler);
    server.maxConnections = maxConnections;
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
      logger.debug({ code: error.code }, "a connection did not carry a request");
      answerBadBytes(error, socket);
    });
    return server;
  };
}

function answerBadBytes({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, words, error } = refusalOf(code);
  const body = JSON.stringify(problemOf(error, "none", status));
  socket.end(
    `HTTP/1.1 ${status} ${words}\r\ncontent-type: ${problemType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function refusalOf(code: string | undefined): {
  readonly status: number;
  readonly words: string;
  readonly error: TrunklineError;
} {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return {
        status: 431,
        words: "Request Header Fields Too Large",
        error: new TrunklineError("request.too-large", "the headers are larger than the service accepts"),
      };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return {
        status: 408,
        words: "Request Timeout",
        error: new TrunklineError("service.unavailable", "the request did not arrive in time", {
          hint: "Send it again.",
        }),
      };
    default:
      return {
        status: 400,
        words: "Bad Request",
        error: new TrunklineError("request.invalid", "the bytes received are no HTTP request"),
      };
  }
}
