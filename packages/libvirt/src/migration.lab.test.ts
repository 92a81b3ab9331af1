/**
 * The five phases of a client-driven migration between two real libvirtds, over the loopback, with a guest that has
 * neither disk nor network. What is tested is that calls, cookies, flags and events mean what libvirt means.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect } from "./connect.ts";
import type { Connection } from "./connection.ts";
import { isRemoteError } from "./errors.ts";
import { domainState, pausedReason, runningReason } from "./protocol/domain-constants.ts";
import { remoteErrorCode } from "./protocol/error-codes.ts";
import { lifecycleDetail } from "./protocol/events.ts";
import { jobOperation, jobStatsFlags, jobType, migrateFlags, migrateParam } from "./protocol/migration-constants.ts";
import { domByUuid } from "./protocol/objects.ts";
import type { Dom } from "./protocol/objects.ts";
import { numberParam, typedParam } from "./protocol/typed-params.ts";
import type { TypedParam } from "./protocol/typed-params.ts";
import { canRunLibvirtd, startLibvirtd } from "./testing/private-libvirtd.ts";
import type { PrivateLibvirtd } from "./testing/private-libvirtd.ts";

const MEMORY_MIB = 64;
/** A page of zeros costs some 9 bytes on the wire, so this much of them takes nine seconds at the lowest rate, 1 MiB/s. */
const SLOW_MEMORY_MIB = 4096;
const SOURCE_FLAGS = migrateFlags.live | migrateFlags.changeProtection;
const NO_COOKIE = new Uint8Array(0);

describe.skipIf(!canRunLibvirtd)("a migration driven by this client (root and libvirtd needed)", () => {
  const daemons: PrivateLibvirtd[] = [];
  const connections: Connection[] = [];
  const events: string[] = [];
  let source: Connection;
  let target: Connection;
  let performer: Connection;

  async function open(daemon: PrivateLibvirtd, name: string): Promise<Connection> {
    const connection = await connect(daemon.uri);
    connections.push(connection);
    connection.onEvent((event) => {
      if (event.kind === "lifecycle") events.push(`${name} ${event.event} ${event.detail}`);
      if (event.kind === "migration-iteration" && event.iteration === 1) events.push(`${name} first iteration`);
      if (event.kind === "job-completed") events.push(`${name} job ${numberParam(event.params, "operation")}`);
    });
    return connection;
  }

  beforeAll(async () => {
    for (const hostName of ["one", "two"]) daemons.push(await startLibvirtd({ hostName }));
    const [one, two] = daemons;
    if (one === undefined || two === undefined) throw new Error("two daemons were to be started");
    source = await open(one, "source");
    target = await open(two, "target");
    performer = await connect(one.uri);
    connections.push(performer);
    for (const connection of [source, target]) {
      await connection.registerEvents(["lifecycle", "migration-iteration", "job-completed"]);
      // Asking once makes the daemon probe the emulator now and not inside the migration.
      const asked = { emulator: null, arch: "x86_64", machine: "pc", virtType: "qemu", flags: 0 };
      await connection.call("connectGetDomainCapabilities", asked);
    }
  });
  afterAll(async () => {
    for (const connection of connections) await connection.close();
    for (const daemon of daemons) await daemon.stop();
  });

  async function start(name: string, memoryMib: number = MEMORY_MIB): Promise<Dom> {
    const xml = `<domain type='qemu'><name>${name}</name><uuid>${randomUUID()}</uuid>
      <memory unit='MiB'>${memoryMib}</memory><vcpu>1</vcpu><os><type arch='x86_64' machine='pc'>hvm</type></os>
      <cpu mode='custom'><model>qemu64</model></cpu>
      <devices><controller type='usb' model='none'/><memballoon model='virtio'/></devices></domain>`;
    return (await source.call("domainCreateXml", { xml, flags: 0 })).dom;
  }

  interface Prepared {
    readonly cookie: Uint8Array;
    readonly params: readonly TypedParam[];
  }

  async function prepare(dom: Dom, extra: readonly TypedParam[] = []): Promise<Prepared> {
    const begun = await source.call("domainMigrateBegin3Params", { dom, params: extra, flags: SOURCE_FLAGS });
    const described = [
      ...extra,
      typedParam.string(migrateParam.destinationXml, begun.xml),
      typedParam.string(migrateParam.migrateUri, "tcp:127.0.0.1"),
    ];
    const request = { params: described, cookie: begun.cookie, flags: migrateFlags.live };
    const prepared = await target.call("domainMigratePrepare3Params", request);
    expect(prepared.uri).toMatch(/^tcp:127\.0\.0\.1:\d+$/);
    const params = [
      ...extra,
      typedParam.string(migrateParam.destinationXml, begun.xml),
      typedParam.string(migrateParam.migrateUri, prepared.uri ?? ""),
    ];
    return { cookie: prepared.cookie, params };
  }

  function finishParams({ name }: Dom, extra: readonly TypedParam[] = []): readonly TypedParam[] {
    return [...extra, typedParam.string(migrateParam.destinationName, name)];
  }

  test("begin, prepare, perform, finish, confirm: the guest runs there and is gone here", async () => {
    events.length = 0;
    const dom = await start("leaves");
    const { cookie, params } = await prepare(dom);
    const request = { dom, targetUri: null, params, cookie, flags: SOURCE_FLAGS };
    const performed = await performer.call("domainMigratePerform3Params", request, { timeoutMs: null });
    expect(await source.call("domainGetState", { dom, flags: 0 })).toEqual({
      state: domainState.paused,
      reason: pausedReason.migration,
    });
    const finish = { params: finishParams(dom), cookie: performed.cookie, flags: migrateFlags.live, cancelled: 0 };
    const finished = await target.call("domainMigrateFinish3Params", finish);
    expect(finished.dom.uuid).toBe(dom.uuid);
    const confirm = { dom, params: [], cookie: finished.cookie, flags: SOURCE_FLAGS, cancelled: 0 };
    await source.call("domainMigrateConfirm3Params", confirm);

    expect(await target.call("domainGetState", { dom: domByUuid(dom.uuid), flags: 0 })).toEqual({
      state: domainState.running,
      reason: runningReason.migrated,
    });
    const gone = await source.call("domainLookupByUuid", { uuid: dom.uuid }).catch((error: unknown) => error);
    expect(isRemoteError(gone, remoteErrorCode.noDomain)).toBe(true);
    const stats = await target.call("domainGetJobStats", { dom: finished.dom, flags: jobStatsFlags.completed });
    expect(stats.type).toBe(jobType.completed);
    expect(numberParam(stats.params, "operation")).toBe(jobOperation.migrationIn);
    expect(numberParam(stats.params, "memory_total")).toBeGreaterThanOrEqual(MEMORY_MIB * 1024 * 1024);
    // Events of two daemons have no common order, so each tells its own story.
    const toldBy = (name: string): readonly string[] => events.filter((event) => event.startsWith(name));
    await expect
      .poll(() => toldBy("source"))
      .toEqual([
        `source resumed ${lifecycleDetail.resumed.unpaused}`,
        `source started ${lifecycleDetail.started.booted}`,
        "source first iteration",
        `source suspended ${lifecycleDetail.suspended.migrated}`,
        `source stopped ${lifecycleDetail.stopped.migrated}`,
        `source job ${jobOperation.migrationOut}`,
      ]);
    await expect
      .poll(() => toldBy("target"))
      .toEqual([
        `target started ${lifecycleDetail.started.migrated}`,
        `target resumed ${lifecycleDetail.resumed.migrated}`,
      ]);
    await target.call("domainDestroyFlags", { dom: finished.dom, flags: 0 });
  });

  test("called off while it copies: the guest stays, and the call says it was aborted", async () => {
    events.length = 0;
    const dom = await start("stays", SLOW_MEMORY_MIB);
    const slow = [typedParam.ullong(migrateParam.bandwidth, 1)];
    const { cookie, params } = await prepare(dom, slow);
    const request = { dom, targetUri: null, params, cookie, flags: SOURCE_FLAGS };
    const performing = performer
      .call("domainMigratePerform3Params", request, { timeoutMs: null })
      .catch((error: unknown) => error);
    await expect.poll(() => events, { timeout: 20_000 }).toContain("source first iteration");
    expect((await source.call("domainGetJobStats", { dom, flags: 0 })).type).toBe(jobType.unbounded);
    await source.call("domainMigrateSetMaxSpeed", { dom, bandwidthMiBps: 2n, flags: 0 });
    await source.call("domainAbortJob", { dom });
    expect(await performing).toMatchObject({ remote: { code: remoteErrorCode.operationAborted } });
    const finish = { params: finishParams(dom, slow), cookie: NO_COOKIE, flags: migrateFlags.live, cancelled: 1 };
    await target.call("domainMigrateFinish3Params", finish).catch(() => {});
    // The source gave its job up together with the call, so there is nothing left to confirm.
    const confirm = { dom, params: slow, cookie: NO_COOKIE, flags: SOURCE_FLAGS, cancelled: 1 };
    const nothingLeft = await source.call("domainMigrateConfirm3Params", confirm).catch((error: unknown) => error);
    expect(nothingLeft).toMatchObject({ remote: { code: remoteErrorCode.operationInvalid } });
    expect((await source.call("domainGetState", { dom, flags: 0 })).state).toBe(domainState.running);
    expect((await target.call("connectListAllDomains", { needResults: 1, flags: 0 })).domains).toEqual([]);
    await source.call("domainDestroyFlags", { dom, flags: 0 });
  });
});
