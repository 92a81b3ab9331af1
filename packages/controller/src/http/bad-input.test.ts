/** Bad input of every kind ends in a problem that names what is wrong, does nothing, and leaves the service up. */
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { problemSchema } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listen } from "./listen.ts";
import { bearer, problemIn, startService } from "./service.fixture.ts";
import type { ServiceFixture } from "./service.fixture.ts";

let service: ServiceFixture;
beforeEach(async () => {
  service = await startService();
});
afterEach(async () => {
  const health = await service.app.inject("/health");
  await service[Symbol.asyncDispose]();
  if (health.statusCode !== 200) throw new Error("the service did not survive the request");
});

const json = { "content-type": "application/json" };
const move = { vm: "vm-00001", target: "h3" };

describe("requests that act", () => {
  const cases: readonly (readonly [
    what: string,
    request: { readonly path?: string; readonly body: string; readonly headers?: Readonly<Record<string, string>> },
    status: number,
    code: string,
    words: RegExp,
  ])[] = [
    ["malformed JSON", { body: '{"vm": ' }, 400, "request.invalid", /could not be read/],
    ["no body at all", { body: "" }, 400, "request.invalid", /[Bb]ody/],
    [
      "another content type",
      { body: "vm=a", headers: { "content-type": "text/plain" } },
      415,
      "request.invalid",
      /content type/,
    ],
    [
      "a form",
      { body: "vm=a", headers: { "content-type": "application/x-www-form-urlencoded" } },
      415,
      "request.invalid",
      /content type/,
    ],
    ["wrong types", { body: '{"vm": 1, "target": []}' }, 400, "request.invalid", /body\.vm.*body\.target/],
    ["a field too many", { body: JSON.stringify({ ...move, now: true }) }, 400, "request.invalid", /"now"/],
    [
      "a number beyond its bounds",
      { body: JSON.stringify({ ...move, priority: 1e300 }) },
      400,
      "request.invalid",
      /body\.priority/,
    ],
    ["half a character", { body: '{"vm": "\\ud800", "target": "h3"}' }, 400, "request.invalid", /body\.vm/],
    [
      "a prototype",
      { body: '{"__proto__": {"vm": "a"}, "vm": "a", "target": "h3"}' },
      400,
      "request.invalid",
      /could not be read/,
    ],
    ["a huge body", { body: JSON.stringify({ ...move, vm: "x".repeat(100_000) }) }, 413, "request.too-large", /larger/],
    ["an unknown VM", { body: JSON.stringify({ ...move, vm: "nobody" }) }, 404, "vm.unknown", /nobody/],
    ["an unknown host", { body: JSON.stringify({ ...move, target: "h9" }) }, 404, "host.unknown", /h9/],
    [
      "a bad key",
      { body: JSON.stringify(move), headers: { "idempotency-key": "a b" } },
      400,
      "request.invalid",
      /idempotency key/,
    ],
    [
      "a host that is nowhere",
      { path: "/api/v1/hosts", body: '{"uri": "qemu+tcp://nowhere/system"}' },
      409,
      "host.unreachable",
      /nowhere/,
    ],
    [
      "a host of another kind",
      { path: "/api/v1/hosts", body: '{"uri": "http://h"}' },
      400,
      "request.invalid",
      /libvirt URI/,
    ],
    [
      "a shell from an operator",
      { path: "/api/v1/hosts", body: '{"uri": "qemu:///system", "shell": ["sh"]}' },
      403,
      "auth.forbidden",
      /shell/,
    ],
    [
      "a command from an operator",
      { path: "/api/v1/hosts", body: '{"uri": "qemu+ssh://h/system?command=/bin/sh"}' },
      403,
      "auth.forbidden",
      /command/,
    ],
    ["an unknown move", { path: "/api/v1/moves/none/cancel", body: "{}" }, 404, "move.unknown", /none/],
  ];
  it.each(cases)("%s", async (_, { path = "/api/v1/moves", body, headers }, status, code, words) => {
    const answer = await service.app.inject({
      method: "POST",
      url: path,
      headers: { ...bearer(service.tokens.operator), ...json, ...headers },
      payload: body,
    });
    const problem = problemIn(answer);
    expect([problem.status, problem.code]).toEqual([status, code]);
    expect(problem.detail).toMatch(words);
    expect((await service.plane.pageMoves({ limit: 10 })).length).toBe(0);
  });
});

describe("requests that look", () => {
  it.each([
    ["/api/v1/vms?limit=0", 400, "request.invalid"],
    ["/api/v1/vms?limit=99999999999999999999", 400, "request.invalid"],
    ["/api/v1/vms?limit=1&limit=2", 400, "request.invalid"],
    ["/api/v1/vms?sort=uuid", 400, "request.invalid"],
    ["/api/v1/vms?nmae=a", 400, "request.invalid"],
    ["/api/v1/vms?cursor=not-ours", 400, "request.invalid"],
    ["/api/v1/moves?cursor=WyJhdWRpdCIsMV0", 400, "request.invalid"],
    ["/api/v1/vms/not-a-uuid", 400, "request.invalid"],
    ["/api/v1/vms/6f1d9d1e-1111-4222-8333-ffffffffffff", 404, "vm.unknown"],
    ["/api/v1/hosts/h9", 404, "host.unknown"],
    ["/api/v1/hosts/%00", 400, "request.invalid"],
    ["/api/v1/hosts/%E0%A4%A", 400, "request.invalid"],
    ["/api/v1/nothing", 404, "request.unknown-path"],
    ["/", 404, "request.unknown-path"],
    ["/api/v1/events?after=-1", 400, "request.invalid"],
  ])("%s", async (url, status, code) => {
    const answer = await service.app.inject({ url, headers: bearer(service.tokens.viewer) });
    const problem = problemIn(answer);
    expect([problem.status, problem.code]).toEqual([status, code]);
  });

  it.each([
    [300, 400],
    [5_000, 400],
  ])("a name of %d letters", async (letters, status) => {
    const url = `/api/v1/hosts/${"x".repeat(letters)}`;
    const answer = await service.app.inject({ url, headers: bearer(service.tokens.viewer) });
    expect(problemIn(answer).status).toBe(status);
  });

  it("a Last-Event-ID that is no number", async () => {
    const headers = { ...bearer(service.tokens.viewer), "last-event-id": "seven" };
    expect(problemIn(await service.app.inject({ url: "/api/v1/events", headers })).code).toBe("request.invalid");
  });

  it("a method that the address does not have", async () => {
    const answer = await service.app.inject({ method: "DELETE", url: "/api/v1/moves/m1" });
    expect(problemIn(answer)).toMatchObject({ status: 405, code: "request.unknown-path" });
    expect(answer.headers["allow"]).toBe("GET");
  });
});

describe("failures that are not the caller's", () => {
  const ask = async () =>
    await service.app.inject({
      method: "POST",
      url: "/api/v1/moves",
      headers: bearer(service.tokens.operator),
      payload: move,
    });

  it("a full disk under the store is the store's failure, and the next request works", async () => {
    service.plane.failure = new TrunklineError("store.failed", "the journal could not be written: disk full");
    expect(problemIn(await ask())).toMatchObject({ status: 503, code: "store.failed" });
    expect((await ask()).statusCode).toBe(202);
  });

  it("a defect says nothing of the inside, and the log everything", async () => {
    service.plane.failure = new Error("secret sauce");
    const problem = problemIn(await ask());
    expect(problem).toMatchObject({ status: 500, code: "internal.defect" });
    expect(JSON.stringify(problem)).not.toContain("sauce");
    expect(service.logged()).toContain("secret sauce");
    expect(service.logged()).toContain(problem.instance);
  });

  it("work that takes too long is the service's own trouble", async () => {
    service.plane.failure = new DOMException("time is up", "TimeoutError");
    expect(problemIn(await ask())).toMatchObject({ status: 503, code: "service.unavailable" });
  });
});

describe("over a socket", () => {
  const exchange = async (bytes: string): Promise<{ readonly status: number; readonly body: unknown }> => {
    if (!service.app.server.listening) await listen(service.app, { host: "127.0.0.1", port: 0 });
    const { port } = service.app.server.address() as AddressInfo;
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(bytes));
      let received = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => (received += chunk));
      socket.on("close", () => {
        resolve(received);
      });
      socket.on("error", reject);
    });
    const [head = "", body = ""] = text.split("\r\n\r\n");
    return { status: Number(head.split(" ")[1]), body: JSON.parse(body) };
  };

  it("bytes that are no HTTP", async () => {
    const { status, body } = await exchange("open sesame\r\n\r\n");
    expect(status).toBe(400);
    expect(problemSchema.parse(body).code).toBe("request.invalid");
  });

  it("headers without an end", async () => {
    const { status, body } = await exchange(`GET /health HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(40_000)}\r\n\r\n`);
    expect(status).toBe(431);
    expect(problemSchema.parse(body).code).toBe("request.too-large");
  });
});
