import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TrunklineError } from "@trunkline/model";
import { limits } from "../limits.ts";
import { configFields } from "./config-field.ts";
import { parseConfig, readConfig } from "./read-config.ts";

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof TrunklineError && error.code === "config.invalid")
      return error.details["problems"] as string[];
    throw error;
  }
  return [];
}

const problemsIn = (text: string): readonly string[] => problemsOf(() => parseConfig(text, "t.yaml"));

describe("a configuration", () => {
  it.each(["", "# nothing but comments\n", "{}", "listen: {}\n"])("has a default for everything: %j", (text) => {
    expect(parseConfig(text, "t.yaml")).toEqual(readConfig());
    expect(readConfig().listen).toEqual({ host: "127.0.0.1", port: 8440 });
  });

  it("keeps what was said beside the defaults of what was not", () => {
    const config = parseConfig("listen:\n  port: 9000\nlog: { level: debug }\n", "t.yaml");
    expect(config.listen).toEqual({ host: "127.0.0.1", port: 9000 });
    expect(config.log).toEqual({ level: "debug", pretty: false });
    expect(config.observe).toEqual(readConfig().observe);
  });

  it("is told all its errors at once, in the file's order, each with line, column, key and what belongs there", () => {
    const text = `log:
  level: chatty
listen:
  port: 99999
  hots: 0.0.0.0
  tls: { certFile: a.pem }
observe: often
colour: red
`;
    expect(problemsIn(text)).toEqual([
      "t.yaml:2:10: log.level: expected one of fatal, error, warn, info, debug, trace",
      "t.yaml:4:9: listen.port: expected a whole number from 0 to 65535",
      "t.yaml:5:3: listen.hots: unknown key; did you mean host?",
      "t.yaml:6:8: listen.tls.keyFile: is missing; expected text of 1 to 4096 characters",
      "t.yaml:7:10: observe: expected a mapping of intervalMs, questionMs, hostsAskedAtOnce",
      `t.yaml:8:1: colour: unknown key; known here: ${configFields()[0]?.keys.join(", ")}`,
    ]);
  });

  it.each([
    ["a list", "- a\n", /^t\.yaml:1:1: expected a mapping of listen, /],
    ["a word", "yes", /^t\.yaml:1:1: expected a mapping of listen, /],
    ["broken YAML", "listen: {\n", /^t\.yaml:2:1: /],
    ["a key twice", "log: {}\nlog: {}\n", /^t\.yaml:2:1: Map keys must be unique/],
    ["a fraction", "listen: { port: 1.5 }", /^t\.yaml:1:17: listen\.port: expected a whole number/],
    ["a number as text", 'listen: { port: "80" }', /^t\.yaml:1:17: listen\.port: expected a whole number/],
    ["nothing for a group", "listen:\n", /listen: expected a mapping of host, port, tls$/],
    ["an unknown alias", "listen: *nowhere\n", /Unresolved alias/],
    ["two documents", "---\nlog: {}\n---\nlog: {}\n", /^t\.yaml:3:1: /],
    ["a prototype", "__proto__: { port: 1 }\n", /__proto__: unknown key/],
    [
      "more event clients than connections",
      "http: { connections: 10, eventClients: 10 }",
      /:1:40: http\.eventClients: 10 /,
    ],
  ])("refuses %s", (_what, text, expected) => {
    const problems = problemsIn(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it("is not blown up by aliases of aliases", () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const of = level === 0 ? "x" : `*a${level - 1}`;
      return `k${level}: &a${level} [${Array.from({ length: 10 }, () => of).join(", ")}]`;
    });
    expect(problemsIn(levels.join("\n"))).toEqual([expect.stringContaining("Excessive alias count")]);
  });

  it("refuses each number just beyond its bounds and takes the bounds themselves", () => {
    const numbers = configFields().flatMap(({ path, takes }) => {
      const match = /^a whole number from (\d+) to (\d+)$/.exec(takes);
      return match === null ? [] : [{ path, minimum: Number(match[1]), maximum: Number(match[2]) }];
    });
    expect(numbers.length).toBeGreaterThan(8);
    const fileOf = (path: string, value: number): string => {
      const [group = "", key = ""] = path.split(".");
      // The two of http depend on each other: the other one is moved out of the way.
      const others =
        path === "http.connections" ? ", eventClients: 1" : path === "http.eventClients" ? ", connections: 65536" : "";
      return `${group}: { ${key}: ${value}${others} }`;
    };
    const refused = numbers.flatMap(({ path, minimum, maximum }) =>
      [minimum - 1, minimum, maximum, maximum + 1]
        .filter((value) => problemsIn(fileOf(path, value)).length > 0)
        .map((value) => `${path} ${value}`),
    );
    expect(refused).toEqual(
      numbers.flatMap(({ path, minimum, maximum }) => [`${path} ${minimum - 1}`, `${path} ${maximum + 1}`]),
    );
  });
});

describe("a configuration file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tl-config-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("names its paths from its own folder", () => {
    const file = join(folder, "t.yaml");
    writeFileSync(
      file,
      "inventory: hosts.yaml\nstateFolder: /srv/state\nlisten: { tls: { certFile: c.pem, keyFile: ../k.pem } }\n",
    );
    const config = readConfig(file);
    expect(config.inventory).toBe(join(folder, "hosts.yaml"));
    expect(config.stateFolder).toBe("/srv/state");
    expect(config.listen.tls).toEqual({ certFile: join(folder, "c.pem"), keyFile: join(folder, "../k.pem") });
  });

  it("that is not there, no file, or far too large is refused before it is parsed", () => {
    const file = join(folder, "large.yaml");
    writeFileSync(file, "");
    truncateSync(file, limits.configBytes + 1);
    for (const [path, why] of [
      [join(folder, "none.yaml"), "ENOENT"],
      [folder, "EISDIR"],
      [file, `more than ${limits.configBytes}`],
    ] as const)
      expect(() => readConfig(path)).toThrow(why);
  });

  it("of ops/ is a valid example and says what is the default", () => {
    expect(readConfig(join(import.meta.dirname, "../../../../ops/trunkline.yaml"))).toEqual(readConfig());
  });
});
