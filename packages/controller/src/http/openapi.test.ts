/**
 * The committed document is the served one: UPDATE_PAGES=1 npx vitest run --project unit packages/controller/src/http/openapi.test.ts
 * writes it anew.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { operationIds, operations } from "@trunkline/api";
import { expect, it } from "vitest";
import { startService } from "./service.fixture.ts";

const page = join(import.meta.dirname, "../../../../docs/openapi.json");

it("docs/openapi.json is what the service serves", async () => {
  await using service = await startService();
  const answer = await service.app.inject("/api/v1/openapi.json");
  expect(answer.statusCode).toBe(200);
  const served = `${JSON.stringify(answer.json(), null, 1)}\n`;
  if (process.env["UPDATE_PAGES"] === "1") writeFileSync(page, served);
  expect(readFileSync(page, "utf8")).toBe(served);
});

it("the document names every operation, and refers to nothing that it lacks", () => {
  const text = readFileSync(page, "utf8");
  const document = JSON.parse(text) as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string }>>;
    components: { schemas: Record<string, unknown> };
  };
  expect(document.openapi).toMatch(/^3\.1\./);
  const named = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((one) => one.operationId),
  );
  expect(named.toSorted()).toEqual(operationIds.toSorted());
  const referred = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? "");
  expect([...new Set(referred)].toSorted()).toEqual(Object.keys(document.components.schemas).toSorted());
});

it("no two operations share an address", () => {
  const places = operationIds.map((id) => `${operations[id].method} ${operations[id].path}`);
  expect(new Set(places).size).toBe(places.length);
});
