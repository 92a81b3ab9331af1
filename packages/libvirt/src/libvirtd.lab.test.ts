/** The client against a real libvirtd, started here for nobody else, and a QEMU guest without a disk. */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./connect.ts";
import type { Connection } from "./connection.ts";
import { isRemoteError, LibvirtError } from "./errors.ts";
import type { LibvirtEvent } from "./events/event.ts";
import {
  createFlags,
  domainState,
  listDomainsFlags,
  pausedReason,
  statsFlags,
  statsGroups,
  xmlFlags,
} from "./protocol/domain-constants.ts";
import { remoteErrorCode } from "./protocol/error-codes.ts";
import { jobType, migrateFlags, migrateParam } from "./protocol/migration-constants.ts";
import { domByUuid } from "./protocol/objects.ts";
import { numberParam, stringParam, typedParam } from "./protocol/typed-params.ts";
import { keepConnected } from "./reconnect/lasting-connection.ts";
import type { ReconnectNotice } from "./reconnect/lasting-connection.ts";
import { canRunLibvirtd, startLibvirtd } from "./testing/private-libvirtd.ts";
import type { PrivateLibvirtd } from "./testing/private-libvirtd.ts";

const MEMORY_KIB = 64 * 1024;

function guestXml(name: string, uuid: string): string {
  return `<domain type='qemu'>
  <name>${name}</name><uuid>${uuid}</uuid>
  <memory unit='KiB'>${MEMORY_KIB}</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <cpu mode='custom'><model>qemu64</model></cpu>
  <devices><controller type='usb' model='none'/><memballoon model='virtio'/></devices>
</domain>`;
}

async function errorOf(work: Promise<unknown>): Promise<LibvirtError> {
  const outcome: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (outcome instanceof LibvirtError) return outcome;
  throw new Error(`not a LibvirtError: ${String(outcome)}`);
}

describe.skipIf(!canRunLibvirtd)("a real libvirtd (root and libvirtd needed)", () => {
  let daemon: PrivateLibvirtd;
  const connections: Connection[] = [];

  beforeAll(async () => {
    daemon = await startLibvirtd();
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) await connection.close();
  });
  afterAll(async () => {
    await daemon.stop();
  });

  async function open(options: Parameters<typeof connect>[1] = {}): Promise<Connection> {
    const connection = await connect(daemon.uri, options);
    connections.push(connection);
    return connection;
  }

  test("says who it is and what it can do", async () => {
    const connection = await open();
    expect(await connection.call("connectGetType", {})).toEqual({ type: "QEMU" });
    expect((await connection.call("connectGetLibVersion", {})).version).toBeGreaterThan(6_000_000n);
    expect(await connection.call("connectGetUri", {})).toEqual({ uri: "qemu:///system" });
    expect((await connection.call("connectGetHostname", {})).hostname).not.toBe("");
    const node = await connection.call("nodeGetInfo", {});
    expect(node.cpus).toBeGreaterThan(0);
    expect(node.memoryKiB).toBeGreaterThan(100_000n);
    expect((await connection.call("nodeGetFreeMemory", {})).freeBytes).toBeGreaterThan(0n);
    expect((await connection.call("connectGetCapabilities", {})).xml).toMatch(
      /^<capabilities>[^]*<\/capabilities>\s*$/,
    );
    const asked = { emulator: null, arch: "x86_64", machine: "pc", virtType: "qemu", flags: 0 };
    expect((await connection.call("connectGetDomainCapabilities", asked)).xml).toContain("<domainCapabilities>");
    const cpu = { ...asked, xml: "<cpu match='exact'><model>qemu64</model></cpu>" };
    expect((await connection.call("connectCompareHypervisorCpu", cpu)).result).toBeGreaterThanOrEqual(0);
  });

  test("counts processors and memory by name", async () => {
    const connection = await open();
    const { count } = await connection.call("nodeGetCpuStats", { cpu: -1, count: 0, flags: 0 });
    const { params } = await connection.call("nodeGetCpuStats", { cpu: -1, count, flags: 0 });
    expect(params.map(({ field }) => field)).toContain("idle");
    const memory = await connection.call("nodeGetMemoryStats", { cell: -1, count: 0, flags: 0 });
    const figures = await connection.call("nodeGetMemoryStats", { cell: -1, count: memory.count, flags: 0 });
    expect(figures.params.find(({ field }) => field === "total")?.value).toBeGreaterThan(100_000n);
  });

  test("defines, describes and undefines a domain, and tells it by events", async () => {
    const connection = await open();
    const events: LibvirtEvent[] = [];
    connection.onEvent((event) => events.push(event));
    await connection.registerEvents(["lifecycle"]);
    const uuid = randomUUID();
    const { dom } = await connection.call("domainDefineXmlFlags", { xml: guestXml("defined", uuid), flags: 0 });
    expect(dom).toEqual({ name: "defined", uuid, id: -1 });
    const { domains } = await connection.call("connectListAllDomains", {
      needResults: 1,
      flags: listDomainsFlags.inactive | listDomainsFlags.persistent,
    });
    expect(domains).toContainEqual(dom);
    const { xml } = await connection.call("domainGetXmlDesc", { dom: domByUuid(uuid), flags: xmlFlags.inactive });
    expect(xml).toContain(uuid);
    await connection.call("domainUndefineFlags", { dom, flags: 0 });
    const gone = await errorOf(connection.call("domainLookupByUuid", { uuid }));
    expect(isRemoteError(gone, remoteErrorCode.noDomain)).toBe(true);
    expect(events.map((event) => (event.kind === "lifecycle" ? event.event : event.kind))).toEqual([
      "defined",
      "undefined",
    ]);
  });

  test("runs a guest paused: state, statistics, job, speed limits, QMP, and its events in order", async () => {
    const connection = await open();
    const watcher = await open();
    const events: string[] = [];
    watcher.onEvent((event) => events.push(event.kind === "lifecycle" ? event.event : event.kind));
    await watcher.registerEvents(["lifecycle", "job-completed", "migration-iteration", "agent-lifecycle", "reboot"]);
    const uuid = randomUUID();
    const create = { xml: guestXml("paused", uuid), flags: createFlags.paused };
    const { dom } = await connection.call("domainCreateXml", create);
    expect(await connection.call("domainGetState", { dom, flags: 0 })).toEqual({
      state: domainState.paused,
      reason: pausedReason.user,
    });
    const { records } = await connection.call("connectGetAllDomainStats", {
      doms: [],
      stats: statsGroups.state | statsGroups.balloon | statsGroups.vcpu,
      flags: statsFlags.noWait,
    });
    const params = records.find((record) => record.dom.uuid === uuid)?.params ?? [];
    expect(numberParam(params, "state.state")).toBe(domainState.paused);
    expect(numberParam(params, "balloon.current")).toBe(MEMORY_KIB);
    expect(await connection.call("domainGetJobStats", { dom, flags: 0 })).toMatchObject({ type: jobType.none });
    await connection.call("domainMigrateSetMaxSpeed", { dom, bandwidthMiBps: 77n, flags: 0 });
    expect(await connection.call("domainMigrateGetMaxSpeed", { dom, flags: 0 })).toEqual({ bandwidthMiBps: 77n });
    await connection.call("domainMigrateSetMaxDowntime", { dom, downtimeMs: 123n, flags: 0 });
    expect(await connection.call("domainMigrateGetMaxDowntime", { dom, flags: 0 })).toEqual({ downtimeMs: 123n });
    expect((await connection.call("domainGetControlInfo", { dom, flags: 0 })).state).toBe(0);
    const command = { dom, command: JSON.stringify({ execute: "query-status" }), flags: 0 };
    const { result } = await connection.call("qemuDomainMonitorCommand", command);
    expect(JSON.parse(result)).toMatchObject({ return: { running: false } });
    await connection.call("domainResume", { dom });
    await connection.call("domainSuspend", { dom });
    await connection.call("domainDestroyFlags", { dom, flags: 0 });
    await expect.poll(() => events.at(-1)).toBe("stopped");
    expect(events.filter((name) => name !== "shutdown")).toEqual([
      "started",
      "suspended",
      "resumed",
      "suspended",
      "stopped",
    ]);
  });

  test("begins a migration, checks its parameters' types, and lets it be called off", async () => {
    const connection = await open();
    const create = { xml: guestXml("leaving", randomUUID()), flags: createFlags.paused };
    const { dom } = await connection.call("domainCreateXml", create);
    try {
      const wrong = [typedParam.int(migrateParam.bandwidth, 1)];
      const refused = await errorOf(
        connection.call("domainMigrateBegin3Params", { dom, params: wrong, flags: migrateFlags.live }),
      );
      expect(isRemoteError(refused, remoteErrorCode.invalidArgument)).toBe(true);
      const params = [typedParam.ullong(migrateParam.bandwidth, 8)];
      const flags = migrateFlags.live | migrateFlags.changeProtection;
      const begun = await connection.call("domainMigrateBegin3Params", { dom, params, flags });
      expect(begun.xml).toContain("leaving");
      expect(Buffer.from(begun.cookie).toString()).toContain("<qemu-migration>");
      const cancel = { dom, params: [], cookie: new Uint8Array(0), flags, cancelled: 1 };
      await connection.call("domainMigrateConfirm3Params", cancel);
      expect((await connection.call("domainGetState", { dom, flags: 0 })).state).toBe(domainState.paused);
    } finally {
      await connection.call("domainDestroyFlags", { dom, flags: 0 });
    }
  });

  test("saves a guest, and tells by event how that job ended", async () => {
    const connection = await open();
    const events: LibvirtEvent[] = [];
    connection.onEvent((event) => events.push(event));
    await connection.registerEvents(["lifecycle", "job-completed"]);
    const uuid = randomUUID();
    await connection.call("domainDefineXmlFlags", { xml: guestXml("saved", uuid), flags: 0 });
    await connection.call("domainCreateWithFlags", { dom: domByUuid(uuid), flags: createFlags.paused });
    await connection.call("domainManagedSave", { dom: domByUuid(uuid), flags: 0 });
    const completed = events.find((event) => event.kind === "job-completed");
    expect(completed?.dom.uuid).toBe(uuid);
    const figures = completed?.kind === "job-completed" ? completed.params : [];
    expect(numberParam(figures, "memory_total")).toBeGreaterThan(MEMORY_KIB * 1024 - 1);
    expect(stringParam(figures, "memory_total")).toBeUndefined();
    await connection.call("domainUndefineFlags", { dom: domByUuid(uuid), flags: 1 });
  });

  test("storage, devices and interfaces of the host have names", async () => {
    const connection = await open();
    const all = { needResults: 1, flags: 0 };
    expect((await connection.call("connectListAllNodeDevices", all)).devices.map(({ name }) => name)).toContain(
      "computer",
    );
    expect((await connection.call("nodeDeviceGetXmlDesc", { name: "computer", flags: 0 })).xml).toContain("<device>");
    const xml = "<pool type='dir'><name>p1</name><target><path>/var/lib/libvirt</path></target></pool>";
    const { pool } = await connection.call("storagePoolCreateXml", { xml, flags: 0 });
    const capacity = "<volume><name>v1</name><capacity>1048576</capacity></volume>";
    await connection.call("storageVolCreateXml", { pool, xml: capacity, flags: 0 });
    const { volume } = await connection.call("storageVolLookupByPath", { path: "/var/lib/libvirt/v1" });
    expect(await connection.call("storageVolGetInfo", { volume })).toMatchObject({ capacityBytes: 1_048_576n });
    await connection.call("storageVolDelete", { volume, flags: 0 });
    await connection.call("storagePoolDestroy", { pool });
  });

  test("fifty calls in flight on one connection are all answered", async () => {
    const connection = await open();
    const { hostname } = await connection.call("connectGetHostname", {});
    const calls = Array.from({ length: 50 }, (_, index) =>
      index % 2 === 0
        ? connection.call("connectGetHostname", {}).then((answer) => answer.hostname === hostname)
        : connection.call("connectGetCapabilities", {}).then((answer) => answer.xml.includes("<host>")),
    );
    expect(new Set(await Promise.all(calls))).toEqual(new Set([true]));
  });

  test("a read-only session reads and changes nothing", async () => {
    const connection = await open({ readOnly: true });
    await connection.call("connectListAllDomains", { needResults: 1, flags: 0 });
    const refused = await errorOf(
      connection.call("domainDefineXmlFlags", { xml: guestXml("no", randomUUID()), flags: 0 }),
    );
    expect(refused.remote?.code).toBe(remoteErrorCode.operationDenied);
  });

  test("an idle session outlives its keepalive", async () => {
    const connection = await open({ keepalive: { intervalMs: 50, count: 2 } });
    await wait(500);
    expect(connection.isOpen).toBe(true);
    expect((await connection.call("connectGetType", {})).type).toBe("QEMU");
  });

  test("two hundred sessions at once", async () => {
    const sessions = await Promise.all(Array.from({ length: 200 }, () => open()));
    const names = await Promise.all(sessions.map((session) => session.call("connectGetType", {})));
    expect(names).toHaveLength(200);
  });
});

describe.skipIf(!canRunLibvirtd)("a libvirtd that dies (root and libvirtd needed)", () => {
  test("kill -9 ends the session with a typed reason; the lasting connection asks for a resync of the next", async () => {
    const daemon = await startLibvirtd();
    const notices: ReconnectNotice[] = [];
    const lasting = keepConnected(daemon.uri, {
      events: ["lifecycle"],
      clock: { now: () => performance.now(), waitMs: waitRealMs },
      random: Math.random,
      onNotice: (notice) => notices.push(notice),
      backoff: { firstDelayMs: 50, maxDelayMs: 200 },
    });
    try {
      await expect.poll(() => notices.at(0)?.kind).toBe("resync-needed");
      const connection = lasting.current;
      const call = connection === undefined ? undefined : errorOf(connection.call("connectGetCapabilities", {}));
      daemon.kill();
      expect(["libvirt.closed", "libvirt.transport"]).toContain((await connection?.closed)?.code);
      await call?.catch(() => {});
      await expect.poll(() => notices.some(({ kind }) => kind === "attempt-failed")).toBe(true);
      await daemon.restart();
      await expect
        .poll(() => notices.filter(({ kind }) => kind === "resync-needed").length, { timeout: 20_000 })
        .toBe(2);
      expect(await lasting.current?.call("connectGetType", {})).toEqual({ type: "QEMU" });
    } finally {
      await lasting.stop();
      await daemon.stop();
    }
  });
});

async function waitRealMs(durationMs: number, signal: AbortSignal): Promise<void> {
  await wait(durationMs, undefined, { signal });
}
