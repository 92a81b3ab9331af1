/**
 * Results of a transaction (RFC 7047 section 4.1.3). A refused transaction is not an error of the call: the reply lists
 * the results before the refused operation, then its error, then nulls; or, when the commit itself failed, one element more
 * than there were operations. Both become one `ovsdb.remote`.
 */
import { OvsdbError } from "../errors.ts";
import { isJsonArray, isJsonObject, memberOf } from "../json/value.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";
import type { Row } from "./notation.ts";
import type { Operation } from "./operations.ts";

/** What the operation brought: `uuid` for insert, `rows` for select, `count` for update, mutate and delete. */
export interface OperationResult {
  readonly uuid?: string;
  readonly count?: number;
  readonly rows?: readonly Row[];
}

export function readResults(
  reply: JsonValue,
  database: string,
  operations: readonly Operation[],
): readonly OperationResult[] {
  if (!isJsonArray(reply)) throw misshapen(database, "its reply is not an array");
  for (const [index, element] of reply.entries()) {
    if (isJsonObject(element) && typeof memberOf(element, "error") === "string")
      throw refusal(database, operations, index, element);
  }
  return operations.map((operation, index) => {
    const element = reply[index];
    if (!isJsonObject(element)) throw misshapen(database, `operation ${index} (${operation.op}) has no result`);
    return readResult(database, element);
  });
}

/** The rows a `select` brought; empty when the operation was something else. */
export function rowsOf(results: readonly OperationResult[], index: number): readonly Row[] {
  return results[index]?.rows ?? [];
}

/** True when a `wait` of the transaction found something else than it was told to expect. */
export function isGuardFailure(error: unknown): boolean {
  return error instanceof OvsdbError && error.code === "ovsdb.remote" && error.details["error"] === "timed out";
}

function readResult(database: string, element: JsonObject): OperationResult {
  const uuid = memberOf(element, "uuid");
  const count = memberOf(element, "count");
  const rows = memberOf(element, "rows");
  const uuidText = isJsonArray(uuid) ? uuid[1] : undefined;
  if (uuid !== undefined && typeof uuidText !== "string")
    throw misshapen(database, "the uuid of a new row is not a uuid");
  if (count !== undefined && typeof count !== "number") throw misshapen(database, "a count is not a number");
  return {
    ...(typeof uuidText === "string" ? { uuid: uuidText } : {}),
    ...(typeof count === "number" ? { count } : {}),
    ...(rows === undefined ? {} : { rows: readRows(database, rows) }),
  };
}

function readRows(database: string, rows: JsonValue): readonly Row[] {
  if (!isJsonArray(rows)) throw misshapen(database, "the rows of a select are not an array");
  return rows.map((row) => {
    if (!isJsonObject(row)) throw misshapen(database, "a row of a select is not an object");
    return row;
  });
}

function refusal(database: string, operations: readonly Operation[], index: number, element: JsonObject): OvsdbError {
  const operation = operations[index];
  const error = memberOf(element, "error");
  const more = memberOf(element, "details");
  const table = operation !== undefined && "table" in operation ? ` ${operation.table}` : "";
  const where = operation === undefined ? "at its commit" : `at operation ${index} (${operation.op}${table})`;
  const word = typeof error === "string" ? error : "error";
  const explanation = typeof more === "string" ? `: ${more}` : "";
  return new OvsdbError(
    "ovsdb.remote",
    `Database ${database} refused the transaction ${where}: ${word}${explanation}.`,
    {
      hint: "Nothing was changed. The message of the database names the rule that was broken.",
      details: { database, operation: index, error: word },
    },
  );
}

function misshapen(database: string, what: string): OvsdbError {
  return new OvsdbError(
    "ovsdb.protocol",
    `Database ${database} answered a transaction in a shape nobody knows: ${what}.`,
  );
}
