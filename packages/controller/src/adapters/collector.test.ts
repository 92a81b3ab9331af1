/** The collector over real sockets: hosts that change, fall silent, come back, come and go. */
import type { ClusterEvent, HostObservation, Maintenance, VmObservation } from "@trunkline/model";
import { hostName } from "@trunkline/model";
import type { World } from "@trunkline/ports";
import { afterEach, expect, test } from "vitest";
import { Collector } from "../observe/collector.ts";
import { SmallLibvirt, smallVm, uuidOf } from "./libvirt/small-libvirt.fixture.ts";
import { realWorld } from "./world.ts";

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

/** Longer than a test takes: whatever is seen before, an event or a caller brought about. */
const neverMs = 1_000_000;
/** A silent host is asked again after a second or two, on a busy machine later. */
const patience = { timeout: 20_000 };
const questionMs = 200;

interface Observed {
  readonly world: World;
  readonly collector: Collector;
  readonly events: ClusterEvent[];
  readonly maintenance: Map<string, Maintenance>;
  readonly host: (name: string) => HostObservation | undefined;
  readonly vmsOn: (name: string) => readonly VmObservation[];
}

async function observe(libvirts: readonly SmallLibvirt[], intervalMs = neverMs): Promise<Observed> {
  for (const libvirt of libvirts) {
    await libvirt.start();
    undo.push(async () => await libvirt.remove());
  }
  const hosts = libvirts.map(({ host }) => host);
  const world = realWorld({ hosts, switches: [], links: [], probes: [], services: [] });
  const events: ClusterEvent[] = [];
  const maintenance = new Map<string, Maintenance>();
  const automation = { paused: false } as const;
  const collector = new Collector({
    world,
    intervalMs,
    onEvents: (told) => events.push(...told),
    maintenanceOf: (host) => maintenance.get(host) ?? "no",
    automation: () => automation,
    limits: { questionMs },
  });
  undo.push(
    async () => await world.close(),
    async () => await collector.stop(),
  );
  return {
    world,
    collector,
    events,
    maintenance,
    host: (name) => collector.current().hosts.find((host) => host.name === name),
    vmsOn: (name) => collector.current().vms.filter((vm) => vm.host === name),
  };
}

const never = new AbortController().signal;
const lifecycle = { defined: 0, undefined: 1, started: 2, suspended: 3 } as const;

test("one object until something happens, then one with a higher number", async () => {
  const { collector, maintenance } = await observe([new SmallLibvirt("h1", [smallVm(1)])]);
  const blank = collector.current();
  expect(blank.hosts).toMatchObject([{ reach: { kind: "not-asked-yet" }, observedAt: null, figures: null }]);
  expect(blank.vms).toEqual([]);
  await collector.refresh(never);
  const first = collector.current();
  expect(collector.current()).toBe(first);
  expect(first.sequence).toBeGreaterThan(blank.sequence);
  expect(first.hosts).toMatchObject([{ reach: { kind: "up" }, maintenance: "no", figures: { hostname: "h1" } }]);
  expect(first.vms).toMatchObject([{ name: "vm1", isLastSeen: false }]);
  maintenance.set("h1", "entering");
  expect(collector.current().hosts[0]?.maintenance).toBe("entering");
  expect(collector.current().vms[0]).toBe(first.vms[0]);
  expect(first.hosts[0]?.maintenance).toBe("no");
});

test("what happens behind our back is seen by its events, and told once", async () => {
  const libvirt = new SmallLibvirt("h1", [smallVm(1), smallVm(2)]);
  const { collector, events, vmsOn } = await observe([libvirt]);
  await collector.refresh(never);
  expect(events).toMatchObject([{ kind: "host-reach", reach: { kind: "up" } }]);
  events.length = 0;
  libvirt.put(smallVm(1, { power: "paused" }), lifecycle.suspended);
  await expect.poll(() => vmsOn("h1").find((vm) => vm.name === "vm1")?.power, patience).toBe("paused");
  libvirt.put(smallVm(3, { power: "shutoff" }), lifecycle.defined);
  await expect.poll(() => vmsOn("h1").map((vm) => vm.name), patience).toContain("vm3");
  libvirt.drop(smallVm(2), lifecycle.undefined);
  await expect.poll(() => vmsOn("h1").map((vm) => vm.name), patience).toEqual(["vm1", "vm3"]);
  expect(events).toMatchObject([
    { vmName: "vm1", change: "power", power: "paused" },
    { vmName: "vm3", change: "appeared", power: "shutoff" },
    { vmName: "vm2", change: "gone" },
  ]);
});

test("a VM that an event names is described again, the others are remembered; a burst is one question", async () => {
  const libvirt = new SmallLibvirt("h1", [smallVm(1), smallVm(2)]);
  const { collector, vmsOn } = await observe([libvirt]);
  await collector.refresh(never);
  libvirt.calls.length = 0;
  const nics = [{ mac: "52:54:00:aa:00:07", rxBytes: 0, txBytes: 0 }];
  for (let time = 0; time < 20; time += 1) libvirt.put(smallVm(1, { nics }), lifecycle.defined);
  await expect.poll(() => vmsOn("h1")[0]?.macs, patience).toEqual(["52:54:00:aa:00:07"]);
  expect(libvirt.calls.filter((name) => name === "domainGetXmlDesc")).toHaveLength(1);
  expect(libvirt.calls.filter((name) => name === "connectGetAllDomainStats").length).toBeLessThan(4);
});

test("a dead libvirt leaves its VMs as last seen; when it is back they are as before, and watched again", async () => {
  const [dead, living] = [new SmallLibvirt("h1", [smallVm(1)]), new SmallLibvirt("h2", [smallVm(2)])];
  const { collector, events, host, vmsOn } = await observe([dead, living]);
  await collector.refresh(never);
  const seenAt = host("h1")?.observedAt;
  events.length = 0;
  await dead.kill();
  await expect.poll(() => host("h1")?.reach.kind, patience).toBe("unreachable");
  const reach = host("h1")?.reach;
  expect(host("h1")).toMatchObject({ observedAt: seenAt, figures: { hostname: "h1" } });
  expect(vmsOn("h1")).toMatchObject([{ id: uuidOf(1), power: "running", isLastSeen: true, observedAt: seenAt }]);
  await collector.refresh(never);
  expect(host("h1")?.reach).toEqual(reach);
  expect(host("h2")?.reach.kind).toBe("up");
  await dead.start();
  await expect.poll(() => host("h1")?.reach.kind, patience).toBe("up");
  expect(vmsOn("h1")).toMatchObject([{ isLastSeen: false }]);
  expect(events.map((event) => (event.kind === "host-reach" ? event.reach.kind : event.kind))).toEqual([
    "unreachable",
    "up",
  ]);
  dead.put(smallVm(1, { power: "paused" }), lifecycle.suspended);
  await expect.poll(() => vmsOn("h1")[0]?.power, patience).toBe("paused");
});

test("libvirts that accept and say nothing hold up nobody and pile up no connections", async () => {
  const libvirts = Array.from({ length: 12 }, (_, number) => new SmallLibvirt(`h${number}`, [smallVm(number)]));
  const { collector, host } = await observe(libvirts);
  await collector.refresh(never);
  const hung = libvirts.slice(0, 6);
  for (const libvirt of hung) libvirt.isSilent = true;
  for (let time = 0; time < 3; time += 1) await collector.refresh(never);
  for (const libvirt of hung) {
    expect(host(libvirt.host.name)?.reach).toMatchObject({
      kind: "unreachable",
      why: expect.stringMatching(/^it gave no answer within \d+ ms$/),
    });
    expect(libvirt.openConnections).toBeLessThanOrEqual(2);
  }
  const sound = libvirts.slice(6);
  for (const libvirt of sound) expect(host(libvirt.host.name)?.reach.kind).toBe("up");
  const { questions, failures, hosts } = collector.stats();
  expect(failures).toBeGreaterThanOrEqual(18);
  // Nobody connects again without need; on a machine too busy for the short patience here a sound one may have missed it.
  const again = sound.reduce((count, { accepted }) => count + accepted - 1, 0);
  expect(again).toBeLessThanOrEqual(failures - 18);
  expect(questions).toBeGreaterThanOrEqual(18 + 6 * 4);
  expect(hosts.filter(({ isUp }) => isUp)).toHaveLength(6);
  expect(collector.stats().cycleMs).not.toBeNull();
  for (const libvirt of hung) libvirt.isSilent = false;
  await collector.refresh(never);
  expect(collector.current().hosts.every(({ reach }) => reach.kind === "up")).toBe(true);
});

test("hosts come, are replaced and go while it runs", async () => {
  const [first, second] = [new SmallLibvirt("h1", [smallVm(1)]), new SmallLibvirt("h2", [smallVm(2)])];
  const { world, collector, host, vmsOn, events } = await observe([first], 20);
  collector.start();
  await expect.poll(() => host("h1")?.reach.kind, patience).toBe("up");
  await second.start();
  undo.push(async () => await second.remove());
  await world.attach(second.host);
  await expect.poll(() => vmsOn("h2"), patience).toHaveLength(1);
  await world.attach({ ...second.host, name: first.host.name });
  await expect.poll(() => vmsOn("h1").map((vm) => vm.name), patience).toEqual(["vm2"]);
  await world.detach(hostName("h2"));
  expect(collector.current().hosts.map(({ name }) => name)).toEqual(["h1"]);
  expect(vmsOn("h2")).toEqual([]);
  expect(events.filter((event) => event.kind === "vm")).toEqual([]);
});

test("stops in the middle of a question, and asks nothing more", async () => {
  const libvirt = new SmallLibvirt("h1", [smallVm(1)]);
  const { collector } = await observe([libvirt], 10);
  collector.start();
  await expect.poll(() => collector.current().vms, patience).toHaveLength(1);
  libvirt.isSilent = true;
  const asked = collector.refresh(never);
  await collector.stop();
  await asked;
  const before = collector.stats().questions;
  await collector.refresh(never);
  expect(collector.stats().questions).toBe(before);
});

test("who waits for a refresh may give up", async () => {
  const libvirt = new SmallLibvirt("h1", []);
  const { collector } = await observe([libvirt]);
  libvirt.isSilent = true;
  await expect(collector.refresh(AbortSignal.timeout(20))).rejects.toThrow("timeout");
});
