/** A controller process that dies, and calls that do not come back. */
import { describe, expect, it } from "vitest";
import { h1, h2, moveAll, never, open, stageOf, twoHosts } from "../cluster/cluster.fixture.ts";
import type { Stage } from "../cluster/cluster.fixture.ts";
import type { Call, CallName } from "./faults.ts";

/** Waits for the call in that moment, once. */
function strikeOn({ cluster }: Stage, name: CallName, when: Call["when"], strike: () => void): void {
  let isOver = false;
  cluster.hooks.onCall = (call) => {
    if (isOver || call.name !== name || call.when !== when) return undefined;
    isOver = true;
    strike();
    return undefined;
  };
}

describe("a process that is killed", () => {
  const calls = ["begin", "prepare", "perform", "finish", "confirm"] as const;
  it.each(calls.flatMap((name) => (["before", "after"] as const).map((when) => ({ name, when }))))(
    "$when $name leaves what libvirt leaves",
    async ({ name, when }) => {
      const stage = stageOf(twoHosts({ persistent: false }));
      const { clock, cluster } = stage;
      const process = cluster.connect("c1");
      let isSettled = false;
      strikeOn(stage, name, when, () => {
        process.kill();
      });
      void open(process.world, cluster)
        .then(moveAll)
        .finally(() => {
          isSettled = true;
        });
      await clock.pass(60_000);
      expect(process.isAlive).toBe(false);
      expect(isSettled).toBe(false);
      expect(cluster.violations()).toEqual([]);
      expect([`${when} ${name}`, ...cluster.copiesOf("vm1")].join(", ")).toBe(left[`${when} ${name}`]);
    },
  );

  const left: Readonly<Record<string, string>> = {
    "before begin": "before begin, h1 running/booted",
    "after begin": "after begin, h1 running/booted",
    "before prepare": "before prepare, h1 running/booted",
    "after prepare": "after prepare, h1 running/booted",
    "before perform": "before perform, h1 running/booted",
    "after perform": "after perform, h1 paused/migration",
    "before finish": "before finish, h1 paused/migration",
    "after finish": "after finish, h1 paused/migration, h2 running/migrated",
    "before confirm": "before confirm, h1 paused/migration, h2 running/migrated",
    "after confirm": "after confirm, h2 running/migrated",
  };

  it("sleeps for ever, hears nothing, and is not heard", async () => {
    const { clock, cluster } = stageOf();
    const process = cluster.connect("c1");
    const { world } = process;
    const log: string[] = [];
    await clock.run(world.hypervisor(h1).watch((event) => log.push(event.kind), never));
    void world.clock.sleep(100, never).then(() => log.push("slept"));
    world.clock.deadline(100).addEventListener("abort", () => log.push("deadline"));
    void process
      .whileAlive(Promise.resolve().then(async () => await clock.sleep(100, never)))
      .then(() => log.push("stored"));
    process.kill();
    void world
      .hypervisor(h1)
      .destroy(cluster.vm("vm1").id, never)
      .then(() => log.push("destroyed"));
    cluster.pauseVm("vm1");
    await clock.pass(60_000);
    expect(log).toEqual([]);
    expect(cluster.copiesOf("vm1")).toEqual(["h1 paused/user"]);
  });

  it("takes with it what was still on its way", async () => {
    const { clock, cluster } = stageOf();
    const process = cluster.connect("c1");
    await clock.run(process.world.hypervisor(h1).listVms(never));
    void process.world.hypervisor(h1).destroy(cluster.vm("vm1").id, never);
    process.kill();
    await clock.pass(1_000);
    expect(cluster.copiesOf("vm1")).toEqual(["h1 running/booted"]);
  });

  it("is followed by the next, which finds what was left", async () => {
    const stage = stageOf(twoHosts({ persistent: false }));
    const { clock, cluster } = stage;
    const [first, second] = [cluster.connect("c1"), cluster.connect("c2")];
    strikeOn(stage, "finish", "after", () => {
      first.kill();
    });
    void open(first.world, cluster).then(moveAll);
    await clock.pass(30_000);
    const { id } = cluster.vm("vm1");
    await clock.run(second.world.hypervisor(h1).destroy(id, never));
    expect(cluster.copiesOf("vm1")).toEqual(["h2 running/migrated"]);
    expect(cluster.violations()).toEqual([]);
  });
});

describe("a call", () => {
  it("whose answer is lost is given up at its deadline, and has been carried out", async () => {
    const stage = stageOf();
    const { clock, cluster } = stage;
    const { world } = cluster.connect("c1");
    cluster.hooks.onCall = (call) => (call.name === "destroy" && call.when === "after" ? "lose" : undefined);
    const destroyed = world.hypervisor(h1).destroy(cluster.vm("vm1").id, never);
    await expect(clock.run(destroyed)).rejects.toMatchObject({ code: "host.unreachable" });
    expect(clock.nowMs()).toBeGreaterThan(15_000);
    expect(cluster.copiesOf("vm1")).toEqual([]);
    // Nobody asked for it but the controller: the ledger says so.
    expect(cluster.violations()).toMatchObject([{ law: "lost", vm: "vm1" }]);
  });

  it("that is lost on its way changes nothing", async () => {
    const { clock, cluster } = stageOf();
    const { world } = cluster.connect("c1");
    cluster.hooks.onCall = (call) => (call.when === "before" ? "lose" : undefined);
    await expect(clock.run(world.hypervisor(h1).destroy(cluster.vm("vm1").id, never))).rejects.toMatchObject({
      code: "host.unreachable",
    });
    expect(cluster.copiesOf("vm1")).toEqual(["h1 running/booted"]);
  });

  it("that is refused by a hook is the host's own refusal", async () => {
    const { clock, cluster } = stageOf();
    const { world } = cluster.connect("c1");
    cluster.hooks.onCall = (call) => (call.name === "prepare" ? { refuse: "the moon is full" } : undefined);
    const moved = open(world, cluster).then(moveAll);
    await expect(clock.run(moved)).rejects.toMatchObject({
      code: "host.failed",
      message: "h2 refused to prepare for the VM: the moon is full",
    });
  });

  it("to a daemon that hangs is carried out when it no longer does, although nobody waits for it", async () => {
    const { clock, cluster } = stageOf();
    const { world } = cluster.connect("c1");
    await clock.run(world.hypervisor(h1).listVms(never));
    cluster.hangDaemon("h1");
    const ended = world.hypervisor(h1).destroy(cluster.vm("vm1").id, never);
    await expect(clock.run(ended)).rejects.toMatchObject({ code: "host.unreachable" });
    expect(cluster.copiesOf("vm1")).toEqual(["h1 running/booted"]);
    cluster.startDaemon("h1");
    await clock.pass(1_000);
    expect(cluster.copiesOf("vm1")).toEqual([]);
  });

  it("to a host without power is given up sooner, and its VMs are gone by no mistake of ours", async () => {
    const { clock, cluster } = stageOf();
    const { world } = cluster.connect("c1");
    cluster.turnOff("h1");
    await expect(clock.run(world.hypervisor(h1).listVms(never))).rejects.toMatchObject({ code: "host.unreachable" });
    cluster.turnOn("h1");
    expect(await clock.run(world.hypervisor(h1).listVms(never))).toMatchObject([{ name: "vm1", power: "shutoff" }]);
    expect(cluster.violations()).toEqual([]);
  });

  it("of an event that is lost is not made up for", async () => {
    const { clock, cluster } = stageOf();
    const { world } = cluster.connect("c1");
    const heard: string[] = [];
    cluster.hooks.onEvent = ({ host, event }) => (host === "h1" && event.kind === "suspended" ? "lose" : undefined);
    await clock.run(world.hypervisor(h1).watch((event) => heard.push(event.kind), never));
    await clock.run(open(world, cluster).then(moveAll));
    await clock.pass(1_000);
    expect(heard).toContain("transfer-completed");
    expect(heard).not.toContain("suspended");
  });
});

describe("a host that cannot take a VM", () => {
  const reasons = [
    ["memory", { memoryMiB: 512 }, "Cannot allocate memory"],
    ["the bridge", { bridges: [{ name: "br1", uplinks: [] }] }, "Cannot get interface MTU on 'br0'"],
    ["the storage", { pools: ["other"] }, "Could not open '/srv/san/vm1.qcow2'"],
  ] as const;
  it.each(reasons)("for want of %s refuses at Prepare, in the words of libvirt", async (_what, change, words) => {
    const spec = twoHosts();
    const hosts = spec.hosts.map((host) => (host.name === "h2" ? { ...host, ...change } : host));
    const { clock, cluster } = stageOf({ ...spec, hosts });
    const { world } = cluster.connect("c1");
    const transfer = await clock.run(open(world, cluster));
    await expect(clock.run(moveAll(transfer))).rejects.toThrow(words);
    await clock.run(transfer.unwind(never));
    expect(cluster.copiesOf("vm1")).toEqual(["h1 running/booted"]);
    const facts = await clock.run(world.hypervisor(h2).facts(never));
    expect(facts.vms).toEqual([]);
  });
});
