/** The client against a real ovsdb-server and ovs-vswitchd, with ovs-vsctl and ovs-appctl as witnesses. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectControl } from "../control/control.ts";
import { connectOvsdb } from "../ovsdb/connection.ts";
import { comment, insertRow, mutateRows, selectRows } from "../ovsdb/operations.ts";
import { setOf } from "../ovsdb/notation.ts";
import type { TableUpdates } from "../ovsdb/monitor.ts";
import { connectSwitch } from "./client.ts";
import type { VirtualSwitchClient } from "./client.ts";
import { startLabSwitch } from "./lab-switch.fixture.ts";
import type { LabSwitch } from "./lab-switch.fixture.ts";

const isRoot = process.getuid?.() === 0;
const deadline = (): AbortSignal => AbortSignal.timeout(20_000);

describe.skipIf(!isRoot)("a real Open vSwitch (needs root)", () => {
  let lab: LabSwitch;
  let client: VirtualSwitchClient;

  beforeAll(async () => {
    lab = await startLabSwitch("a");
    await lab.vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
    for (const link of ["up0", "vm0"]) {
      await lab.inside("ip", "link", "add", link, "type", "veth", "peer", "name", `${link}p`);
      await lab.inside("ip", "link", "set", link, "up");
      await lab.inside("ip", "link", "set", `${link}p`, "up");
    }
    await lab.vsctl(
      "add-port",
      "br0",
      "up0",
      "trunks=10,20",
      "--",
      "set",
      "interface",
      "up0",
      "external_ids:link=core",
    );
    await lab.vsctl("add-port", "br0", "vm0", "tag=10");
    client = await connectSwitch(lab.database);
  });

  afterAll(async () => {
    await client.close();
    await lab.remove();
  });

  it("lists its databases and its schema", async () => {
    expect(await client.connection.listDatabases()).toContain("Open_vSwitch");
    const schema = await client.connection.getSchema("Open_vSwitch");
    expect(schema.tables.get("Port")?.columns.get("trunks")?.isMutable).toBe(true);
    expect(schema.tables.get("Queue")?.isRoot).toBe(true);
    expect(schema.tables.get("Port")?.isRoot).toBe(false);
  });

  it("reads bridges, ports and interfaces as ovs-vsctl does", async () => {
    const { bridges } = await client.readTopology();
    expect(bridges.map((bridge) => bridge.name)).toEqual(["br0"]);
    const ports = bridges[0]?.ports ?? [];
    expect(ports.map((port) => port.name)).toEqual(["br0", "up0", "vm0"]);
    expect(ports[1]).toMatchObject({ trunks: [10, 20], uuid: await lab.vsctl("get", "port", "up0", "_uuid") });
    expect(ports[2]).toMatchObject({ tag: 10, trunks: [] });
    expect(ports[1]?.interfaces).toMatchObject([
      {
        name: "up0",
        type: "",
        adminState: "up",
        linkState: "up",
        mtu: 1500,
        externalIds: { link: "core" },
        ofport: Number(await lab.vsctl("get", "interface", "up0", "ofport")),
        macInUse: JSON.parse(await lab.vsctl("get", "interface", "up0", "mac_in_use")) as unknown,
      },
    ]);
    expect(ports[1]?.interfaces[0]?.statistics).toHaveProperty("tx_bytes");
  });

  it("adds and removes a VLAN of a trunk, and ovs-vswitchd has applied it", async () => {
    expect(await client.addTrunkVlan("up0", 30)).toEqual({ changed: true, trunks: [10, 20, 30] });
    expect(await lab.vsctl("get", "port", "up0", "trunks")).toBe("[10, 20, 30]");
    const [next, current] = (await lab.vsctl("get", "open_vswitch", ".", "next_cfg", "cur_cfg")).split("\n");
    expect(current).toBe(next);
    expect(await client.addTrunkVlan("up0", 30)).toEqual({ changed: false, trunks: [10, 20, 30] });
    expect(await client.removeTrunkVlan("up0", 20)).toEqual({ changed: true, trunks: [10, 30] });
    expect(await lab.vsctl("get", "port", "up0", "trunks")).toBe("[10, 30]");
    await client.setPortVlans("up0", { trunks: [10, 20] });
    expect(await lab.vsctl("get", "port", "up0", "trunks")).toBe("[10, 20]");
  });

  it("refuses what a list cannot say, and ports that do not exist", async () => {
    await expect(client.addTrunkVlan("vm0", 20)).rejects.toMatchObject({ code: "ovsdb.refused" });
    await expect(client.addTrunkVlan("vm9", 20)).rejects.toMatchObject({ code: "ovsdb.not-found" });
    expect(await lab.vsctl("get", "port", "vm0", "tag", "trunks")).toBe("10\n[]");
  });

  it("overwrites no concurrent change: eight writers lose nothing", async () => {
    await client.setPortVlans("up0", { trunks: [1] });
    const second = await connectSwitch(lab.database);
    const vlans = [101, 102, 103, 104];
    await Promise.all([
      ...vlans.map(async (vlan) => client.addTrunkVlan("up0", vlan)),
      ...vlans.map(async (vlan) => second.addTrunkVlan("up0", vlan + 100)),
    ]);
    expect(await lab.vsctl("get", "port", "up0", "trunks")).toBe("[1, 101, 102, 103, 104, 201, 202, 203, 204]");
    await second.close();
    await client.setPortVlans("up0", { trunks: [10, 20] });
  });

  it("makes access ports and trunks with a native VLAN", async () => {
    await client.setPortVlans("vm0", { tag: 5, trunks: [10] });
    expect(await lab.vsctl("get", "port", "vm0", "tag", "trunks", "vlan_mode")).toBe("5\n[10]\nnative-untagged");
    await client.setPortVlans("vm0", { tag: 10 });
    expect(await lab.vsctl("get", "port", "vm0", "tag", "trunks", "vlan_mode")).toBe("10\n[]\n[]");
  });

  it("says so when ovs-vswitchd does not apply a change that the database has", async () => {
    const resume = lab.pauseSwitch();
    try {
      await expect(client.addTrunkVlan("up0", 40, { applyTimeoutMs: 200 })).rejects.toMatchObject({
        code: "ovsdb.timeout",
        message: expect.stringContaining("did not apply"),
      });
      await expect(client.addTrunkVlan("up0", 50, { signal: AbortSignal.timeout(200) })).rejects.toMatchObject({
        code: "ovsdb.aborted",
      });
      expect(await lab.vsctl("--no-wait", "get", "port", "up0", "trunks")).toBe("[10, 20, 40, 50]");
    } finally {
      resume();
    }
    await client.setPortVlans("up0", { trunks: [10, 20] });
  });

  it("makes queues, replaces them, and leaves none behind", async () => {
    const queues = [
      { number: 0, maxRateBps: 10_000_000 },
      { number: 7, minRateBps: 1_000_000, priority: 1 },
    ];
    await client.createQueues("up0", {
      type: "linux-htb",
      maxRateBps: 100_000_000,
      queues,
      externalIds: { owner: "test" },
    });
    const port = (await client.readTopology()).bridges[0]?.ports.find((candidate) => candidate.name === "up0");
    expect(port?.qos).toMatchObject({
      type: "linux-htb",
      otherConfig: { "max-rate": "100000000" },
      externalIds: { owner: "test" },
      queues: [
        { number: 0, otherConfig: { "max-rate": "10000000" } },
        { number: 7, otherConfig: { "min-rate": "1000000", priority: "1" } },
      ],
    });
    expect(await lab.vsctl("get", "port", "up0", "qos")).toBe(port?.qos?.uuid);
    await client.createQueues("up0", { type: "linux-htb", queues: [{ number: 1 }] });
    expect((await lab.vsctl("--bare", "--columns=_uuid", "list", "queue")).split("\n\n")).toHaveLength(1);
    await lab.vsctl("set", "port", "vm0", `qos=${await lab.vsctl("get", "port", "up0", "qos")}`);
    await client.destroyQueues("up0");
    expect(await lab.vsctl("get", "port", "up0", "qos")).toBe("[]");
    expect(await lab.vsctl("--bare", "--columns=_uuid", "list", "qos")).not.toBe("");
    await client.destroyQueues("vm0");
    expect(await lab.vsctl("list", "qos")).toBe("");
    expect(await lab.vsctl("list", "queue")).toBe("");
  });

  it("sees by monitor what ovs-vsctl changes", async () => {
    const monitor = await client.connection.monitor("Open_vSwitch", { Port: { columns: ["name", "trunks"] } });
    expect(new Set(monitor.initial.map((update) => update.new?.["name"]))).toEqual(new Set(["br0", "up0", "vm0"]));
    await lab.vsctl("set", "port", "up0", "trunks=10,77");
    const seen: TableUpdates[] = [];
    for await (const updates of monitor) {
      seen.push(updates);
      await monitor.cancel();
    }
    expect(seen).toMatchObject([
      [{ table: "Port", old: { trunks: ["set", [10, 20]] }, new: { name: "up0", trunks: ["set", [10, 77]] } }],
    ]);
    await lab.vsctl("set", "port", "up0", "trunks=10,20");
  });

  it("refuses a transaction as a whole", async () => {
    const transaction = client.connection.transact("Open_vSwitch", [
      comment("a row that must not stay"),
      insertRow("Queue", {}),
      mutateRows("Port", [["name", "==", "up0"]], [["trunks", "insert", setOf([5000])]]),
    ]);
    await expect(transaction).rejects.toMatchObject({ code: "ovsdb.remote", details: { operation: 2 } });
    const [rows] = await client.connection.transact("Open_vSwitch", [selectRows("Queue")]);
    expect(rows?.rows).toEqual([]);
  });

  it("passes a lock between two connections, by waiting and by stealing", async () => {
    const other = await connectOvsdb(lab.database);
    const mine = await client.connection.lock("trunkline");
    expect(mine.isHeld()).toBe(true);
    const theirs = await other.lock("trunkline");
    expect(theirs.isHeld()).toBe(false);
    await mine.unlock();
    await theirs.waitUntilHeld(deadline());
    const stolen = await client.connection.lock("trunkline", { steal: true });
    expect(stolen.isHeld()).toBe(true);
    await theirs.waitUntilLost(deadline());
    await client.connection.echo();
    await stolen.unlock();
    await theirs.waitUntilHeld(deadline());
    await other.close();
    await expect(theirs.waitUntilHeld()).rejects.toMatchObject({ code: "ovsdb.closed" });
  });

  it("reads the MAC table as ovs-appctl prints it, with the names of the ports", async () => {
    // What the switch learned by itself goes away first, so that both readings see the same three entries.
    await lab.appctl("fdb/flush", "br0");
    await lab.appctl("fdb/add", "br0", "up0", "20", "00:11:22:33:44:55");
    await lab.appctl("fdb/add", "br0", "vm0", "10", "00:11:22:33:44:66");
    await lab.appctl("fdb/add", "br0", "br0", "0", "00:11:22:33:44:77");
    const control = await connectControl(lab.control, { portNamer: client });
    const ours = (await control.macTable("br0")).filter((entry) => entry.isStatic);
    const witness = (await lab.appctl("fdb/show", "br0")).split("\n").filter((line) => line.endsWith("static"));
    const printed = ours.map((entry) => {
      const port = entry.portNumber === 65_534 ? "LOCAL" : String(entry.portNumber);
      return `${port.padStart(5)}  ${String(entry.vlan).padStart(4)}  ${entry.mac}  static`;
    });
    expect(printed).toEqual(witness);
    expect(new Map(ours.map((entry) => [entry.mac, entry.port]))).toEqual(
      new Map([
        ["00:11:22:33:44:55", "up0"],
        ["00:11:22:33:44:66", "vm0"],
        ["00:11:22:33:44:77", "br0"],
      ]),
    );
    await expect(control.run("fdb/show", ["nosuch"])).rejects.toMatchObject({ code: "ovsdb.remote" });
    await control.close();
  });

  it("learns of a frame that a host sends", async () => {
    const control = await connectControl(lab.control, { portNamer: client });
    await lab.inside("ip", "addr", "add", "192.0.2.1/24", "dev", "vm0p");
    await lab.inside("ping", "-c", "1", "-W", "1", "192.0.2.2").catch(() => "");
    const mac = (await lab.inside("cat", "/sys/class/net/vm0p/address")).trim();
    expect(await control.macTable("br0")).toContainEqual(
      expect.objectContaining({ mac, port: "vm0", vlan: 10, isStatic: false }),
    );
    await control.close();
  });

  it("ends with a typed error when ovsdb-server is killed", async () => {
    const doomed = await startLabSwitch("b");
    try {
      const connection = await connectOvsdb(doomed.database);
      const monitor = await connection.monitor("Open_vSwitch", { Bridge: {} });
      const waiting = Promise.allSettled([
        monitor[Symbol.asyncIterator]().next(),
        connection.lock("l").then(async (lock) => lock.waitUntilLost()),
      ]);
      await connection.echo();
      await doomed.killDatabase();
      expect((await connection.closed).code).toMatch(/^ovsdb\.(?:closed|transport)$/u);
      for (const outcome of await waiting) {
        expect(outcome).toMatchObject({ status: "rejected", reason: { code: expect.stringMatching(/^ovsdb\./u) } });
      }
      await expect(connection.listDatabases()).rejects.toMatchObject({ code: expect.stringMatching(/^ovsdb\./u) });
      await expect(connectOvsdb(doomed.database)).rejects.toMatchObject({ code: "ovsdb.transport" });
    } finally {
      await doomed.remove();
    }
  });
});
