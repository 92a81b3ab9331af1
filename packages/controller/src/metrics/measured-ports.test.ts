import { describe, expect, it } from "vitest";
import { TrunklineError, hostName, moveId, vmId } from "@trunkline/model";
import type { MoveRequest } from "@trunkline/model";
import type { Clock } from "@trunkline/ports";
import { realWorld } from "../adapters/world.ts";
import { systemClock } from "../adapters/system/system-clock.ts";
import { openStore } from "../record/sqlite/open-store.ts";
import { measuredJournal, measuredWorld } from "./measured-ports.ts";

/** Each look at it is a quarter of a second later. */
function steppingClock(): Clock {
  let nowMs = 0;
  return { ...systemClock, nowMs: () => (nowMs += 250) };
}

const request: MoveRequest = {
  id: moveId("2a4831a6-3ad6-407c-9757-5d7b4df44b6c"),
  vm: vmId("00000000-0000-4000-8000-000000000001"),
  vmName: "vm1",
  source: hostName("h1"),
  target: hostName("h2"),
  sourceUri: "qemu:///system",
  targetUri: "qemu:///system",
  driver: "client",
  memoryMiB: 256,
  isPersistent: true,
  handover: false,
  asked: { by: "ann", origin: "operator", priority: 0, outlivesProcess: true },
};

describe("a measured journal", () => {
  it("reports each write with its time, and reads as before", async () => {
    const store = await openStore({ path: ":memory:", clock: systemClock });
    const seen: (number | "failed")[] = [];
    const journal = measuredJournal(store.journal, steppingClock(), {
      journalAppended: (seconds) => seen.push(seconds),
      journalFailed: () => seen.push("failed"),
    });
    await journal.addMove(request, { phase: "queued", driver: "client" });
    await journal.append(request.id, { kind: "start" }, { phase: "cancelled" });
    expect(await journal.findMove(request.id)).toMatchObject({ request, state: { phase: "cancelled" } });
    expect(await journal.listMoves(5)).toHaveLength(1);
    expect(journal.readOnly).toBe(false);
    expect(seen).toEqual([0.25, 0.25]);

    await store.close();
    await expect(journal.addMove(request, { phase: "queued", driver: "client" })).rejects.toMatchObject({
      code: "store.failed",
    });
    expect(seen).toEqual([0.25, 0.25, "failed"]);
  });
});

describe("a measured world", () => {
  it("reports questions that failed as such, by their name, and leaves the rest alone", async () => {
    const seen: string[] = [];
    const inner = realWorld({
      hosts: [{ name: hostName("h1"), uri: "qemu+tcp://127.0.0.1:1/system" }],
      switches: [],
      links: [],
      probes: [],
      services: [],
    });
    const world = measuredWorld(inner, {
      observeRpc: (procedure, seconds, isFailed) => seen.push(`${procedure} ${seconds > 0} ${isFailed}`),
    });
    const { signal } = new AbortController();
    const host = world.hypervisor(hostName("h1"));
    expect(host.uri).toBe("qemu+tcp://127.0.0.1:1/system");
    await expect(host.listVms(signal)).rejects.toThrow(TrunklineError);
    await expect(host.describeVm(request.vm, signal)).rejects.toThrow("127.0.0.1:1");
    expect(await host.sight(request.vm, signal)).toMatchObject({ kind: "unreachable" });
    expect(seen).toEqual(["list-vms true true", "describe-vm true true", "sight true false"]);

    await world.detach(hostName("h1"));
    expect(world.inventory.hosts).toEqual([]);
    expect(() => world.hypervisor(hostName("h1"))).toThrow("there is no host");
    await world.close();
  });
});
