/**
 * Requests made from the served document: valid ones, nearly valid ones and hostile ones. None may be answered with a
 * failure of the service, and each refusal has to be a problem. A run is replayed by its seed.
 */
import type { LightMyRequestResponse } from "fastify";
import { expect, it } from "vitest";
import { bearer, problemIn, startService } from "./service.fixture.ts";
import type { ServiceFixture } from "./service.fixture.ts";
import { RequestMaker } from "./request-maker.fixture.ts";
import type { Document, MadeRequest } from "./request-maker.fixture.ts";

const total = 10_000;
const seed = Number(process.env["SEED"] ?? 20_260_301);

it(`${total} requests of seed ${seed} meet no failure of the service`, { timeout: 300_000 }, async () => {
  await using service = await startService({ limits: { eventClients: 1_000, loginsPerMinute: 1 } });
  const served = await service.app.inject("/api/v1/openapi.json");
  const maker = new RequestMaker(served.json<Document>(), seed, {
    names: ["h1", "h2", "vm-00001", "vm-00002", "m000001", "m000002", "6f1d9d1e-1111-4222-8333-000000000001"],
    fields: { vm: ["vm-00001", "vm-00002"], target: ["h1", "h2", "h3"], host: ["h1", "h2"] },
    tokens: Object.values(service.tokens),
  });
  const statuses = new Map<number, number>();
  const failures: string[] = [];
  for (let index = 0; index < total; index += 1) {
    const made = maker.next();
    const answer = await ask(service, made);
    if (answer.statusCode >= 500)
      failures.push(`request ${index} of SEED=${seed}: ${JSON.stringify(made).slice(0, 1_000)}`);
    if (answer.statusCode >= 400) problemIn(answer);
    statuses.set(answer.statusCode, (statuses.get(answer.statusCode) ?? 0) + 1);
  }
  expect(failures).toEqual([]);
  // The maker is worth nothing if it does not reach behind the checks, nor if it does not meet them.
  const unmet = [200, 201, 202, 204, 400, 401, 403, 404, 409, 413, 415].filter((status) => !statuses.has(status));
  expect(unmet).toEqual([]);
  expect(service.logged()).not.toContain('"level":"error"');
  const last = await service.app.inject({ url: "/api/v1/hosts", headers: bearer(service.tokens.viewer) });
  expect(last.statusCode).toBe(200);
});

/** A stream that is accepted would never end, so its answer is taken and let go. */
async function ask({ app }: ServiceFixture, made: MadeRequest): Promise<LightMyRequestResponse> {
  const { method, url, headers, body } = made;
  const options = { method: method as "GET", url, headers, ...(body === undefined ? {} : { payload: body }) };
  if (!url.startsWith("/api/v1/events")) return await app.inject(options);
  const answer = await app.inject({ ...options, payloadAsStream: true });
  answer.stream().on("error", () => undefined);
  if (answer.statusCode === 200) {
    answer.stream().destroy();
    answer.raw.res.destroy();
    return answer;
  }
  answer.stream().destroy();
  return await app.inject(options);
}
