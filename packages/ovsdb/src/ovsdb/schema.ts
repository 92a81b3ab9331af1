/** The schema of a database (RFC 7047 section 3.2), as far as a client needs it: which tables and columns there are. */
import { OvsdbError } from "../errors.ts";
import { isJsonObject, memberOf } from "../json/value.ts";
import type { JsonObject, JsonValue } from "../json/value.ts";

export interface DatabaseSchema {
  readonly name: string;
  readonly version: string;
  readonly tables: ReadonlyMap<string, TableSchema>;
}

export interface TableSchema {
  /** Rows of a root table live until they are deleted; others only while something refers to them. */
  readonly isRoot: boolean;
  readonly maxRows?: number;
  readonly columns: ReadonlyMap<string, ColumnSchema>;
}

export interface ColumnSchema {
  /** The `<type>` of the RFC as it was sent: a name, or an object with key, value, min and max. */
  readonly type: JsonValue;
  readonly isEphemeral: boolean;
  readonly isMutable: boolean;
}

export function readSchema(value: JsonValue): DatabaseSchema {
  const schema = objectAt(value, "the schema");
  const name = memberOf(schema, "name");
  const version = memberOf(schema, "version");
  if (typeof name !== "string" || typeof version !== "string") throw misshapen("the schema has no name or version");
  const tables = Object.entries(objectAt(memberOf(schema, "tables"), "its table list"));
  return { name, version, tables: new Map(tables.map(([table, body]) => [table, readTable(table, body)])) };
}

function readTable(name: string, value: JsonValue): TableSchema {
  const table = objectAt(value, `table ${name}`);
  const maxRows = memberOf(table, "maxRows");
  const columns = Object.entries(objectAt(memberOf(table, "columns"), `the columns of table ${name}`));
  return {
    isRoot: memberOf(table, "isRoot") === true,
    ...(typeof maxRows === "number" ? { maxRows } : {}),
    columns: new Map(columns.map(([column, body]) => [column, readColumn(`${name}.${column}`, body)])),
  };
}

function readColumn(name: string, value: JsonValue): ColumnSchema {
  const column = objectAt(value, `column ${name}`);
  return {
    type: memberOf(column, "type") ?? null,
    isEphemeral: memberOf(column, "ephemeral") === true,
    isMutable: memberOf(column, "mutable") !== false,
  };
}

function objectAt(value: JsonValue | undefined, what: string): JsonObject {
  if (!isJsonObject(value)) throw misshapen(`${what} is not an object`);
  return value;
}

function misshapen(what: string): OvsdbError {
  return new OvsdbError("ovsdb.protocol", `The database sent a schema that cannot be understood: ${what}.`);
}
