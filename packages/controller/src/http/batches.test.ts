/** Several VMs as one request, as the interface takes it: a plan, a batch, the same key, who may, and what is written down. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { bearer, problemIn, startService } from "./service.fixture.ts";
import type { ServiceFixture } from "./service.fixture.ts";

let service: ServiceFixture;
beforeEach(async () => {
  service = await startService();
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
});

const body = {
  moves: [
    { vm: "vm-00001", target: "h3" },
    { vm: "vm-00002", after: ["vm-00001"] },
  ],
};

const post = async (payload: object, headers: Readonly<Record<string, string>> = {}, url = "/api/v1/batches") =>
  await service.app.inject({
    method: "POST",
    url,
    headers: { ...bearer(service.tokens.operator), ...headers },
    payload,
  });
const get = async (url: string) => await service.app.inject({ url, headers: bearer(service.tokens.viewer) });

it("a dry run is answered with a plan, and nothing is done", async () => {
  const answer = await post({ ...body, dryRun: true });
  expect([answer.statusCode, answer.json<{ waves: unknown }>().waves]).toEqual([200, []]);
  expect(service.plane.deeds).toEqual([]);
});

it("asked again under the same key, it is the same batch, and the deed is done once", async () => {
  const first = await post(body, { "idempotency-key": "k1" });
  const second = await post(body, { "idempotency-key": "k1" });
  expect([first.statusCode, second.statusCode]).toEqual([202, 202]);
  expect(second.body).toBe(first.body);
  expect(first.json()).toMatchObject({
    onFailure: "stop",
    options: { mode: "auto", handover: true },
    state: "running",
  });
  expect(service.plane.deeds).toEqual(["batch vm-00001 vm-00002 the-operator"]);
  const [entry] = await service.store.audit.page(undefined, 1);
  expect(entry).toMatchObject({ action: "batches.create", subject: "vm-00001 h3 vm-00002" });
});

it("a batch is listed, shown and called off by its id", async () => {
  const { id } = (await post(body)).json<{ id: string }>();
  expect((await get("/api/v1/batches")).json()).toMatchObject({ items: [{ id }] });
  expect((await get(`/api/v1/batches/${id}`)).json()).toMatchObject({
    id,
    steps: [{ name: "vm-00001", target: "h3" }, {}],
  });
  expect((await post({}, {}, `/api/v1/batches/${id}/cancel`)).json()).toMatchObject({ state: "cancelled" });
  expect(problemIn(await get("/api/v1/batches/nobody"))).toMatchObject({ status: 404, code: "batch.unknown" });
});

it("a viewer may look and not begin; an empty batch, and one with a field that is none, are refused", async () => {
  const viewer = bearer(service.tokens.viewer);
  expect(problemIn(await post(body, viewer))).toMatchObject({ status: 403, code: "auth.forbidden" });
  for (const wrong of [{ moves: [] }, {}, { ...body, onFailure: "wait" }, { moves: [{ vm: "vm-00001", host: "h3" }] }])
    expect(problemIn(await post(wrong))).toMatchObject({ status: 400, code: "request.invalid" });
  expect(service.plane.deeds).toEqual([]);
});
