/** Lists of VMs over one keep-alive connection: filtered pages as a browser asks for them, and whole walks. */
import { createClient, fetchTransport } from "@trunkline/api";
import { assert } from "@trunkline/model";
import type { Load } from "./load.ts";
import type { BenchService } from "./service.ts";

export interface ListFigures {
  readonly pageMs: readonly number[];
  readonly walkMs: readonly number[];
  /** What the server computed for one filtered page, which a busy machine does not change. */
  readonly pageCpuMs: number;
}

export async function listPages(service: BenchService, load: Load, signal: AbortSignal): Promise<ListFigures> {
  const { url, token } = service;
  const before = await service.usage();
  const { call } = createClient({ transport: fetchTransport(url), token });
  const limit = load.pageItems;
  const pageMs: number[] = [];
  for (let index = 0; index < load.pages; index += 1) {
    const sort = sorts[index % sorts.length] ?? "name";
    const query = { name: parts[index % parts.length], power: "running", sort, limit } as const;
    const startedMs = performance.now();
    const page = await call("vms.list", { query }, { signal });
    pageMs.push(performance.now() - startedMs);
    assert(page.items.length === limit, "the filter lets more than a page through");
  }
  const pageCpuMs = ((await service.usage()).cpuMs - before.cpuMs) / load.pages;
  const walkMs: number[] = [];
  for (let index = 0; index < load.walks; index += 1) {
    const startedMs = performance.now();
    const ids = new Set<string>();
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await call("vms.list", { query: { limit: walkItems, cursor } }, { signal });
      for (const { id } of page.items) ids.add(id);
      cursor = page.nextCursor;
    }
    walkMs.push(performance.now() - startedMs);
    assert(ids.size === load.vms, "a walk meets every VM");
  }
  return { pageMs, walkMs, pageCpuMs };
}

const sorts = ["name", "host", "memoryMiB", "cpuUsedRatio"] as const;
const parts = ["web", "db", "CACHE", "vm-1"];

/** The largest page there is. */
const walkItems = 1_000;
