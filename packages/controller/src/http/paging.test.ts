/** Pages: all items once, in order, whatever happens between two of them. */
import { createClient } from "@trunkline/api";
import type { VmSortKey } from "@trunkline/api";
import type { VmObservation } from "@trunkline/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { injectTransport } from "./inject-transport.ts";
import { observedVm, snapshotOf } from "./plane.fixture.ts";
import { startService } from "./service.fixture.ts";
import type { ServiceFixture } from "./service.fixture.ts";

let service: ServiceFixture;
beforeEach(async () => {
  service = await startService();
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
});

const client = (token: string) => createClient({ transport: injectTransport(service.app), token });
const signal = new AbortController().signal;

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

async function walk<T>(
  page: (cursor: { readonly cursor?: string }) => Promise<Page<T>>,
  between = (): void => undefined,
) {
  const items: T[] = [];
  for (let cursor: { readonly cursor?: string } | null = {}; cursor !== null;) {
    const found: Page<T> = await page(cursor);
    items.push(...found.items);
    cursor = found.nextCursor === null ? null : { cursor: found.nextCursor };
    between();
  }
  return items;
}

describe("VMs", () => {
  const vms = async (query: object, between?: () => void): Promise<readonly VmObservation[]> => {
    const { call } = client(service.tokens.viewer);
    return await walk(
      async (cursor) => await call("vms.list", { query: { ...query, ...cursor } }, { signal }),
      between,
    );
  };

  it.each(["name", "host", "power", "memoryMiB", "cpuUsedRatio"] satisfies readonly VmSortKey[])(
    "by %s, up and down, every one once",
    async (sort) => {
      service.plane.current = snapshotOf(3, 100);
      const up = await vms({ sort, limit: 7 });
      const down = await vms({ sort, limit: 9, order: "descending" });
      expect(new Set(up.map(({ id }) => id)).size).toBe(100);
      expect(down).toEqual(up.toReversed());
      const values = up.map((vm) => vm[sort] ?? Number.NEGATIVE_INFINITY);
      expect(values.every((value, index) => index === 0 || (values[index - 1] ?? "") <= value)).toBe(true);
    },
  );

  it("filters together, and says how many there are", async () => {
    service.plane.current = snapshotOf(3, 100);
    const { call } = client(service.tokens.viewer);
    const page = await call(
      "vms.list",
      { query: { host: service.plane.current.hosts[0]?.name, name: "VM-0000", power: "running", limit: 2 } },
      { signal },
    );
    expect(page.items.map(({ name }) => name)).toEqual(["vm-00003", "vm-00006"]);
    expect(page.total).toBe(3);
    expect((await vms({ host: "h9" })).length).toBe(0);
  });

  it("a walk goes on through new snapshots: what was there all the time comes once", async () => {
    service.plane.current = snapshotOf(3, 50);
    let next = 50;
    const found = await vms({ limit: 5 }, () => {
      const { vms: before, sequence } = service.plane.current;
      next += 1;
      service.plane.current = {
        ...service.plane.current,
        sequence: sequence + 1,
        vms: [...before.filter(({ name }) => name !== "vm-00000"), { ...observedVm(next, 3), name: `aa-${next}` }],
      };
    });
    const names = found.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.startsWith("vm-"))).toHaveLength(50);
  });

  it("a cursor of another order is refused", async () => {
    const { call } = client(service.tokens.viewer);
    const { nextCursor } = await call("vms.list", { query: { limit: 1 } }, { signal });
    const query = { limit: 1, sort: "host", cursor: nextCursor ?? "" } as const;
    await expect(call("vms.list", { query }, { signal })).rejects.toMatchObject({ code: "request.invalid" });
  });

  it("both copies of a VM on its way are shown", async () => {
    const { vms: some } = service.plane.current;
    const one = some[0] ?? observedVm(0, 1);
    service.plane.current = { ...service.plane.current, vms: [...some, { ...one, host: observedVm(1, 3).host }] };
    const { copies } = await client(service.tokens.viewer).call(
      "vms.show",
      { params: { id: one.id.toUpperCase() } },
      { signal },
    );
    expect(copies.map(({ host }) => host)).toEqual(["h1", "h2"]);
  });
});

it("moves, newest first, and the audit log of them", async () => {
  const { call } = client(service.tokens.admin);
  for (let index = 0; index < 12; index += 1)
    await call("moves.create", { body: { vm: `vm-0000${index % 10}`, target: "h3" } }, { signal });
  const moves = await walk(async (cursor) => await call("moves.list", { query: { limit: 5, ...cursor } }, { signal }));
  expect(moves.map(({ request }) => request.id)).toEqual(
    Array.from({ length: 12 }, (_, index) => `m${String(12 - index).padStart(6, "0")}`),
  );
  const deeds = await walk(async (cursor) => await call("audit.list", { query: { limit: 5, ...cursor } }, { signal }));
  expect(deeds).toHaveLength(12);
  expect(deeds[0]?.subject).toBe("vm-00001 h3");
});
