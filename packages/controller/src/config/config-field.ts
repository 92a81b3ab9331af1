/**
 * One field of the configuration in words: what it takes, what it is when left out, what it means. Read from the JSON
 * Schema, so that a message, the reference page and an editor never say different things.
 */
import { z } from "zod";
import { configSchema } from "./config-schema.ts";

export interface ConfigField {
  /** Keys joined by dots. */
  readonly path: string;
  readonly takes: string;
  readonly usual: string | null;
  readonly meaning: string;
  /** Of a group; empty for a value. */
  readonly keys: readonly string[];
}

/** Every group and value, in the order of the schema. */
export function configFields(): readonly ConfigField[] {
  return fieldsBelow(z.toJSONSchema(configSchema, { io: "input" }), []);
}

type Node = z.core.JSONSchema.BaseSchema;

function fieldsBelow(node: Node, path: readonly string[]): readonly ConfigField[] {
  const children = Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    typeof child === "boolean" ? [] : fieldsBelow(child, [...path, key]),
  );
  const field = {
    path: path.join("."),
    takes: takenBy(node),
    usual: node.default === undefined || node.type === "object" ? null : JSON.stringify(node.default),
    meaning: node.description ?? "",
    keys: Object.keys(node.properties ?? {}),
  };
  return [field, ...children];
}

function takenBy(node: Node): string {
  if (node.enum !== undefined) return `one of ${node.enum.join(", ")}`;
  switch (node.type) {
    case "integer":
      return `a whole number from ${node.minimum} to ${node.maximum}`;
    case "string":
      return `text of ${node.minLength ?? 0} to ${node.maxLength} characters`;
    case "boolean":
      return "true or false";
    default:
      return `a mapping of ${Object.keys(node.properties ?? {}).join(", ")}`;
  }
}
