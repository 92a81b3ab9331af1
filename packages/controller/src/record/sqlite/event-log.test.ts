import { afterEach, describe, expect, it, vi } from "vitest";
import { hostName } from "@trunkline/model";
import type { ClusterEvent } from "@trunkline/model";
import { openStore } from "./open-store.ts";
import type { OpenStore } from "./open-store.ts";
import { frozenClock, storeFolder } from "./store.fixture.ts";

const added = (name: string): ClusterEvent => ({ kind: "host", host: hostName(name), change: "added" });

const opened: OpenStore[] = [];
async function storeKeeping(keptEvents: number): Promise<OpenStore> {
  const store = await openStore({ path: ":memory:", clock: frozenClock, keptEvents });
  opened.push(store);
  return store;
}
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

describe("the event log", () => {
  it("gives what followed a number, oldest first", async () => {
    const { events } = await storeKeeping(100);
    expect(await events.range()).toEqual({ oldest: 0, newest: 0 });
    for (const name of ["a", "b", "c"]) await events.append(added(name));
    expect(await events.append(added("d"))).toEqual({
      sequence: 4,
      at: frozenClock.timestamp(),
      event: added("d"),
    });
    expect((await events.since(1, 2)).map(({ event }) => event)).toEqual([added("b"), added("c")]);
    expect(await events.since(4, 2)).toEqual([]);
    expect(await events.range()).toEqual({ oldest: 1, newest: 4 });
  });

  it("keeps the newest and gives no number twice", async () => {
    const { events } = await storeKeeping(3);
    for (let index = 0; index < 10; index += 1) await events.append(added(`h${index}`));
    expect(await events.range()).toEqual({ oldest: 8, newest: 10 });
    expect((await events.since(0, 100)).map(({ sequence }) => sequence)).toEqual([8, 9, 10]);
  });

  it("comes down to a smaller limit in small steps", async () => {
    const before = await storeKeeping(1_000);
    for (let index = 0; index < 100; index += 1) await before.events.append(added(`h${index}`));
    const folder = storeFolder();
    try {
      await before.backup(folder.file("copy"));
      const { events, close } = await reopened(folder.file("copy"));
      await events.append(added("one"));
      expect(await events.range()).toEqual({ oldest: 33, newest: 101 });
      for (let index = 0; index < 3; index += 1) await events.append(added("more"));
      expect(await events.range()).toEqual({ oldest: 100, newest: 104 });
      await close();
    } finally {
      folder.remove();
    }
  });

  it("tells listeners after the write and in order, also when one of them writes", async () => {
    const { events } = await storeKeeping(100);
    const heard: string[] = [];
    const unsubscribe = events.onAppend(({ sequence, event }) => {
      heard.push(`first ${sequence}`);
      if (event.kind === "host" && event.host === "a") void events.append(added("b"));
    });
    events.onAppend(({ sequence }) => heard.push(`second ${sequence}`));
    await events.append(added("a"));
    expect(heard).toEqual(["first 1", "second 1", "first 2", "second 2"]);
    unsubscribe();
    await events.append(added("c"));
    expect(heard.slice(4)).toEqual(["second 3"]);
  });

  it("is not disturbed by a listener that fails", async () => {
    const { events } = await storeKeeping(100);
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const heard: number[] = [];
    events.onAppend(() => {
      throw new Error("a defect");
    });
    events.onAppend(({ sequence }) => heard.push(sequence));
    await expect(events.append(added("a"))).resolves.toMatchObject({ sequence: 1 });
    expect(heard).toEqual([1]);
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
  });
});

async function reopened(path: string): Promise<Pick<OpenStore, "events" | "close">> {
  const store = await openStore({ path, clock: frozenClock, keptEvents: 5 });
  return { events: store.events, close: async () => await store.close() };
}
