/** What the service counts of itself, scraped over a real socket. */
import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { expect, it, vi } from "vitest";
import { readExposition } from "../metrics/exposition.fixture.ts";
import { ServiceMetrics } from "../metrics/service-metrics.ts";
import { listen } from "./listen.ts";
import { bearer, startService } from "./service.fixture.ts";

it("requests are counted by their template, and whoever follows the events as long as it does", async () => {
  const metrics = new ServiceMetrics({ version: "0.1.0", ofProcess: false });
  await using service = await startService({
    metrics: {
      contentType: metrics.contentType,
      text: async ({ eventClients }) => {
        metrics.eventClientsChanged(eventClients);
        return await metrics.text();
      },
    },
    onAnswered: (answered) => {
      metrics.requestAnswered(answered);
    },
  });
  const url = await listen(service.app, { host: "127.0.0.1", port: 0 });
  const headers = bearer(service.tokens.viewer);
  const scrape = async (name: string): Promise<Readonly<Record<string, number>>> => {
    const answer = await fetch(new URL("/metrics", url), { headers });
    expect(answer.headers.get("content-type")).toBe(metrics.contentType);
    const samples = readExposition(await answer.text()).flatMap((family) => family.samples);
    return Object.fromEntries(
      samples.flatMap((sample) =>
        sample.name === name ? [[Object.values(sample.labels).join(" "), sample.value] as const] : [],
      ),
    );
  };

  const ask = async (path: string, init: RequestInit): Promise<void> => {
    await (await fetch(new URL(path, url), init)).text();
  };
  await ask("/api/v1/vms?limit=nothing", { headers });
  await ask("/api/v1/vms/nobody", {});
  await ask("/nowhere/at/all", {});
  expect(await scrape("trunkline_http_requests_total")).toEqual({
    "GET /api/v1/vms 400": 1,
    "GET /api/v1/vms/:id 401": 1,
    "GET none 404": 1,
  });

  expect(await scrape("trunkline_event_clients")).toEqual({ "": 0 });
  const following = httpRequest(new URL("/api/v1/events", url), { headers, agent: false });
  await once(following.end(), "response");
  expect(await scrape("trunkline_event_clients")).toEqual({ "": 1 });
  following.destroy();
  await vi.waitFor(async () => {
    expect(await scrape("trunkline_event_clients")).toEqual({ "": 0 });
  });
});
