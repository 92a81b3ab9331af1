/** Makes requests from an OpenAPI document: each part now as the document wants it, now a little or quite otherwise. */

export interface MadeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required?: boolean;
  readonly schema: Schema;
}

interface DocumentedOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
}

export interface Known {
  /** Names and ids that exist. */
  readonly names: readonly string[];
  /** The same for fields of one name alone, so that many requests get behind the question whether there is such a thing. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly tokens: readonly string[];
}

export class RequestMaker {
  readonly #operations: readonly (readonly [path: string, method: string, operation: DocumentedOperation])[];
  readonly #known: Known;
  #state: number;

  constructor(document: Document, seed: number, known: Known) {
    this.#operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [path, method.toUpperCase(), operation] as const),
    );
    this.#known = known;
    this.#state = seed >>> 0;
  }

  next(): MadeRequest {
    const [path, method, operation] = this.#pick(this.#operations);
    const parameters = operation.parameters ?? [];
    const ofPlace = (place: Parameter["in"]): readonly Parameter[] => parameters.filter((one) => one.in === place);
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const schema = ofPlace("path").find((one) => one.name === name)?.schema ?? {};
      return this.#isOdd(30) ? this.#pick(oddPaths) : encodeURIComponent(this.#text(schema));
    });
    const query = ofPlace("query").flatMap(({ name, schema, required }) =>
      required === true || this.#isOdd(3) ? [`${name}=${encodeURIComponent(asText(this.#maybeBad(schema)))}`] : [],
    );
    if (this.#isOdd(20)) query.push(`${encodeURIComponent(JSON.stringify(this.#pick(odd)))}=1`);
    const headers: Record<string, string> = this.#isOdd(25)
      ? { authorization: this.#pick(["Bearer", "Basic YTpi", `Bearer ${"x".repeat(600)}`, "Bearer nobody"]) }
      : { authorization: `Bearer ${this.#pick(this.#known.tokens)}` };
    for (const { name } of ofPlace("header")) if (this.#isOdd(4)) headers[name] = `key-${this.#below(500)}`;
    if (path.endsWith("/events")) headers["last-event-id"] = this.#pick(["0", "5", "-1", "x", "99999999999999999999"]);
    const url = `${filled}${query.length === 0 ? "" : `?${query.join("&")}`}`;
    const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
    if (schema === undefined && !(method !== "GET" && this.#isOdd(20)))
      return { method: this.#isOdd(50) ? this.#pick(methods) : method, url, headers };
    const type = this.#isOdd(30)
      ? this.#pick(["text/plain", "application/xml", "multipart/form-data", "json"])
      : "application/json";
    return { method, url, headers: { ...headers, "content-type": type }, body: this.#body(schema ?? {}) };
  }

  #body(schema: Schema): string {
    if (this.#isOdd(25)) return this.#pick(oddBodies);
    const text = JSON.stringify(this.#maybeBad(schema)) ?? "null";
    return this.#isOdd(40) ? text.slice(0, this.#below(text.length + 1)) : text;
  }

  #maybeBad(schema: Schema): unknown {
    return this.#isOdd(12) ? this.#pick(odd) : this.#value(schema);
  }

  #value(schema: Schema): unknown {
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return this.#pick(schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return this.#value(this.#pick(choices));
    switch (schema.type) {
      case "object":
        return this.#object(schema);
      case "array":
        return Array.from({ length: this.#below(4) }, () => this.#maybeBad(schema.items ?? {}));
      case "integer":
      case "number":
        return this.#number(schema);
      case "boolean":
        return this.#isOdd(2);
      case "string":
        return this.#text(schema);
      default:
        return this.#pick(odd);
    }
  }

  #object({ properties = {}, required = [] }: Schema): Record<string, unknown> {
    const fields = Object.entries(properties).filter(([name]) =>
      required.includes(name) ? !this.#isOdd(25) : this.#isOdd(3),
    );
    const made: Record<string, unknown> = {};
    for (const [name, schema] of fields) {
      const existing = this.#known.fields[name];
      made[name] = existing !== undefined && this.#isOdd(2) ? this.#pick(existing) : this.#maybeBad(schema);
    }
    if (this.#isOdd(25)) made[asText(this.#pick(odd))] = this.#pick(odd);
    return made;
  }

  #number({ minimum = -1_000, maximum = 1_000 }: Schema): number {
    if (this.#isOdd(8)) return this.#pick([minimum - 1, maximum + 1, 0.5, -0, 1e308, Number.MAX_SAFE_INTEGER + 2]);
    return this.#isOdd(4)
      ? this.#pick([minimum, maximum])
      : minimum + this.#below(Math.min(1_000, maximum - minimum + 1));
  }

  #text({ pattern, format, minLength = 1 }: Schema): string {
    if (format === "ipv4") return "192.0.2.1";
    if (format === "ipv6") return "2001:db8::1";
    if (pattern?.includes("\\d") === true) return String(this.#below(300));
    if (pattern?.startsWith("^qemu") === true)
      return this.#pick(["qemu:///system", `qemu+tcp://n${this.#below(50)}/system`, "qemu+tcp://nowhere/system"]);
    if (minLength > 8) return "correct horse battery";
    return this.#isOdd(3) ? `new-${this.#below(12)}` : this.#pick(this.#known.names);
  }

  #isOdd(oneIn: number): boolean {
    return this.#below(oneIn) === 0;
  }

  #pick<T>(choices: readonly T[]): T {
    const choice = choices[this.#below(choices.length)];
    if (choice === undefined) throw new RangeError("there is nothing to choose from");
    return choice;
  }

  /** Mulberry32, as Tommy Ettinger published it: small, seeded, and good enough to vary requests. */
  #below(bound: number): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * bound);
  }
}

const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const methods = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];

const odd: readonly (string | number | boolean | object)[] = [
  "",
  " ",
  "\u0000",
  "a\r\nset-cookie: b=c",
  "\u{1f980}".repeat(300),
  "\u202egnp.exe",
  "x".repeat(5_000),
  "'; DROP TABLE event; --",
  "../../../etc/passwd",
  "%00%ff",
  "null",
  "NaN",
  "constructor",
  "toString",
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER,
  0.1,
  true,
  false,
  [],
  [[[[[]]]]],
  {},
  { toString: 1, length: -1 },
  { $ne: null },
];

const oddPaths = [
  "%",
  "%00",
  "%2e%2e%2f",
  "%ff%fe",
  "a%2Fb",
  "%F0%9F%A6%80",
  "x".repeat(400),
  "x".repeat(2_000),
  "*",
  "..;",
  "__proto__",
];

const oddBodies = [
  "",
  "null",
  "[]",
  '"text"',
  "1e999",
  "{",
  '{"a":1}{"b":2}',
  '{"__proto__":{"role":"admin"}}',
  '{"constructor":{"prototype":{"role":"admin"}}}',
  "\u0000\u0001",
  `[${"[".repeat(2_000)}${"]".repeat(2_000)}]`,
  `{"vm":"${"y".repeat(70_000)}"}`,
  '{"vm":"a","vm":"b","target":"h1"}',
  '\ufeff{"reason":"x"}',
];
