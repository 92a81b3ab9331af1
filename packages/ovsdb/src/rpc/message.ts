/**
 * One JSON-RPC 1.0 message as a tagged value. A request carries an id, a notification carries null (RFC 7047 section 4),
 * a reply repeats the id of the request.
 */
import { OvsdbError, reasonOf } from "../errors.ts";
import { isJsonArray, isJsonObject, memberOf } from "../json/value.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import { MAX_QUOTED_CHARACTERS } from "../limits.ts";

export type RpcMessage =
  | { readonly kind: "request"; readonly id: JsonValue; readonly method: string; readonly params: readonly JsonValue[] }
  | { readonly kind: "notification"; readonly method: string; readonly params: readonly JsonValue[] }
  | { readonly kind: "reply"; readonly id: JsonValue; readonly result: JsonValue; readonly error: JsonValue };

/** Reads the text of one message. Throws `ovsdb.protocol` for anything that is not a message. */
export function parseMessage(text: string): RpcMessage {
  const message = parseObject(text);
  const id = memberOf(message, "id") ?? null;
  const method = memberOf(message, "method");
  if (method !== undefined) {
    const params = memberOf(message, "params");
    if (typeof method !== "string" || !isJsonArray(params))
      throw malformed(text, "its method or its params are not what JSON-RPC asks for");
    return id === null ? { kind: "notification", method, params } : { kind: "request", id, method, params };
  }
  const result = memberOf(message, "result");
  const error = memberOf(message, "error");
  if (result === undefined && error === undefined) throw malformed(text, "it is neither a request nor a reply");
  return { kind: "reply", id, result: result ?? null, error: error ?? null };
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch (error) {
    throw malformed(text, reasonOf(error));
  }
  throw malformed(text, "it is not an object");
}

function malformed(text: string, why: string): OvsdbError {
  return new OvsdbError("ovsdb.protocol", `The peer sent a message that cannot be understood: ${why}.`, {
    details: { message: text.slice(0, MAX_QUOTED_CHARACTERS) },
  });
}
