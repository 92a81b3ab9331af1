/** The real server on a real store in memory, in front of a controller that only remembers. */
import { Writable } from "node:stream";
import type { FastifyInstance, LightMyRequestResponse } from "fastify";
import { problemSchema, problemType } from "@trunkline/api";
import type { Problem } from "@trunkline/api";
import type { Role } from "@trunkline/model";
import type { Clock } from "@trunkline/ports";
import { expect } from "vitest";
import { systemClock } from "../adapters/system/system-clock.ts";
import { systemRandom } from "../adapters/system/system-random.ts";
import { createLogger } from "../log/logger.ts";
import { openStore } from "../record/sqlite/open-store.ts";
import { addToken } from "./auth/credentials.ts";
import { PlaneFixture, snapshotOf } from "./plane.fixture.ts";
import { buildServer } from "./server.ts";
import type { ServerOptions } from "./server.ts";

export interface ServiceFixture extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly plane: PlaneFixture;
  readonly store: Awaited<ReturnType<typeof openStore>>;
  readonly clock: MovableClock;
  readonly tokens: Readonly<Record<Role, string>>;
  /** Everything that was logged, as text. */
  readonly logged: () => string;
}

export interface MovableClock extends Clock {
  pass(ms: number): void;
}

const usualLimits: ServerOptions["limits"] = {
  bodyBytes: 64 * 1024,
  requestsPerMinute: 1_000_000,
  loginsPerMinute: 1_000,
  connections: 1_000,
  eventClients: 100,
  loginHours: 12,
  answersHours: 24,
};

export interface FixtureOptions extends Partial<Omit<ServerOptions, "limits">> {
  readonly limits?: Partial<ServerOptions["limits"]>;
  readonly keptEvents?: number;
}

export async function startService(options: FixtureOptions = {}): Promise<ServiceFixture> {
  const clock = movableClock();
  const { keptEvents, limits, ...others } = options;
  const store = await openStore({ path: ":memory:", clock, ...(keptEvents === undefined ? {} : { keptEvents }) });
  const plane = new PlaneFixture(snapshotOf(3, 30));
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      lines.push(chunk.toString("utf8"));
      done();
    },
  });
  const tokenOf = async (role: Role): Promise<string> =>
    (await addToken(store.accounts, { actor: `the-${role}`, role, livesMs: null }, clock, systemRandom)).secret;
  const tokens = {
    viewer: await tokenOf("viewer"),
    operator: await tokenOf("operator"),
    admin: await tokenOf("admin"),
  };
  const app = await buildServer({
    plane,
    store,
    clock,
    random: systemRandom,
    logger: createLogger({ clock, level: "debug", stream }),
    metrics: { contentType: "text/plain; version=0.0.4", text: async () => "trunkline_up 1\n" },
    readiness: () => ({ isReady: true, why: "" }),
    ...others,
    limits: { ...usualLimits, ...limits },
  });
  return {
    app,
    plane,
    store,
    clock,
    tokens,
    logged: () => lines.join(""),
    [Symbol.asyncDispose]: async () => {
      await app.close();
      await store.close();
    },
  };
}

function movableClock(): MovableClock {
  let passedMs = 0;
  return {
    ...systemClock,
    nowMs: () => systemClock.nowMs() + passedMs,
    timestamp: () => new Date(Date.parse(systemClock.timestamp()) + passedMs).toISOString(),
    pass: (ms) => {
      passedMs += ms;
    },
  };
}

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** The answer's problem, after it was held against everything that a problem owes. */
export function problemIn(answer: LightMyRequestResponse): Problem {
  expect(answer.headers["content-type"]).toBe(problemType);
  const problem = problemSchema.parse(answer.json());
  expect(problem.status).toBe(answer.statusCode);
  expect(problem.instance).toBe(answer.headers["x-request-id"]);
  expect(problem.hint).not.toBe("");
  expect(JSON.stringify(problem)).not.toMatch(/node_modules|\.ts:\d/);
  return problem;
}
