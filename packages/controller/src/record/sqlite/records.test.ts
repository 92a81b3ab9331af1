/** Intents, accounts, audit and answers: what was put is found again after the next start. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batchId, hostName, moveId, vmId } from "@trunkline/model";
import type { Automation, Batch, Evacuation, InventoryHost } from "@trunkline/model";
import type { AuditEntry, CredentialRecord, StoredAnswer, UserRecord } from "@trunkline/ports";
import { openStore } from "./open-store.ts";
import type { OpenStore } from "./open-store.ts";
import { frozenClock, storeFolder } from "./store.fixture.ts";
import type { StoreFolder } from "./store.fixture.ts";

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

const restart = async (): Promise<void> => {
  await store.close();
  store = await openStore({ path: folder.path, clock: frozenClock });
};

const host = (name: string, uri: string): InventoryHost => ({ name: hostName(name), uri, moveBudget: { in: 1 } });

describe("intents", () => {
  it("keep hosts by their name", async () => {
    await store.intents.putHost(host("h2", "qemu:///a"));
    await store.intents.putHost(host("h1", "qemu:///b"));
    await store.intents.putHost(host("h2", "qemu:///c"));
    await restart();
    expect(await store.intents.hosts()).toEqual([host("h1", "qemu:///b"), host("h2", "qemu:///c")]);
    await store.intents.removeHost(hostName("h1"));
    await store.intents.removeHost(hostName("h1"));
    expect(await store.intents.hosts()).toEqual([host("h2", "qemu:///c")]);
  });

  it("keep the automation's switch, which is on in a new store", async () => {
    expect(await store.intents.automation()).toEqual({ paused: false });
    const paused: Automation = { paused: true, since: "now", by: "ann", reason: "it's \u0000 a \ud83d\ude00 day" };
    await store.intents.putAutomation(paused);
    await restart();
    expect(await store.intents.automation()).toEqual(paused);
    await store.intents.putAutomation({ paused: false });
    expect(await store.intents.automation()).toEqual({ paused: false });
  });

  it("keep one evacuation per host", async () => {
    const evacuation: Evacuation = {
      host: hostName("h1"),
      requestedBy: "ann",
      requestedAt: "now",
      state: "running",
      vms: [
        {
          vm: vmId("6f1d9d1e-1111-4222-8333-abcdefabcdef"),
          name: "vm1",
          state: "moving",
          target: hostName("h2"),
          attempts: 1,
          move: moveId("m1"),
          why: null,
        },
      ],
    };
    await store.intents.putEvacuation(evacuation);
    await store.intents.putEvacuation({ ...evacuation, state: "stuck" });
    await restart();
    expect(await store.intents.evacuations()).toEqual([{ ...evacuation, state: "stuck" }]);
    await store.intents.removeEvacuation(hostName("h1"));
    expect(await store.intents.evacuations()).toEqual([]);
  });
});

describe("batches", () => {
  const batch = (id: string, state: Batch["state"] = "running"): Batch => ({
    id: batchId(id),
    requestedBy: "ann",
    requestedAt: "now",
    onFailure: "stop",
    outlivesProcess: true,
    options: { driver: "client", mode: "auto", handover: true, priority: 0 },
    state,
    calledOff: null,
    predictedMs: 1_000,
    steps: [],
  });

  it("are found by their id, listed newest first, and the running ones oldest first", async () => {
    for (const id of ["b2", "b3", "b1"]) await store.intents.putBatch(batch(id));
    await store.intents.putBatch(batch("b3", "failed"));
    await restart();
    expect(await store.intents.findBatch(batchId("b3"))).toEqual(batch("b3", "failed"));
    expect(await store.intents.findBatch(batchId("b9"))).toBeUndefined();
    const idsOf = (batches: readonly Batch[]): readonly string[] => batches.map(({ id }) => id);
    expect(idsOf(await store.intents.listBatches(2))).toEqual(["b1", "b3"]);
    expect(idsOf(await store.intents.runningBatches())).toEqual(["b2", "b1"]);
  });
});

describe("accounts", () => {
  const ann: UserRecord = { name: "ann", role: "admin", passwordHash: "scrypt$1", createdAt: "2026-01-01" };
  const token: CredentialRecord = {
    id: "t1",
    kind: "token",
    actor: "backup-job",
    role: "viewer",
    secretHash: "abc",
    createdAt: "2026-01-01",
    expiresAt: null,
  };

  it("keep users", async () => {
    await store.accounts.putUser(ann);
    await store.accounts.putUser({ ...ann, name: "al", role: "viewer" });
    await store.accounts.putUser({ ...ann, passwordHash: "scrypt$2" });
    await restart();
    expect(await store.accounts.users()).toEqual([
      { ...ann, name: "al", role: "viewer" },
      { ...ann, passwordHash: "scrypt$2" },
    ]);
    await store.accounts.removeUser("al");
    expect(await store.accounts.users()).toHaveLength(1);
  });

  it("find a credential by its secret's hash, and give no two the same", async () => {
    await store.accounts.putCredential(token);
    await store.accounts.putCredential({ ...token, expiresAt: "2027-01-01" });
    await expect(store.accounts.putCredential({ ...token, id: "t2", role: "admin" })).rejects.toMatchObject({
      code: "store.failed",
    });
    await restart();
    expect(await store.accounts.findCredential("abc")).toEqual({ ...token, expiresAt: "2027-01-01" });
    expect(await store.accounts.findCredential("ab")).toBeUndefined();
    expect(await store.accounts.credentials()).toHaveLength(1);
    await store.accounts.removeCredential("t1");
    expect(await store.accounts.findCredential("abc")).toBeUndefined();
  });
});

describe("the audit log", () => {
  const entry = (requestId: string): AuditEntry => ({
    at: "now",
    actor: "ann",
    role: "none",
    action: "requestMove",
    subject: "vm1",
    status: 403,
    requestId,
  });

  it("is paged from the newest on", async () => {
    for (const id of ["a", "b", "c"]) await store.audit.append(entry(id));
    await restart();
    expect(await store.audit.page(undefined, 2)).toEqual([
      { ...entry("c"), sequence: 3 },
      { ...entry("b"), sequence: 2 },
    ]);
    expect(await store.audit.page(2, 2)).toEqual([{ ...entry("a"), sequence: 1 }]);
    expect(await store.audit.page(1, 2)).toEqual([]);
  });

  it("gives no more at once than its limit", async () => {
    for (let index = 0; index < 1_001; index += 1) await store.audit.append(entry("x"));
    expect(await store.audit.page(undefined, 1_000_000)).toHaveLength(1_000);
  });
});

describe("answers", () => {
  const begun: StoredAnswer = { actor: "ann", key: "k", fingerprint: "f", answer: null, at: "2026-01-01" };

  it("are kept by actor and key until they are old", async () => {
    await store.answers.put(begun);
    await restart();
    expect(await store.answers.find("ann", "k")).toEqual(begun);
    expect(await store.answers.find("bob", "k")).toBeUndefined();
    const done: StoredAnswer = { ...begun, answer: { status: 202, body: "" }, at: "2026-01-02" };
    await store.answers.put(done);
    await store.answers.put({ ...begun, actor: "bob" });
    expect(await store.answers.find("ann", "k")).toEqual(done);
    await store.answers.removeOlderThan("2026-01-02");
    expect(await store.answers.find("ann", "k")).toEqual(done);
    expect(await store.answers.find("bob", "k")).toBeUndefined();
  });
});
