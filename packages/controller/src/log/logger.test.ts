import { fastify } from "fastify";
import { describe, expect, it } from "vitest";
import { TrunklineError } from "@trunkline/model";
import { limits } from "../limits.ts";
import { createLogger, serviceLogOf } from "./logger.ts";
import type { Logger, LoggerOptions } from "./logger.ts";

const clock: LoggerOptions["clock"] = {
  nowMs: () => 0,
  timestamp: () => "2026-01-02T03:04:05.678Z",
  sleep: async () => {},
  deadline: () => new AbortController().signal,
};

/** Stands wherever a secret can; the log must never contain it. */
const key = "s3cr3t-Value.9";

function logged(write: (log: Logger) => void, options: Partial<LoggerOptions> = {}): string {
  let text = "";
  const stream = {
    write: (line: string) => {
      text += line;
    },
  };
  write(createLogger({ clock, level: "trace", stream, ...options }));
  return text;
}

const inner = Object.assign(new Error(`login with password=${key} failed`), { headers: { "Set-Cookie": [key] } });
const outer = new TrunklineError("host.unreachable", `qemu+tcp://root:${key}@h1/system is silent`, {
  details: { token: key, host: "h1" },
  cause: inner,
});
const circular: Record<string, unknown> = { password: key };
circular["self"] = circular;

describe("the log", () => {
  it("is one JSON object a line, with level, time and message", () => {
    const lines = logged((log) => {
      log.info({ vm: "vm1", bytes: 12n }, "moved");
      log.warn("slow");
    }).split("\n");
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      level: "info",
      time: "2026-01-02T03:04:05.678Z",
      pid: process.pid,
      vm: "vm1",
      bytes: "12",
      msg: "moved",
    });
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ level: "warn", msg: "slow" });
    expect(lines).toHaveLength(3);
  });

  it("writes nothing below its level", () => {
    expect(logged((log) => log.info("unheard"), { level: "warn" })).toBe("");
  });

  it("tells an error with its code, its stack and its causes", () => {
    const line = JSON.parse(logged((log) => log.error(outer))) as Record<string, unknown>;
    expect(line).toMatchObject({
      msg: "qemu+tcp://root:[redacted]@h1/system is silent",
      err: {
        type: "TrunklineError",
        code: "host.unreachable",
        details: { host: "h1", token: "[redacted]" },
        cause: { type: "Error", message: "login with password=[redacted] failed" },
      },
    });
    expect(JSON.stringify(line)).toContain("logger.test.ts");
  });

  it("is a service's log, too", () => {
    const lines = logged((log) => {
      serviceLogOf(log).info("started");
      serviceLogOf(log).warn("late", { token: key, vm: "vm1" });
    }).split("\n");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "info", msg: "started" });
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ level: "warn", msg: "late", vm: "vm1", token: "[redacted]" });
  });

  it("keeps words that only look like secrets", () => {
    const text = logged((log) => log.info({ host: "tokenring", keyFile: "/etc/k.pem" }, "trunkline token add NAME"));
    expect(text).toContain("tokenring");
    expect(text).toContain("/etc/k.pem");
    expect(text).toContain("trunkline token add NAME");
  });
});

describe("no secret comes through", () => {
  it.each<readonly [string, (log: Logger) => void]>([
    ["a header", (log) => log.info({ headers: { Authorization: `Bearer ${key}`, COOKIE: key } })],
    ["many levels down", (log) => log.info({ a: [{ b: { c: { newPassword: { old: key } } } }] })],
    ["in a list of raw headers", (log) => log.info({ rawHeaders: ["Host", "h", "Authorization", key, "Cookie", key] })],
    [
      "in Headers and search parameters",
      (log) => log.info({ h: new Headers({ cookie: key }), q: new URLSearchParams({ token: key }) }),
    ],
    ["in a map", (log) => log.info({ m: new Map([["secret", key]]) })],
    [
      "as a number's neighbour",
      (log) => log.info({ token: 12, client_secret: key, passwordHash: key, secretHash: key }),
    ],
    ["in an error", (log) => log.error(outer)],
    ["in an error as a field", (log) => log.error({ err: outer }, "failed")],
    ["in an error under another name", (log) => log.error({ why: outer, list: [inner] }, "failed")],
    ["in many errors", (log) => log.error({ err: new AggregateError([inner, outer], key.length.toString()) })],
    ["in a message", (log) => log.info(`Authorization: Bearer ${key}`)],
    ["in a message's JSON", (log) => log.info(`{"password":"${key}","x":1}`)],
    ["in a message's cookie", (log) => log.info(`Cookie: a=1; trunkline=${key}`)],
    ["in a URL", (log) => log.info({ url: `/api/v1/vms?token=${key}`, peer: new URL(`https://ann:${key}@h1/`) })],
    ["in an interpolated object", (log) => log.info("got %j and %o", { token: key }, { cookie: key })],
    ["in an interpolated text", (log) => log.info("got %s", `token=${key}`)],
    ["in a child's bindings", (log) => log.child({ session: { cookie: key }, token: key }).info("x")],
    [
      "in bindings of a child of a child, set later",
      (log) => {
        const child = log.child({ a: 1 }).child({ b: { secret: key } });
        child.setBindings({ password: key });
        child.info("x");
      },
    ],
    [
      "in bindings set later",
      (log) => {
        log.setBindings({ password: key });
        log.info("x");
      },
    ],
    ["in a circle", (log) => log.info({ circular })],
    [
      "in the path of a request",
      (log) => log.info({ req: { method: "GET", url: `/x?token=${key}`, headers: { cookie: key } } }),
    ],
    ["at the end of a long text", (log) => log.info(`${"x".repeat(limits.logTextLength)} token=${key}`)],
  ])("%s", (_where, write) => {
    for (const pretty of [false, true]) {
      const text = logged(write, { pretty });
      expect(text).not.toBe("");
      expect(text).not.toContain(key);
    }
  });

  it("from a real server whose every request carries them", async () => {
    let text = "";
    const stream = {
      write: (line: string) => {
        text += line;
      },
    };
    const server = fastify({ loggerInstance: createLogger({ clock, level: "trace", stream }) });
    server.post("/login", (request) => {
      request.log.info({ body: request.body, headers: request.headers, raw: request.raw.rawHeaders }, "asked");
      throw new Error(`token: ${key}`);
    });
    const answer = await server.inject({
      method: "POST",
      url: `/login?token=${key}`,
      headers: { authorization: `Bearer ${key}`, cookie: `trunkline=${key}` },
      payload: { user: "ann", password: key },
    });
    await server.close();
    expect(answer.statusCode).toBe(500);
    expect(text).toContain('"user":"ann"');
    expect(text).toContain('"url":"/login"');
    expect(text).not.toContain(key);
  });
});

describe("a value of any size", () => {
  it("costs a bounded line", () => {
    let deep: unknown = "end";
    for (let level = 0; level < 1_000; level += 1) deep = { deep };
    const wide = Array.from({ length: 100_000 }, (_, index) => index);
    const text = logged((log) => log.info({ deep, wide, text: "y".repeat(1_000_000) }));
    expect(text.length).toBeLessThan(2 * limits.logTextLength);
  });

  it("does not hide what follows a getter that throws", () => {
    const thrower = Object.defineProperty({}, "x", {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
    expect(() => logged((log) => log.info({ thrower }, "said"))).not.toThrow();
    expect(logged((log) => log.info({ thrower }, "said"))).toContain("said");
  });
});

describe("a pretty line", () => {
  it("reads as a sentence with its fields", () => {
    expect(logged((log) => log.warn({ vm: "vm1", attempt: 2 }, "is slow"), { pretty: true })).toBe(
      "03:04:05.678 WARN  is slow vm=vm1 attempt=2\n",
    );
  });

  it("does not obey what a host wrote into its message", () => {
    expect(logged((log) => log.info("a\u001b[2Jb\nc"), { pretty: true })).toContain("a\\u001b[2Jb\\nc");
  });
});
