/** The same key: the same answer, and the deed once; or the honest word that nobody knows. */
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

const ask = async (key: string, payload: object, token = service.tokens.operator) =>
  await service.app.inject({
    method: "POST",
    url: "/api/v1/moves",
    headers: { ...bearer(token), "idempotency-key": key },
    payload,
  });
const wish = { vm: "vm-00001", target: "h3" };

it("asked again, the answer is the same and nothing is done twice", async () => {
  const first = await ask("k1", wish);
  const second = await ask("k1", { target: "h3", vm: "vm-00001" });
  expect([first.statusCode, second.statusCode]).toEqual([202, 202]);
  expect(second.body).toBe(first.body);
  expect(second.headers["content-type"]).toBe(first.headers["content-type"]);
  expect([first.headers["idempotency-replayed"], second.headers["idempotency-replayed"]]).toEqual([undefined, "true"]);
  expect(service.plane.deeds).toHaveLength(1);
});

it("a refusal is an answer as well", async () => {
  const first = await ask("k1", { ...wish, vm: "nobody" });
  const second = await ask("k1", { ...wish, vm: "nobody" });
  expect([first.statusCode, second.statusCode]).toEqual([404, 404]);
  expect(second.body).toBe(first.body);
  expect(second.headers["content-type"]).toBe("application/problem+json");
});

it("another request under the same key is a mistake; another actor's key is another key", async () => {
  await ask("k1", wish);
  expect(problemIn(await ask("k1", { ...wish, target: "h2" }))).toMatchObject({
    status: 422,
    code: "request.key-reused",
  });
  expect((await ask("k1", { ...wish, target: "h2" }, service.tokens.admin)).statusCode).toBe(202);
});

it("of two at once one goes on, and the other learns that", async () => {
  let open: () => void = () => undefined;
  service.plane.gate = new Promise<void>((resolve) => (open = resolve));
  const both = [ask("k1", wish), ask("k1", wish)];
  const early = await Promise.race(both);
  expect(problemIn(early)).toMatchObject({ status: 409, code: "request.in-doubt" });
  open();
  expect((await Promise.all(both)).map(({ statusCode }) => statusCode)).toEqual(expect.arrayContaining([202, 409]));
  expect(service.plane.deeds).toHaveLength(1);
});

it("one whose end a crash swallowed is in doubt, whoever asks again", async () => {
  await ask("k1", wish);
  const stored = await service.store.answers.find("the-operator", "k1");
  if (stored === undefined) throw new Error("the answer was not stored");
  await service.store.answers.put({ ...stored, answer: null });
  expect(problemIn(await ask("k1", wish))).toMatchObject({ status: 409, code: "request.in-doubt" });
  expect(service.plane.deeds).toHaveLength(1);
});

it("a key is forgotten when its time is over", async () => {
  await ask("k1", wish);
  service.clock.pass(25 * 3_600_000);
  expect((await ask("k1", { ...wish, target: "h2" })).statusCode).toBe(202);
  expect(service.plane.deeds).toHaveLength(2);
});

it("a request that was never understood leaves its key free", async () => {
  expect((await ask("k1", { vm: 1 })).statusCode).toBe(400);
  expect((await ask("k1", wish)).statusCode).toBe(202);
});
