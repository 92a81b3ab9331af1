/**
 * The configuration file: YAML, checked whole. Every error of it is told at once, as FILE:LINE:COLUMN, the key and what
 * belongs there. Without a file everything has its default.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { LineCounter, isMap, isNode, isScalar, parseDocument } from "yaml";
import type { Document } from "yaml";
import type { z } from "zod";
import { TrunklineError, messageOf } from "@trunkline/model";
import { limits } from "../limits.ts";
import { configFields } from "./config-field.ts";
import { configSchema } from "./config-schema.ts";
import type { ServiceConfig } from "./config-schema.ts";
import { nearestName } from "./nearest-name.ts";

/** Paths in the result are absolute: those of the file count from the file's own folder. @throws config.invalid. */
export function readConfig(path?: string): ServiceConfig {
  if (path === undefined) return configSchema.parse({});
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > limits.configBytes) throw new Error(`it has ${size} bytes, more than ${limits.configBytes}`);
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new TrunklineError("config.invalid", `${path} could not be read: ${messageOf(cause)}`, {
      hint: "Check the path given with --config and the file's permissions.",
      details: { path },
      cause,
    });
  }
  return withAbsolutePaths(parseConfig(text, path), dirname(resolve(path)));
}

export function parseConfig(text: string, path: string): ServiceConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}: `;
  };
  if (document.errors.length > 0)
    throw invalid(
      path,
      document.errors.map((error) => `${at(error.pos[0])}${error.message}`),
    );
  // An empty file, or one whose lines are all comments, asks for the defaults.
  const content: unknown = contentOf(document, path) ?? {};
  const result = configSchema.safeParse(content);
  const problems = result.success
    ? crossProblems(result.data)
    : result.error.issues.flatMap((issue) => problemsOf(issue, document));
  if (result.success && problems.length === 0) return result.data;
  throw invalid(
    path,
    problems
      .map(({ keys, isKey, message }) => ({ offset: offsetOf(document, keys, isKey), keys, message }))
      .toSorted((a, b) => a.offset - b.offset)
      .map(({ offset, keys, message }) => `${at(offset)}${keys.length === 0 ? "" : `${keys.join(".")}: `}${message}`),
  );
}

interface Problem {
  readonly keys: readonly string[];
  /** The key is wrong, not its value. */
  readonly isKey: boolean;
  readonly message: string;
}

function problemsOf(issue: z.core.$ZodIssue, document: Document): readonly Problem[] {
  const keys = issue.path.map(String);
  const field = configFields().find((candidate) => candidate.path === keys.join("."));
  if (issue.code !== "unrecognized_keys") {
    const expected = field === undefined ? issue.message : `expected ${field.takes}`;
    const isThere = keys.length === 0 || document.hasIn(keys);
    return [{ keys, isKey: false, message: isThere ? expected : `is missing; ${expected}` }];
  }
  const known = field?.keys ?? [];
  return issue.keys.map((key) => {
    const nearest = nearestName(key, known);
    const advice = nearest === undefined ? `known here: ${known.join(", ")}` : `did you mean ${nearest}?`;
    return { keys: [...keys, key], isKey: true, message: `unknown key; ${advice}` };
  });
}

/** What the shape alone cannot say. */
function crossProblems(config: ServiceConfig): readonly Problem[] {
  const { connections, eventClients } = config.http;
  if (eventClients < connections) return [];
  const message = `${eventClients} event clients leave none of ${connections} connections to anybody else`;
  return [{ keys: ["http", "eventClients"], isKey: false, message }];
}

/** Where the value stands, or the key; for what is missing, the nearest thing around it that is there. */
function offsetOf(document: Document, keys: readonly string[], isKey: boolean): number {
  if (isKey) {
    const around = document.getIn(keys.slice(0, -1), true);
    const pair = isMap(around)
      ? around.items.find(({ key }) => isScalar(key) && String(key.value) === keys.at(-1))
      : undefined;
    if (isNode(pair?.key)) return pair.key.range?.[0] ?? 0;
  }
  for (let length = keys.length; length > 0; length -= 1) {
    const trail = keys.slice(0, length);
    const node = document.getIn(trail, true);
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return document.contents?.range?.[0] ?? 0;
}

/** Aliases are bounded by the parser, and a document that exceeds the bound is refused like any other error. */
function contentOf(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw invalid(path, [`${path}:1:1: ${messageOf(cause)}`]);
  }
}

function withAbsolutePaths(config: ServiceConfig, folder: string): ServiceConfig {
  const { listen, stateFolder, inventory } = config;
  const { tls } = listen;
  return {
    ...config,
    ...(stateFolder === undefined ? {} : { stateFolder: resolve(folder, stateFolder) }),
    ...(inventory === undefined ? {} : { inventory: resolve(folder, inventory) }),
    ...(tls === undefined
      ? {}
      : {
          listen: {
            ...listen,
            tls: { certFile: resolve(folder, tls.certFile), keyFile: resolve(folder, tls.keyFile) },
          },
        }),
  };
}

function invalid(path: string, problems: readonly string[]): TrunklineError {
  return new TrunklineError("config.invalid", `${path} is not a valid configuration:\n  ${problems.join("\n  ")}`, {
    details: { path, problems },
  });
}
