/**
 * What an operator does with virsh behind our back, and what a libvirtd that dies or stops leaves of its host, in the
 * snapshot of the collector. The collector asks so rarely by itself here that whatever is seen in time, events brought.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Collector, realWorld } from "@trunkline/controller";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import type { ClusterEvent, HostReach, VmObservation } from "@trunkline/model";
import type { World } from "@trunkline/ports";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostsOf, placesOf, smallGuestXml, virsh } from "./testing/second-opinion.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `observe${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "tl-observe-"));
/** The promise itself: what happens behind our back is in the snapshot within two seconds. */
const promisedMs = 2_000;
/** A silent host is found silent, and found again, by questions with deadlines and waits in between. */
const silenceMs = 30_000;
const rarelyMs = 600_000;

let lab: Lab;
let world: World;
let collector: Collector;
const events: ClusterEvent[] = [];

describe.skipIf(!isRoot)("observed", () => {
  beforeAll(async () => {
    await labUp({ name, topology: "two-hosts" });
    lab = openLab(name);
    world = realWorld(lab.inventory());
    const automation = { paused: false } as const;
    collector = new Collector({
      world,
      intervalMs: rarelyMs,
      onEvents: (told) => events.push(...told),
      maintenanceOf: () => "no",
      automation: () => automation,
    });
    collector.start();
  });

  afterAll(async () => {
    await collector.stop();
    await world.close();
    await labDown({ name });
    rmSync(folder, { recursive: true, force: true });
  });

  test("all hosts are up, and their VMs with them", async () => {
    // A libvirtd that has just started may probe its emulators for longer than a question is waited for.
    await expect
      .poll(() => collector.current().hosts.map(({ reach }) => reach.kind), { timeout: silenceMs })
      .toEqual(["up", "up"]);
    expect(copiesOf("vm1")).toMatchObject([{ power: "running", persistent: false, isLastSeen: false }]);
  });

  test("define, start, suspend, resume, destroy and undefine by hand are in the snapshot within two seconds", async () => {
    const [host = ""] = hostsOf(lab);
    const file = join(folder, "guest.xml");
    writeFileSync(file, smallGuestXml(lab, { name: "byhand", mac: "52:54:00:77:97:01" }));
    const power = (): string => copiesOf("byhand")[0]?.power ?? "none";
    const steps = [
      ["define", file, "shutoff"],
      ["start", "byhand", "running"],
      ["suspend", "byhand", "paused"],
      ["resume", "byhand", "running"],
      ["destroy", "byhand", "shutoff"],
      ["undefine", "byhand", "none"],
    ] as const;
    for (const [command, argument, expected] of steps) {
      await virsh(lab, host, command, argument);
      await seenInTime(`virsh ${command}`, () => power() === expected);
      if (command !== "define") continue;
      expect(copiesOf("byhand")).toMatchObject([
        { host, memoryMiB: 32, vcpus: 1, macs: ["52:54:00:77:97:01"], persistent: true, cpuUsedRatio: null },
      ]);
    }
    const told = events.flatMap((event) =>
      event.kind === "vm" && event.vmName === "byhand" ? [`${event.change} ${event.power}`] : [],
    );
    // QEMU starts paused, which a question in between may see.
    expect(told.join(", ")).toMatch(
      /^appeared shutoff(, power paused)?, power running, power paused, power running, power shutoff, gone shutoff$/,
    );
  });

  test("a move by hand is in the snapshot of both hosts within two seconds", async () => {
    const { source, target } = await placesOf(lab, "vm1");
    const there = lab.inventory().hosts.find((host) => host.name === target);
    const [before] = copiesOf("vm1");
    expect(before).toMatchObject({ host: source, power: "running" });
    const way = ["--live", "--p2p", "vm1", there?.peerUri ?? "", `tcp://${there?.migration?.address ?? ""}`];
    await virsh(lab, source, "migrate", ...way);
    await seenInTime("virsh migrate", () => {
      const copies = copiesOf("vm1");
      return copies.length === 1 && copies[0]?.host === target && copies[0].power === "running";
    });
    expect(copiesOf("vm1")).toMatchObject([{ id: before?.id, macs: before?.macs, memoryMiB: before?.memoryMiB }]);
  });

  test("a killed libvirtd leaves its host unreachable and its VMs as last seen; back, they are as before", async () => {
    const { source: host, target: other } = await placesOf(lab, "vm1");
    const [before] = copiesOf("vm1");
    await lab.killLibvirtd(host);
    await seenInTime("a killed libvirtd", () => reachOf(host).kind === "unreachable");
    expect(copiesOf("vm1")).toEqual([{ ...before, isLastSeen: true }]);
    expect(reachOf(other)).toEqual({ kind: "up" });
    await lab.startLibvirtd(host);
    await expect.poll(() => reachOf(host).kind, { timeout: silenceMs }).toBe("up");
    expect(copiesOf("vm1")).toMatchObject([{ id: before?.id, host, power: "running", isLastSeen: false }]);
    // It is watched again.
    await virsh(lab, host, "suspend", "vm1");
    await seenInTime("virsh suspend afterwards", () => copiesOf("vm1")[0]?.power === "paused");
    await virsh(lab, host, "resume", "vm1");
    await seenInTime("virsh resume afterwards", () => copiesOf("vm1")[0]?.power === "running");
  });

  test("a libvirtd that accepts and says nothing is unreachable, and holds up no other host", async () => {
    const { source: host, target: other } = await placesOf(lab, "vm1");
    const pid = lab.libvirtdPid(host);
    expect(pid).toBeDefined();
    const hung = pid ?? Number.NaN;
    process.kill(hung, "SIGSTOP");
    try {
      const refreshed = collector.refresh(AbortSignal.timeout(silenceMs));
      await expect.poll(() => observedAt(other), { timeout: silenceMs }).toBeGreaterThan(observedAt(host));
      expect(reachOf(other)).toEqual({ kind: "up" });
      await refreshed;
      expect(reachOf(host)).toMatchObject({ kind: "unreachable", why: expect.stringContaining("no answer within") });
      expect(copiesOf("vm1")).toMatchObject([{ host, isLastSeen: true }]);
    } finally {
      process.kill(hung, "SIGCONT");
    }
    await expect.poll(() => reachOf(host).kind, { timeout: silenceMs }).toBe("up");
    expect(copiesOf("vm1")).toMatchObject([{ host, power: "running", isLastSeen: false }]);
  });
});

async function seenInTime(what: string, isSeen: () => boolean): Promise<void> {
  const beganMs = performance.now();
  while (!isSeen()) {
    if (performance.now() - beganMs > promisedMs)
      throw new Error(`${what} was not seen within ${promisedMs} ms: ${JSON.stringify(collector.current().vms)}`);
    await sleep(5);
  }
  process.stderr.write(`${what}: seen after ${Math.round(performance.now() - beganMs)} ms\n`);
}

const copiesOf = (vm: string): readonly VmObservation[] =>
  collector.current().vms.filter((candidate) => candidate.name === vm);

const hostOf = (host: string) => collector.current().hosts.find((candidate) => candidate.name === host);
const reachOf = (host: string): HostReach => hostOf(host)?.reach ?? { kind: "not-asked-yet" };
const observedAt = (host: string): number => Date.parse(hostOf(host)?.observedAt ?? "");
