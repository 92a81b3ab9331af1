/**
 * The lab on real parts: one lab stays up for the whole file, a second one comes, is killed on its way, and goes,
 * and the first must not notice. At the end nothing of either is left.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { LabError, labDown, labInventory, labStatus, labUp, listLabs, openLab } from "./index.ts";
import type { Lab } from "./index.ts";
import { isListed } from "./process/identity.ts";
import { run } from "./process/run.ts";
import { waitFor } from "./process/wait.ts";
import { expectNothingLeft, killUp, processesOf } from "./traces.fixture.ts";

const isRoot = process.getuid?.() === 0;
const root = mkdtempSync(join(tmpdir(), "tl-lab-"));
const [first, second] = [`t${process.pid}a`, `t${process.pid}b`];

const expectNothingAfterDown = (name: string) => expectNothingLeft(root, name);
const killUpAt = (name: string, moment: RegExp) => killUp({ name, topology: "two-hosts", root }, moment);

/** One TCP connection to the guest's echo service, held open from the client's place. */
function openEcho(lab: Lab) {
  const [file = "", ...argv] = lab.clientCommand();
  const child = spawn(file, [...argv, "busybox", "nc", "10.77.10.50", "7"], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => {
    child.once("exit", resolve);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    say: async (line: string) => {
      child.stdin.write(`${line}\n`);
      return (await lines.next()).value;
    },
    close: async () => {
      child.kill();
      await ended;
    },
  };
}

describe.skipIf(!isRoot)("a lab of two hosts", () => {
  let lab: Lab;

  beforeAll(async () => {
    await labUp({ name: first, topology: "two-hosts", root });
    lab = openLab(first, { root });
  });

  afterAll(async () => {
    for (const name of [first, second]) await labDown({ name, root });
    rmSync(root, { recursive: true });
  });

  test("tells where everything is", async () => {
    const status = await labStatus(first, { root });
    expect(status).toMatchObject({
      topology: "two-hosts",
      hosts: [
        { name: "h1", state: "up" },
        { name: "h2", state: "up" },
      ],
      switches: [{ name: "sw1", state: "up" }],
      vms: [{ name: "vm1", host: "h1", state: "running", ip: "10.77.10.50" }],
    });
    expect(listLabs(root)).toEqual([first]);
    const inventory = labInventory(first, { root });
    expect(parse(readFileSync(join(root, first, "inventory.yaml"), "utf8"))).toEqual(inventory);
    for (const host of inventory.hosts) {
      expect(await run(["virsh", "-c", host.uri, "hostname"])).toContain(host.name);
      expect(await run([...(host.shell ?? []), "virsh", "-c", host.peerUri ?? "", "hostname"])).toContain(host.name);
    }
  });

  test("has a guest that writes, patrols its memory and says so", async () => {
    const status = await lab.guestStatus("vm1", { verify: true });
    expect(status).toMatchObject({ writeErrors: 0, diskVerifyErrors: 0, memoryErrors: 0, diskFull: false });
    const later = await waitFor(
      async () => {
        const next = await lab.guestStatus("vm1");
        const isAhead = next !== undefined && next.memoryPagesChecked > (status?.memoryPagesChecked ?? 0);
        return isAhead && next.recordsWritten > (status?.recordsWritten ?? 0) ? next : undefined;
      },
      { timeoutMs: 30_000 },
    );
    const records = lab.readDiskRecords("vm1");
    expect(records).toMatchObject({ firstGap: null, corrupt: 0, valid: records.last });
    expect(records.last).toBeGreaterThanOrEqual(later?.recordsWritten ?? Number.POSITIVE_INFINITY);
    expect(await lab.sanSessions("vm1")).toMatchObject([{ address: "10.77.30.1" }]);
  });

  test("keeps storage, migration and tenants apart", async () => {
    const ping = ["ping", "-c", "1", "-W", "1"];
    await run([...lab.hostCommand("h1"), ...ping, "10.77.20.2"]);
    await run([...lab.clientCommand(), ...ping, "10.77.10.50"]);
    await expect(run([...lab.clientCommand(), ...ping, "10.77.30.100"])).rejects.toThrow(LabError);
  });

  test("is kept as it is by a second up", async () => {
    const before = await processesOf(first);
    await labUp({ name: first, topology: "two-hosts", root });
    expect(new Set((await processesOf(first)).map(({ pid }) => pid))).toEqual(new Set(before.map(({ pid }) => pid)));
  });

  test("is mended by up: a killed libvirtd, a killed guest, a VLAN taken off a trunk", async () => {
    const written = (await lab.guestStatus("vm1"))?.recordsWritten ?? Number.POSITIVE_INFINITY;
    const [qemu] = await lab.qemuPids("h1", "vm1");
    expect(qemu).toBeTypeOf("number");
    process.kill(qemu ?? Number.NaN, "SIGKILL");
    await lab.killLibvirtd("h2");
    expect(lab.libvirtdPid("h2")).toBeUndefined();
    const database = `--db=${lab.inventory().switches[0]?.ovsdb ?? ""}`;
    await run(["ovs-vsctl", database, "set", "port", "p-h1", "trunks=5,20,30"]);
    expect((await lab.status()).hosts[1]).toMatchObject({ name: "h2", state: "down" });

    await labUp({ name: first, topology: "two-hosts", root });
    expect(lab.libvirtdPid("h2")).toBeTypeOf("number");
    const status = await lab.guestStatus("vm1", { verify: true });
    expect(status?.recordsWritten).toBeGreaterThanOrEqual(written);
    expect(status).toMatchObject({ writeErrors: 0, diskVerifyErrors: 0, memoryErrors: 0 });
    expect(lab.readDiskRecords("vm1")).toMatchObject({ firstGap: null, corrupt: 0 });
  });

  test("has a guest that survives virsh's live migration there and back, with a TCP session open", async () => {
    const session = openEcho(lab);
    expect(await session.say("before")).toBe("before");
    for (const [source, target] of [
      ["h1", "h2"],
      ["h2", "h1"],
    ] as const) {
      const peer = lab.inventory().hosts.find((host) => host.name === target)?.peerUri ?? "";
      const migrate = ["virsh", "-c", "qemu:///system", "migrate", "--live", "--p2p", "vm1", peer];
      await run([...lab.hostCommand(source), ...migrate]);
      expect((await lab.status()).vms).toMatchObject([{ name: "vm1", host: target, state: "running" }]);
      expect(await lab.qemuPids(target, "vm1")).toHaveLength(1);
      expect(await lab.qemuPids(source, "vm1")).toEqual([]);
      expect(await session.say(`now on ${target}`)).toBe(`now on ${target}`);
    }
    await session.close();
    const status = await lab.guestStatus("vm1", { verify: true });
    expect(status).toMatchObject({ writeErrors: 0, diskVerifyErrors: 0, memoryErrors: 0 });
    expect(lab.readDiskRecords("vm1")).toMatchObject({ firstGap: null, corrupt: 0 });
  });

  test("can be cut and joined again", async () => {
    await lab.linkDown("client", "eth0");
    expect(await lab.guestStatus("vm1")).toBeUndefined();
    await lab.linkUp("client", "eth0");
    const answer = await waitFor(() => lab.guestStatus("vm1"), { timeoutMs: 60_000 });
    expect(answer).toMatchObject({ memoryErrors: 0 });
    await expect(lab.linkDown("client", "eth9")).rejects.toMatchObject({
      hint: expect.stringContaining("client eth0"),
    });
  });

  test.each([/h1: starting keeper/, /starting ovs-vswitchd/, /starting libvirtd/])(
    "leaves nothing when a neighbour's up is killed at %s",
    async (moment) => {
      await killUpAt(second, moment);
      await expectNothingAfterDown(second);
      expect(await lab.guestStatus("vm1")).toMatchObject({ memoryErrors: 0 });
    },
  );

  test("lives beside a second lab, which finishes what a killed up began", async () => {
    const before = await processesOf(first);
    await killUpAt(second, /vm1: starting on h1/);
    await labUp({ name: second, topology: "two-hosts", root });
    const neighbour = openLab(second, { root });
    for (const each of [lab, neighbour]) {
      expect(await each.guestStatus("vm1", { verify: true })).toMatchObject({ diskVerifyErrors: 0, memoryErrors: 0 });
      expect((await each.status()).vms).toMatchObject([{ name: "vm1", host: "h1", state: "running" }]);
    }
    await expectNothingAfterDown(second);
    expect(before.filter((identity) => !isListed(identity))).toEqual([]);
    expect(await lab.guestStatus("vm1")).toMatchObject({ memoryErrors: 0 });
  });

  test.each([/starting ovs-vswitchd/, /the lab \S+ is up/])(
    "ends when its signal says so at %s, and down cleans up",
    async (moment) => {
      const stopping = new AbortController();
      const attempt = labUp({
        name: second,
        topology: "two-hosts",
        root,
        signal: stopping.signal,
        log: (line) => {
          if (moment.test(line)) stopping.abort();
        },
      });
      await expect(attempt).rejects.toMatchObject({ code: "lab.cancelled" });
      expect(stopping.signal.aborted).toBe(true);
      await expectNothingAfterDown(second);
    },
  );

  test("is gone after down, and a second down is content", async () => {
    await expectNothingAfterDown(first);
    await labDown({ name: first, root });
    await expect(labStatus(first, { root })).rejects.toMatchObject({ code: "lab.not-found" });
  });
});
