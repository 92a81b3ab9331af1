/**
 * The service on four real hosts, through its HTTP interface: many moves at once within the budgets, and whatever may
 * happen to it or behind its back meanwhile. What it says is held against libvirt's own words, the journal's records,
 * the guests and the SAN.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import { TrunklineError, hostName } from "@trunkline/model";
import type { MoveId } from "@trunkline/model";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { RunningCommand } from "./testing/command.fixture.ts";
import { expectRunsOnceOn, hasSentAll, setTrap, stateOn, until } from "./testing/faults.fixture.ts";
import {
  countsOf,
  mostAtOnce,
  preparedCopies,
  randomOf,
  readHistories,
  recordedPlaces,
  textOf,
} from "./testing/move-history.fixture.ts";
import type { MoveHistory } from "./testing/move-history.fixture.ts";
import { lookOn } from "./testing/onlooker.fixture.ts";
import type { Onlooker } from "./testing/onlooker.fixture.ts";
import { hostsOf, placesFor, smallGuestXml, virsh } from "./testing/second-opinion.fixture.ts";
import { startService, type RunningService } from "./testing/service.fixture.ts";

const isRoot = process.getuid?.() === 0;
const name = `svc${process.pid}`;
const folder = mkdtempSync(join(tmpdir(), "tl-service-"));
const state = join(folder, "state");
const run = promisify(execFile);
const vms = ["vm1", "vm2", "vm3", "vm4", "vm5", "vm6"] as const;
const seed = 20_261_122;
/** Fifty by `npm run soak`; what every run of ./test can afford otherwise. */
const requestCount = process.env["TRUNKLINE_SOAK"] === "1" ? 50 : 20;
const cancelCount = requestCount / 10;
/** Of one host and direction, where the inventory says nothing. */
const budget = 2;
/** Slow enough that the copy does not end before it is struck. */
const slowly = { maxRateBps: 20_000_000 } as const;
/** Many real moves on emulated processors. */
const manyMs = 600_000;

let lab: Lab;
let service: RunningService;
let onlooker: Onlooker | undefined;

describe.skipIf(!isRoot)("the service", () => {
  beforeAll(async () => {
    await labUp({ name, topology: "four-hosts" });
    lab = openLab(name);
    service = await start();
  });

  afterEach(async () => {
    await onlooker?.close();
    onlooker = undefined;
    for (const host of hostsOf(lab)) {
      await lab.startLibvirtd(host);
      for (const extra of (await virsh(lab, host, "list", "--name")).split("\n"))
        if (["giant", "bound"].includes(extra)) await virsh(lab, host, "destroy", extra);
    }
    if (service.isOver) service = await start();
  });

  afterAll(async () => {
    await service.stopped();
    await labDown({ name });
    rmSync(folder, { recursive: true, force: true });
  });

  test(
    "sees many moves that are asked for at once through, within the budgets",
    async () => {
      const draw = randomOf(seed);
      const giant = { name: "giant", memoryMiB: 960 };
      await virsh(lab, "h4", "create", fileOf("giant.xml", smallGuestXml(lab, giant)), "--paused");
      onlooker = await lookOn(lab);
      const began = performance.now();
      // h4 is full: what is to go there is refused, unless it is there already.
      const targets = ["h1", "h2", "h3", "h1", "h2", "h3", "h1", "h2", "h3", "h4"];
      const wishes = Array.from({ length: requestCount }, () => ({
        vm: vms[draw(vms.length)] ?? "vm1",
        target: targets[draw(targets.length)] ?? "h1",
        priority: draw(21) - 10,
      }));
      const ids = await Promise.all(
        wishes.map(async ({ vm, target, priority }) => await service.request(vm, target, { priority })),
      );
      for (let count = 0; count < cancelCount; count += 1) await cancelled(ids[draw(ids.length)]);
      const reasons = await reasonsUntilOver();
      const seconds = (performance.now() - began) / 1000;
      await until(async () => (await recorded()).every(({ report }) => report !== null));
      const histories = (await recorded()).filter(({ request }) => ids.includes(request.id));
      expect(histories).toHaveLength(requestCount);
      for (const { report } of histories) expect(["completed", "cancelled", "refused"]).toContain(report?.outcome);
      const refused = histories.filter(({ report }) => report?.outcome === "refused");
      for (const { report } of refused) expect(report?.failure?.message).toMatch(/\S/);
      expect(refused.map(({ report }) => report?.checks.find(isBlocking)?.rule)).toContain("memory-fits");
      const moved = histories.filter(({ transitions }) => transitions.some(({ event }) => event?.kind === "begun"));
      expect(moved.length).toBeGreaterThan(vms.length);

      const byJournal = mostAtOnce(histories);
      expect([...byJournal].filter(([, most]) => most > budget)).toEqual([]);
      expect([...onlooker.most].filter(([, most]) => most > budget)).toEqual([]);
      // It was really looked at, and there was something to see.
      expect(Math.max(...byJournal.values())).toBe(budget);
      for (const way of ["in", "out"])
        expect(
          Math.max(...[...onlooker.most].map(([place, most]) => (place.endsWith(way) ? most : 0))),
        ).toBeGreaterThan(0);
      expect([...reasons]).toEqual(expect.arrayContaining(["vm", "host-in"]));
      expectNothingTwice(histories);
      await expectWhole(recordedPlaces(histories));
      process.stderr.write(
        `${requestCount} moves in ${seconds.toFixed(1)} s, ${textOf(countsOf(histories.map(({ report }) => report?.outcome ?? "left")))}; ` +
          `${moved.length} real ones, ${(seconds / moved.length).toFixed(1)} s each; at once: ${textOf(byJournal)}; ` +
          `by libvirt (${onlooker.looks()} looks): ${textOf(onlooker.most)}; waited for: ${[...reasons].join(" ")}\n`,
      );
    },
    manyMs,
  );

  test("killed in mid-copy: the move failed, the VM is where it was, and what waited is carried out by the next one", async () => {
    const [here, there, further] = await placesFor(lab, "vm1");
    onlooker = await lookOn(lab);
    const struck = await service.request("vm1", there, slowly);
    const waiting = await service.request("vm1", further);
    await service.reaches(struck, "copying");
    await service.killed();
    service = await start();
    await service.endOf(waiting);
    expect(await service.move(struck)).toMatchObject({ state: { phase: "failed" }, report: { runsOn: here } });
    expect(await service.move(waiting)).toMatchObject({
      report: { outcome: "completed", source: here, runsOn: further },
    });
    await expectTruth("vm1", further, [struck, waiting]);
  });

  test("killed between Perform and Finish: the source goes on", async () => {
    const [here, there, further] = await placesFor(lab, "vm2");
    onlooker = await lookOn(lab);
    const trap = await setTrap(lab, here, "suspended", () => service.signal("SIGSTOP"));
    const struck = await service.request("vm2", there);
    const waiting = await service.request("vm2", further);
    await trap.sprung;
    await until(async () => await hasSentAll(lab, here, "vm2"));
    await service.killed();
    await trap.disarm();
    await until(async () => (await stateOn(lab, there, "vm2")) === "none");
    service = await start();
    await service.endOf(waiting);
    expect(await service.move(struck)).toMatchObject({ state: { phase: "failed", runsOn: "source" } });
    await expectTruth("vm2", further, [struck, waiting]);
  });

  test("killed between Finish and Confirm: the target has it", async () => {
    const [here, there, further] = await placesFor(lab, "vm3");
    onlooker = await lookOn(lab);
    const trap = await setTrap(lab, there, "resumed", () => service.signal("SIGSTOP"));
    const struck = await service.request("vm3", there);
    const waiting = await service.request("vm3", further);
    await trap.sprung;
    await until(async () => (await stateOn(lab, there, "vm3")) === "running (migrated)");
    await service.killed();
    await trap.disarm();
    service = await start();
    await service.endOf(waiting);
    expect(await service.move(struck)).toMatchObject({ state: { phase: "completed" }, report: { runsOn: there } });
    expect(await stateOn(lab, here, "vm3")).toBe("none");
    await expectTruth("vm3", further, [struck, waiting]);
  });

  test("killed while it gathers proof: the record is completed by the next one", async () => {
    const [, there, further] = await placesFor(lab, "vm4");
    onlooker = await lookOn(lab);
    const struck = await service.request("vm4", there);
    const waiting = await service.request("vm4", further);
    await service.reaches(struck, "announcing");
    await service.killed();
    service = await start();
    await service.endOf(waiting);
    // How long the settling took is no figure of the move.
    const report = { outcome: "completed", runsOn: there, measured: null };
    expect(await service.move(struck)).toMatchObject({ state: { phase: "completed" }, report });
    await expectTruth("vm4", further, [struck, waiting]);
  });

  test("is the only one on its state folder: a second refuses and names it, a command speaks to it", async () => {
    const place = ["--json", "--state", state, "--lab", name];
    const second = await new RunningCommand(["serve", "--port", "0", ...place]).ended;
    expect(second).toMatchObject({
      exitCode: 1,
      json: { error: { code: "store.locked", details: { pid: service.pid, url: service.url } } },
    });
    const [, there] = await placesFor(lab, "vm5");
    const moved = await new RunningCommand(["migrate", "vm5", "--to", there, ...place]).ended;
    expect(moved).toMatchObject({ exitCode: 0, json: { outcome: "completed", runsOn: there } });
    const { moveId } = moved.json as { moveId: MoveId };
    expect(await service.move(moveId)).toMatchObject({ request: { asked: { by: "local", outlivesProcess: true } } });
  });

  test("does not take the state folder of a command that is at work", async () => {
    await service.stopped();
    const [, there] = await placesFor(lab, "vm5");
    const place = ["--json", "--state", state, "--lab", name];
    const command = new RunningCommand(["migrate", "vm5", "--to", there, "--rate", "20M", ...place]);
    await command.says(/round [1-9]/);
    const refused = {
      exitCode: 1,
      json: { error: { code: "store.locked", details: { pid: command.pid, url: null } } },
    };
    const [other, served] = await Promise.all([
      new RunningCommand(["migrate", "vm6", "--to", there, ...place]).ended,
      new RunningCommand(["serve", "--port", "0", ...place]).ended,
    ]);
    expect(other).toMatchObject(refused);
    expect(served).toMatchObject(refused);
    command.signal("SIGINT");
    expect(await command.ended).toMatchObject({ json: { outcome: "cancelled" } });
  });

  test("stopped as by systemd, it sees a move under way through, and leaves the queue to the next one", async () => {
    const [here, there] = await placesFor(lab, "vm6");
    const underWay = await service.request("vm6", there);
    const waiting = await service.request("vm6", here);
    await service.reaches(underWay, "copying");
    expect(await service.stopped()).toBe(0);
    const histories = await recorded();
    const phaseOf = (id: MoveId) => histories.find(({ request }) => request.id === id)?.state.phase;
    expect([phaseOf(underWay), phaseOf(waiting)]).toEqual(["completed", "queued"]);
    service = await start();
    expect((await service.endOf(waiting)).report).toMatchObject({ outcome: "completed", runsOn: here });
    await expectRunsOnceOn(lab, here, "vm6");
  });

  test("a source's libvirtd that dies in mid-copy and comes back leaves the VM where it was", async () => {
    const [here, there] = await placesFor(lab, "vm1");
    const id = await service.request("vm1", there, slowly);
    await service.reaches(id, "copying");
    await lab.killLibvirtd(here);
    await service.saw(
      (event) => event.kind === "host-reach" && event.host === here && event.reach.kind === "unreachable",
    );
    await lab.startLibvirtd(here);
    expect((await service.endOf(id)).report).toMatchObject({ outcome: "failed", runsOn: here });
    await expectRunsOnceOn(lab, here, "vm1");
    expect(await moved("vm1", there)).toMatchObject({ outcome: "completed", runsOn: there });
  });

  test("a VM that is moved by hand while its move waits goes from where it is then", async () => {
    const { target, guests } = await quietest();
    const [first = "", second = "", third = ""] = guests;
    const blockers = [await service.request(first, target, slowly), await service.request(second, target, slowly)];
    const id = await service.request(third, target);
    expect((await service.move(id)).waitsFor).toMatchObject([{ kind: "host-in", subject: target }]);
    const { source } = (await service.move(id)).request;
    const by = hostsOf(lab).find((host) => host !== source && host !== target) ?? "";
    const there = lab.inventory().hosts.find((host) => host.name === by);
    const way = ["--live", "--p2p", third, there?.peerUri ?? "", `tcp://${there?.migration?.address ?? ""}`];
    await virsh(lab, source, "migrate", ...way);
    for (const blocker of blockers) await cancelled(blocker);
    expect(await service.endOf(id)).toMatchObject({ report: { outcome: "completed", source: by, runsOn: target } });
    await expectRunsOnceOn(lab, target, third);
    await Promise.all(blockers.map(async (blocker) => await service.endOf(blocker)));
  });

  test("a libvirtd that accepts and says nothing holds up no move between the others", async () => {
    const { target: silent, guests } = await quietest();
    const [first = "", second = ""] = guests;
    const [here, ...others] = await placesFor(lab, second);
    const there = [...others, "h4"].find((host) => host !== silent && host !== here) ?? "";
    const hung = lab.libvirtdPid(silent) ?? Number.NaN;
    process.kill(hung, "SIGSTOP");
    let toSilent: MoveId;
    try {
      toSilent = await service.request(first, silent);
      expect(await moved(second, there)).toMatchObject({ outcome: "completed", runsOn: there });
      const { report } = await service.endOf(toSilent);
      expect(report).toMatchObject({ outcome: "refused", failure: { message: expect.stringMatching(/\S/) as string } });
      await until(async () => {
        const { reach } = await service.client.call("hosts.show", service.host(silent), service.asked());
        return reach.kind === "unreachable" && /\S/.test(reach.why);
      });
    } finally {
      process.kill(hung, "SIGCONT");
    }
    await service.saw((event) => event.kind === "host-reach" && event.host === silent && event.reach.kind === "up");
    expect(await moved(first, silent)).toMatchObject({ outcome: "completed", runsOn: silent });
    await expectRunsOnceOn(lab, silent, first);
  });

  test("takes a host in by its URI when it answers, and forgets it again", async () => {
    const [first, second] = lab.inventory().hosts;
    if (first === undefined || second === undefined) throw new Error("the lab has too few hosts");
    const inventory = fileOf("one-host.json", JSON.stringify({ hosts: [first] }));
    const wish = { state: join(folder, "adding"), args: ["--inventory", inventory] };
    let adding = await startService(wish);
    try {
      const add = async (uri: string) =>
        await adding.client.call("hosts.add", { body: { uri, name: second.name } }, adding.asked());
      const names = async () =>
        (await adding.client.call("hosts.list", {}, adding.asked())).items.map((host) => host.name);
      for (const nowhere of [`qemu+unix:///system?socket=${folder}/none`, "qemu+tcp://127.0.0.1:1/system"]) {
        await expect(add(nowhere)).rejects.toMatchObject({ code: "host.unreachable" });
        expect(await names()).toEqual([first.name]);
      }
      expect(await add(second.uri)).toMatchObject({ name: second.name, reach: { kind: "up" } });
      await adding.killed();
      adding = await startService(wish);
      expect(await names()).toEqual([first.name, second.name]);
      await expect(add(second.uri)).rejects.toMatchObject({ code: "host.exists" });
      const remove = async (host: string) =>
        await adding.client.call("hosts.remove", adding.host(host), adding.asked());
      await expect(remove(first.name)).rejects.toMatchObject({ code: "host.declared" });
      await remove(second.name);
      expect(await names()).toEqual([first.name]);
      expect(adding.events).toContainEqual({ kind: "host", host: second.name, change: "removed" });
    } finally {
      await adding.stopped();
    }
  });

  test("empties a host for maintenance: held back by the pause, over a kill, until it is given back", async () => {
    const [host] = await placesFor(lab, "vm1");
    if ((await guestsOn(host)).length < 2) await moved("vm2", host);
    const there = await guestsOn(host);
    const plan = await maintain("preview", host);
    expect(plan).toMatchObject({ plan: { host, blocked: [] } });
    expect(
      "plan" in plan
        ? plan.plan.waves
            .flat()
            .map((move) => move.name)
            .toSorted()
        : [],
    ).toEqual(there);
    const pause = { body: { reason: "the switch is being mended" } };
    await service.client.call("automation.pause", pause, service.asked());
    expect(await maintain("enter", host)).toMatchObject({ evacuation: { state: "running" } });
    await until(async () => (await evacuating(host)).length === there.length);
    for (const move of await evacuating(host))
      expect(move).toMatchObject({
        state: { phase: "queued" },
        waitsFor: [{ kind: "paused", message: expect.stringContaining("the switch is being mended") as string }],
      });
    await expect(service.request("vm3", host)).rejects.toMatchObject({ code: "host.in-maintenance" });
    await service.client.call("automation.resume", {}, service.asked());
    await service.saw((event) => event.kind === "move" && event.source === host && event.phase === "copying");
    await service.killed();
    service = await start();
    await until(async () => (await evacuationOf(host))?.state !== "running");
    expect(await evacuationOf(host)).toMatchObject({ state: "done" });
    expect(await guestsOn(host)).toEqual([]);
    for (const vm of there) await expectRunsOnceOn(lab, (await placesFor(lab, vm))[0], vm);
    await expect(service.request("vm1", host)).rejects.toMatchObject({ code: "host.in-maintenance" });
    expect(await maintain("exit", host)).toMatchObject({ host: { maintenance: "no" } });
    expect(await moved("vm1", host)).toMatchObject({ outcome: "completed", runsOn: host });
  });

  test("an evacuation with a VM that can go nowhere is stuck, and says why and what mends it", async () => {
    const { target: host } = await quietest();
    const cd = "/var/lib/libvirt/only-here.iso";
    const [file = "", ...place] = lab.hostCommand(host);
    await run(file, [...place, "truncate", "--size=1M", cd]);
    await virsh(lab, host, "create", fileOf("bound.xml", smallGuestXml(lab, { name: "bound", cd })));
    await service.saw((event) => event.kind === "vm" && event.vmName === "bound" && event.change === "appeared");
    const preview = await maintain("preview", host);
    const blocked = "plan" in preview ? preview.plan.blocked : [];
    expect(blocked).toMatchObject([{ name: "bound", why: expect.stringMatching(/\S/) as string }]);
    const checks = blocked.flatMap(({ candidates }) => candidates.flatMap((candidate) => candidate.checks));
    expect(checks.find((check) => check.rule === "host-local-backing")?.fix).toMatch(/\S/);
    await maintain("enter", host);
    await until(async () => (await evacuationOf(host))?.state !== "running");
    const stuck = await evacuationOf(host);
    expect(stuck?.state).toBe("stuck");
    const why = stuck?.vms.find((vm) => vm.name === "bound")?.why;
    expect(why).toMatch(new RegExp(`${cd}.* \\(fix: .+\\)`));
    await maintain("exit", host);
  });

  test("a full disk under its store: each request that acts is refused, it stays up, and goes on when there is room", async () => {
    await service.stopped();
    const small = join(folder, "small");
    mkdirSync(small);
    const mount = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@"', small];
    const cramped = await startService({ state: small, args: ["--lab", name], through: mount });
    const ballast = join(`/proc/${cramped.pid}/root`, small, "ballast");
    try {
      const [, there] = await placesFor(lab, "vm5");
      expect(() => writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024))).toThrow(/ENOSPC/);
      const pause = async () =>
        await cramped.client.call("automation.pause", { body: { reason: "full" } }, cramped.asked());
      await expect(cramped.request("vm5", there)).rejects.toMatchObject({ code: "store.failed" });
      await expect(pause()).rejects.toMatchObject({ code: "store.failed" });
      await expect(maintain("enter", there, cramped)).rejects.toMatchObject({ code: "store.failed" });
      const { hosts, automation } = await cramped.client.call("snapshot.show", {}, cramped.asked());
      expect(hosts.every(({ reach, maintenance }) => reach.kind === "up" && maintenance === "no")).toBe(true);
      expect(automation).toEqual({ paused: false });
      expect((await cramped.client.call("moves.list", {}, cramped.asked())).items).toEqual([]);
      rmSync(ballast);
      const end = await cramped.endOf(await cramped.request("vm5", there));
      expect(end.report).toMatchObject({ outcome: "completed", runsOn: there });
      expect(await cramped.stopped()).toBe(0);
    } finally {
      if (!cramped.isOver) await cramped.killed();
    }
  });
});

const start = async (): Promise<RunningService> => await startService({ state, args: ["--lab", name] });

async function moved(vm: string, target: string) {
  return (await service.endOf(await service.request(vm, target))).report;
}

async function guestsOn(host: string): Promise<readonly string[]> {
  const listed = (await virsh(lab, host, "list", "--name")).split("\n");
  return vms.filter((vm) => listed.includes(vm));
}

/** The host with the fewest VMs, and the VMs of the others. */
async function quietest(): Promise<{ readonly target: string; readonly guests: readonly string[] }> {
  const crowds = await Promise.all(hostsOf(lab).map(async (host) => ({ host, guests: await guestsOn(host) })));
  const [least] = crowds.toSorted((left, right) => left.guests.length - right.guests.length);
  return { target: least?.host ?? "", guests: vms.filter((vm) => least?.guests.includes(vm) !== true) };
}

async function maintain(action: "preview" | "enter" | "exit", host: string, of = service) {
  return await of.client.call("maintenance.change", { ...of.host(host), body: { action } }, of.asked());
}

async function evacuationOf(host: string) {
  return (await service.client.call("maintenance.show", service.host(host), service.asked())).evacuation;
}

async function evacuating(host: string) {
  const query = { host: hostName(host), isOver: false };
  const { items } = await service.client.call("moves.list", { query }, service.asked());
  return items.filter((move) => move.request.asked.origin === "evacuation");
}

async function cancelled(id: MoveId | undefined): Promise<void> {
  if (id === undefined) return;
  try {
    await service.client.call("moves.cancel", { params: { id } }, service.asked());
  } catch (error) {
    // It may be over, or past its switch-over.
    if (!(error instanceof TrunklineError) || error.code !== "move.too-late") throw error;
  }
}

/** @returns the kinds of what moves waited for. A move without a reason is having its turn: no more of them than places. */
async function reasonsUntilOver(): Promise<ReadonlySet<string>> {
  const kinds = new Set<string>();
  const query = { isOver: false, limit: 100 } as const;
  for (;;) {
    const { items } = await service.client.call("moves.list", { query }, service.asked());
    if (items.length === 0) return kinds;
    const queued = items.filter((move) => move.state.phase === "queued");
    for (const { kind } of queued.flatMap((move) => move.waitsFor)) kinds.add(kind);
    expect(queued.filter((move) => move.waitsFor.length === 0).length).toBeLessThanOrEqual(vms.length);
    await sleep(300);
  }
}

const recorded = async (): Promise<readonly MoveHistory[]> => await readHistories(state);

/** libvirt started no copy more often than the journal has it: a move that is called off in time starts none. */
function expectNothingTwice(histories: readonly MoveHistory[]): void {
  const prepared = preparedCopies(histories);
  const started = [...countsOf(onlooker?.started ?? [])];
  expect(started).not.toEqual([]);
  expect(started.filter(([copy, times]) => times > (prepared.get(copy) ?? 0))).toEqual([]);
}

async function expectTruth(vm: string, host: string, ids: readonly MoveId[]): Promise<void> {
  const histories = (await recorded()).filter(({ request }) => ids.includes(request.id));
  expect(recordedPlaces(histories).get(vm)).toBe(host);
  expectNothingTwice(histories);
  await expectRunsOnceOn(lab, host, vm);
}

async function expectWhole(places: ReadonlyMap<string, string>): Promise<void> {
  await Promise.all([...places].map(async ([vm, host]) => await expectRunsOnceOn(lab, host, vm)));
}

const isBlocking = (check: { readonly severity: string }): boolean => check.severity === "block";

function fileOf(file: string, content: string): string {
  writeFileSync(join(folder, file), content);
  return join(folder, file);
}
