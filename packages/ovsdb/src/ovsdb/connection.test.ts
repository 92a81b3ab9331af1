import { afterEach, describe, expect, it } from "vitest";
import { startPeer } from "../rpc/scripted-peer.fixture.ts";
import type { Script, ScriptedPeer } from "../rpc/scripted-peer.fixture.ts";
import { MAX_QUEUED_UPDATES } from "../limits.ts";
import { connectOvsdb } from "./connection.ts";
import type { OvsdbConnection } from "./connection.ts";
import { mapOf, namedUuidOf, setOf, uuidOf } from "./notation.ts";
import {
  assertLock,
  comment,
  deleteRows,
  insertRow,
  mutateRows,
  selectRows,
  updateRows,
  waitForRows,
} from "./operations.ts";
import { isGuardFailure } from "./results.ts";
import type { TableUpdates } from "./monitor.ts";

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const item of open.splice(0)) await item.close();
});

async function connected(script: Script): Promise<{ peer: ScriptedPeer; client: OvsdbConnection }> {
  const peer = await startPeer(script);
  const client = await connectOvsdb(peer.address, { probeIntervalMs: 0 });
  open.push(client, peer);
  return { peer, client };
}

describe("transact", () => {
  it("sends operations as RFC 7047 section 5.2 writes them", async () => {
    const { client, peer } = await connected({
      onMessage: (message, socket) =>
        socket.reply(message, [
          { uuid: ["uuid", "u1"] },
          { rows: [{ tag: 5 }] },
          { count: 1 },
          { count: 2 },
          { count: 0 },
          {},
          {},
          {},
        ]),
    });
    const results = await client.transact("db", [
      insertRow("Queue", { other_config: mapOf({ "max-rate": "5" }) }, "q"),
      selectRows("Port", [["name", "==", "p"]], ["tag"]),
      updateRows("Port", [], { qos: namedUuidOf("q") }),
      mutateRows("Port", [["_uuid", "==", uuidOf("u2")]], [["trunks", "insert", setOf([10])]]),
      deleteRows("QoS", []),
      waitForRows("Port", [], [{ tag: setOf([]) }], { timeoutMs: 0 }),
      comment("why"),
      assertLock("mine"),
    ]);
    expect(results).toEqual([
      { uuid: "u1" },
      { rows: [{ tag: 5 }] },
      { count: 1 },
      { count: 2 },
      { count: 0 },
      {},
      {},
      {},
    ]);
    expect(peer.heard).toEqual([
      {
        kind: "request",
        id: 1,
        method: "transact",
        params: [
          "db",
          { op: "insert", table: "Queue", row: { other_config: ["map", [["max-rate", "5"]]] }, "uuid-name": "q" },
          { op: "select", table: "Port", where: [["name", "==", "p"]], columns: ["tag"] },
          { op: "update", table: "Port", where: [], row: { qos: ["named-uuid", "q"] } },
          {
            op: "mutate",
            table: "Port",
            where: [["_uuid", "==", ["uuid", "u2"]]],
            mutations: [["trunks", "insert", ["set", [10]]]],
          },
          { op: "delete", table: "QoS", where: [] },
          {
            op: "wait",
            timeout: 0,
            table: "Port",
            where: [],
            columns: ["tag"],
            until: "==",
            rows: [{ tag: ["set", []] }],
          },
          { op: "comment", comment: "why" },
          { op: "assert", lock: "mine" },
        ],
      },
    ]);
  });

  it("names the operation that was refused", async () => {
    const { client } = await connected({
      onMessage: (message, socket) =>
        socket.reply(message, [{}, { error: "timed out", details: "where clause" }, null]),
    });
    const call = client.transact("db", [comment("a"), waitForRows("Port", [], [{ tag: 1 }]), comment("b")]);
    await expect(call).rejects.toMatchObject({ code: "ovsdb.remote", details: { operation: 1, error: "timed out" } });
    expect(await call.catch(isGuardFailure)).toBe(true);
  });

  it("reads an error of the commit itself, which stands behind the last result", async () => {
    const { client } = await connected({
      onMessage: (message, socket) =>
        socket.reply(message, [{ count: 1 }, { error: "referential integrity violation" }]),
    });
    const call = client.transact("db", [deleteRows("Queue", [])]);
    await expect(call).rejects.toMatchObject({
      code: "ovsdb.remote",
      message: expect.stringContaining("at its commit"),
    });
  });
});

describe("a monitor", () => {
  const row = (tag: number): string => `{"Port":{"u":{"new":{"tag":${tag}}}}}`;

  it("loses nothing that arrives in the same packet as its first answer", async () => {
    const { client } = await connected({
      onMessage: (message, socket) => {
        if (message.kind !== "request") return;
        if (message.method === "monitor") {
          const update = (tag: number): string => `{"id":null,"method":"update","params":["monitor-1",${row(tag)}]}`;
          socket.say(`{"id":1,"result":${row(1)},"error":null}${update(2)}${update(3)}`);
        } else socket.reply(message, {});
      },
    });
    const monitor = await client.monitor("db", { Port: { columns: ["tag"] } });
    expect(monitor.initial).toEqual([{ table: "Port", uuid: "u", new: { tag: 1 } }]);
    const seen: TableUpdates[] = [];
    for await (const updates of monitor) {
      seen.push(updates);
      if (seen.length === 2) await monitor.cancel();
    }
    expect(seen.map((updates) => updates[0]?.new)).toEqual([{ tag: 2 }, { tag: 3 }]);
  });

  it("gives its reader the reason when the connection ends", async () => {
    const { client } = await connected({
      onMessage: (message, socket) => {
        socket.reply(message, {});
        socket.notify("update", ["monitor-1", { Port: 5 }]);
      },
    });
    const monitor = await client.monitor("db", { Port: {} });
    await expect(monitor[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "ovsdb.protocol" });
    expect((await client.closed).code).toBe("ovsdb.protocol");
  });

  it("is given up, not cut short, when its reader falls behind", async () => {
    const { client } = await connected({
      onMessage: (message, socket) => {
        socket.reply(message, {});
        if (message.kind !== "request" || message.method !== "monitor") return;
        for (let count = 0; count <= MAX_QUEUED_UPDATES; count++) socket.notify("update", ["monitor-1", {}]);
      },
    });
    const monitor = await client.monitor("db", { Port: {} });
    await client.echo();
    await expect(monitor[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "ovsdb.overload" });
  });
});

describe("a lock", () => {
  it("that is stolen in the packet that granted it is not held", async () => {
    const { client } = await connected({
      onMessage: (_message, socket) =>
        socket.say('{"id":1,"result":{"locked":true},"error":null}{"id":null,"method":"stolen","params":["l"]}'),
    });
    const lock = await client.lock("l");
    expect(lock.isHeld()).toBe(false);
    await expect(lock.waitUntilHeld(AbortSignal.abort())).rejects.toMatchObject({ code: "ovsdb.aborted" });
  });

  it("is granted later by a notification, and its waiters end with the connection", async () => {
    const { client } = await connected({
      onMessage: (message, socket) => {
        socket.reply(message, { locked: false });
        if (message.kind === "request" && message.params[0] === "l") socket.notify("locked", ["l"]);
      },
    });
    const lock = await client.lock("l");
    await lock.waitUntilHeld();
    await expect(client.lock("l")).rejects.toMatchObject({ code: "ovsdb.refused" });
    const never = await client.lock("never");
    const [outcome] = await Promise.allSettled([never.waitUntilHeld(), client.close()]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "ovsdb.closed" } });
    expect(lock.isHeld()).toBe(false);
  });
});
