import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialState, step } from "@trunkline/migration";
import { hostName, moveId, vmId } from "@trunkline/model";
import type { MovePage } from "@trunkline/ports";
import { openStore } from "./open-store.ts";
import type { OpenStore } from "./open-store.ts";
import { frozenClock, reportFor, requestOf, storeFolder } from "./store.fixture.ts";
import type { StoreFolder } from "./store.fixture.ts";

const queued = initialState("client");
const started = step(queued, { kind: "start" }).state;

let folder: StoreFolder;
let store: OpenStore;
beforeEach(async () => {
  folder = storeFolder();
  store = await openStore({ path: folder.path, clock: frozenClock });
});
afterEach(async () => {
  await store.close();
  folder.remove();
});

const ids = async (page: MovePage): Promise<readonly string[]> =>
  (await store.journal.pageMoves(page)).map((move) => move.request.id);

describe("the journal", () => {
  it("pages from the newest on, also when all were asked for in the same millisecond", async () => {
    for (const id of ["a", "b", "c", "d", "e"]) await store.journal.addMove(requestOf(id), queued);
    expect(await ids({ limit: 2 })).toEqual(["e", "d"]);
    expect(await ids({ limit: 2, after: moveId("d") })).toEqual(["c", "b"]);
    expect(await ids({ limit: 2, after: moveId("b") })).toEqual(["a"]);
    expect(await ids({ limit: 2, after: moveId("a") })).toEqual([]);
    expect((await store.journal.listMoves(3)).map((move) => move.request.id)).toEqual(["e", "d", "c"]);
  });

  it("says that a cursor points nowhere, instead of that the list ends there", async () => {
    await expect(ids({ limit: 2, after: moveId("never") })).rejects.toMatchObject({ code: "move.unknown" });
  });

  it("filters by VM, host and end", async () => {
    const vm = vmId("11111111-aaaa-4222-8333-abcdefabcdef");
    await store.journal.addMove(requestOf("a"), queued);
    await store.journal.addMove(requestOf("b", { vm, vmName: "vm2", target: hostName("h3") }), queued);
    await store.journal.addMove(requestOf("c", { source: hostName("h3"), target: hostName("h1") }), queued);
    await store.journal.append(moveId("b"), { kind: "cancel-requested" }, { phase: "cancelled" });
    expect(await ids({ limit: 9, vm: "vm1" })).toEqual(["c", "a"]);
    expect(await ids({ limit: 9, vm: vm.toUpperCase() })).toEqual(["b"]);
    expect(await ids({ limit: 9, host: hostName("h3") })).toEqual(["c", "b"]);
    expect(await ids({ limit: 1, host: hostName("h3") })).toEqual(["c"]);
    expect(await ids({ limit: 1, host: hostName("h3"), after: moveId("c") })).toEqual(["b"]);
    expect(await ids({ limit: 9, host: hostName("h1") })).toEqual(["c", "b", "a"]);
    expect(await ids({ limit: 9, isOver: true })).toEqual(["b"]);
    expect(await ids({ limit: 9, isOver: false })).toEqual(["c", "a"]);
    expect(await ids({ limit: 9, isOver: false, host: hostName("h3"), vm: "vm1", after: moveId("c") })).toEqual([]);
  });

  it("shows a move once that fits a filter in two ways", async () => {
    const vm = vmId("11111111-aaaa-4222-8333-abcdefabcdef");
    const h1 = hostName("h1");
    await store.journal.addMove(requestOf("a", { vm, vmName: vm, source: h1, target: h1 }), queued);
    expect(await ids({ limit: 9, vm, host: h1 })).toEqual(["a"]);
  });

  it("counts a refused move as over", async () => {
    const failure = { code: "move.refused", message: "no room" };
    await store.journal.addMove(requestOf("a"), queued);
    await store.journal.append(moveId("a"), { kind: "refused", failure }, { phase: "refused", failure });
    expect(await store.journal.unfinished()).toEqual([]);
    expect(await ids({ limit: 9, isOver: true })).toEqual(["a"]);
  });

  it("amends a move that waits, and no other", async () => {
    await store.journal.addMove(requestOf("a"), queued);
    const sooner = requestOf("a", { source: hostName("h7"), asked: { ...requestOf("a").asked, priority: 50 } });
    await store.journal.amend(moveId("a"), sooner);
    expect((await store.journal.findMove(moveId("a")))?.request).toEqual(sooner);
    expect(await ids({ limit: 9, host: hostName("h7") })).toEqual(["a"]);
    expect(await ids({ limit: 9, host: hostName("h1") })).toEqual([]);

    await store.journal.append(moveId("a"), { kind: "start" }, started);
    await expect(store.journal.amend(moveId("a"), requestOf("a"))).rejects.toMatchObject({ code: "move.not-waiting" });
    await expect(store.journal.amend(moveId("b"), requestOf("b"))).rejects.toMatchObject({ code: "move.unknown" });
    expect((await store.journal.findMove(moveId("a")))?.request).toEqual(sooner);
  });

  it("writes an event with each record, and neither when one of them cannot be written", async () => {
    const request = requestOf("a");
    await store.journal.addMove(request, queued);
    await store.journal.append(request.id, { kind: "start" }, started);
    await store.journal.addReport(request.id, reportFor(request));
    const logged = await store.events.since(0, 10);
    expect(logged.map(({ sequence, event }) => [sequence, event])).toEqual([
      [1, expect.objectContaining({ kind: "move", move: "a", vmName: "vm1", phase: "queued", step: null, why: null })],
      [2, expect.objectContaining({ kind: "move", phase: "preparing", step: "begin" })],
      [3, { kind: "move-reported", move: "a", vmName: "vm1", outcome: "completed" }],
    ]);

    await expect(store.journal.addMove(request, queued)).rejects.toMatchObject({ code: "store.failed" });
    await expect(store.journal.append(moveId("b"), { kind: "start" }, started)).rejects.toMatchObject({
      code: "move.unknown",
    });
    await expect(store.journal.addReport(moveId("b"), reportFor(request))).rejects.toMatchObject({
      code: "move.unknown",
    });
    expect(await store.events.range()).toEqual({ oldest: 1, newest: 3 });
    expect(await store.journal.transitions(moveId("b"))).toEqual([]);
  });

  it("keeps 200 writers at once apart, each with its transition and its event", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `m${index}`);
    await Promise.all(names.map(async (id) => await store.journal.addMove(requestOf(id), queued)));
    const told: number[] = [];
    store.events.onAppend(({ sequence }) => told.push(sequence));
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const id = moveId(names[index % names.length] ?? "");
        await store.journal.append(id, { kind: "start" }, started);
      }),
    );
    for (const id of names) {
      const transitions = await store.journal.transitions(moveId(id));
      expect(transitions.map(({ state }) => state.phase)).toEqual(["queued", ...Array<string>(10).fill("preparing")]);
    }
    expect(told).toEqual(Array.from({ length: 200 }, (_, index) => index + 21));
    expect(await store.events.range()).toEqual({ oldest: 1, newest: 220 });
  });
});
