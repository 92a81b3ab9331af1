/**
 * Gateways on real parts: VRRP by keepalived and HSRP by our own speaker, each with guests that talk across subnets. The
 * frames that the bridges count say which gateway routed, and the frames on the wire who spoke.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFabricDocument } from "@trunkline/fabric";
import { decodeFrame, layerOf, readCapture } from "@trunkline/packets";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { labFabric, labUp, openLab } from "./index.ts";
import type { Lab } from "./index.ts";
import { identify } from "./process/identity.ts";
import { run } from "./process/run.ts";
import { waitFor } from "./process/wait.ts";
import { expectNothingLeft, killUp } from "./traces.fixture.ts";
import { inNamespace } from "./world/namespaces.ts";

const isRoot = process.getuid?.() === 0;
const root = mkdtempSync(join(tmpdir(), "tl-gw-"));
const [vrrp, hsrp] = [`t${process.pid}v`, `t${process.pid}h`];
const PINGS = 50;
const FEW_PINGS = 5;
/** Hellos, ARP and the question to the guest; far below the frames of the pings. */
const NOISE = 25;
const between = "sw1/p-sw2--sw2/p-sw1";
const [web, db] = [110, 120];

/** Pings from web2 to db1, both behind sw2: the frames that crossed to sw1 in each of the two segments. */
async function crossings(lab: Lab): Promise<readonly number[]> {
  const count = async () => {
    const counters = (await lab.vlanCounters()).filter(({ link, device }) => link === between && device === "sw1");
    return [web, db].map((vlanId) => counters.find((counter) => counter.vlanId === vlanId)?.received.packets ?? 0);
  };
  // A router that has just taken over is learned by its first frames; until then some are lost.
  const isSteady = async () => {
    const counted = await lab.sendFromVm("web2", { kind: "ping", to: "10.79.120.51", count: FEW_PINGS });
    return counted?.received === FEW_PINGS ? true : undefined;
  };
  expect(await waitFor(isSteady, { timeoutMs: 30_000 })).toBe(true);
  const before = await count();
  expect(await lab.sendFromVm("web2", { kind: "ping", to: "10.79.120.51", count: PINGS })).toEqual({
    sent: PINGS,
    received: PINGS,
    duplicates: 0,
  });
  return (await count()).map((packets, index) => packets - (before[index] ?? 0));
}

async function untilActive(lab: Lab, devices: readonly string[]): Promise<void> {
  const settled = await waitFor(
    async () => {
      const active = await Promise.all(["web", "db"].map(lab.activeGateways));
      return active.every((members) => members.join() === devices.join()) ? true : undefined;
    },
    { timeoutMs: 30_000 },
  );
  expect(settled, `active: ${devices.join()}`).toBe(true);
}

/** Everything on the cable between the switches in the segment web, while the work is done. */
async function captureWhile(lab: Lab, work: () => Promise<void>): Promise<string> {
  const file = join(root, `frames-of-${lab.name}.pcap`);
  const namespace = lab.plan.nodes.find(({ name }) => name === "sw1")?.namespace ?? "";
  const [program = "", ...argv] = inNamespace(namespace, [
    "tcpdump",
    "-U",
    "--immediate-mode",
    "-i",
    "p-sw2",
    "-w",
    file,
    `vlan ${web}`,
  ]);
  const child = spawn(program, argv, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  // "listening on p-sw2, …"
  await once(child.stderr, "data");
  await work();
  child.kill("SIGINT");
  await ended;
  return file;
}

/** The fields of the frames that match, one line each, as tshark understands them. */
async function witness(file: string, filter: string, ...fields: readonly string[]): Promise<readonly string[]> {
  const shown = fields.flatMap((field) => ["-e", field]);
  const text = await run(["tshark", "-r", file, "-Y", filter, "-T", "fields", "-E", "separator=/s", ...shown]);
  return [...new Set(text.split("\n").filter(Boolean))].toSorted();
}

function framesOf(file: string) {
  const { packets, problem } = readCapture(readFileSync(file));
  expect(problem).toBeUndefined();
  return packets.map(({ bytes }) => decodeFrame(bytes));
}

afterAll(() => rmSync(root, { recursive: true }));

describe.skipIf(!isRoot)("two layer-3 switches with VRRP", () => {
  let lab: Lab;

  beforeAll(async () => {
    await labUp({ name: vrrp, topology: "one-dc-fhrp", root });
    lab = openLab(vrrp, { root });
    await lab.vlanCounters();
  });
  afterAll(() => expectNothingLeft(root, vrrp));

  test("say as a fabric what they are", async () => {
    const file = join(root, vrrp, "fabric.yaml");
    const fabric = parseFabricDocument(readFileSync(file, "utf8"), file);
    expect(fabric).toEqual(labFabric(lab.plan));
    expect(await lab.fabric()).toEqual(fabric);
  });

  test("route between subnets and to the outside, by the active one alone", async () => {
    await untilActive(lab, ["sw1"]);
    for (const frames of await crossings(lab)) expect(frames).toBeGreaterThanOrEqual(PINGS);
    expect(await lab.sendFromClient({ kind: "ping", to: "10.79.110.52", count: 10 })).toEqual({
      sent: 10,
      received: 10,
      duplicates: 0,
    });
    const datagrams = { kind: "udp", to: "10.79.120.51", port: 9, count: 20, bytes: 200 } as const;
    expect(await lab.sendFromVm("web1", datagrams)).toMatchObject({ sent: 20, received: 0 });
    expect(await lab.guestStatus("db1")).toMatchObject({ datagramsDiscarded: 20 });
    await expect(lab.sendFromVm("web1", { ...datagrams, count: 0 })).rejects.toMatchObject({ code: "lab.guest" });
  });

  test("fail over when the active one dies, and back", async () => {
    const file = await captureWhile(lab, async () => {
      await lab.stopGateways("sw1", "crash");
      await untilActive(lab, ["sw2"]);
      const frames = await crossings(lab);
      for (const crossed of frames) expect(crossed).toBeLessThan(NOISE);
      await lab.startGateways("sw1");
      await untilActive(lab, ["sw1"]);
    });
    // Nobody resigned, which would be priority 0.
    expect(await witness(file, "vrrp", "eth.src", "ip.src", "vrrp.virt_rtr_id", "vrrp.prio")).toEqual([
      "00:00:5e:00:01:6e 10.79.110.2 110 110",
      "00:00:5e:00:01:6e 10.79.110.3 110 100",
    ]);
    const hellos = framesOf(file).flatMap((frame) => layerOf(frame, "vrrp") ?? []);
    expect(hellos).not.toEqual([]);
    for (const hello of hellos) {
      expect(hello).toMatchObject({ version: 3, group: web, addresses: ["10.79.110.1"], intervalMs: 1000 });
    }
  });

  test("are both active while their hellos are filtered, and agree again afterwards", async () => {
    await lab.setFilters("sw1", "p-sw2", { drops: ["hello", "virtualMac"] });
    await untilActive(lab, ["sw1", "sw2"]);
    for (const frames of await crossings(lab)) expect(frames).toBeLessThan(NOISE);
    await lab.setFilters("sw2", "p-sw1", undefined);
    await untilActive(lab, ["sw1"]);
    // The MAC table of sw2 follows the next hellos; until then its own router, already standing by, still forwards.
    const isByFirst = async () => ((await crossings(lab)).every((frames) => frames >= PINGS) ? true : undefined);
    expect(await waitFor(isByFirst, { timeoutMs: 30_000 })).toBe(true);
  });

  test("are counted on both ends of a cable alike, and have learned where the virtual MAC is", async () => {
    const cable = (await lab.linkCounters()).find(({ link }) => link === between);
    expect(cable?.a.sent.packets).toBeGreaterThan(2 * PINGS);
    // What is under way while the two ends are read.
    expect(Math.abs((cable?.a.sent.packets ?? 0) - (cable?.b.received.packets ?? 0))).toBeLessThan(NOISE);
    const ports = async (device: string) =>
      (await lab.macTable(device)).filter(({ mac }) => mac === "00:00:5e:00:01:6e").map(({ port }) => port);
    expect(await ports("sw1")).toEqual(["v110"]);
    expect(await ports("sw2")).toEqual(["p-sw1"]);
  });
});

describe.skipIf(!isRoot)("two layer-3 switches with HSRP", () => {
  let lab: Lab;

  beforeAll(async () => {
    // What a killed `up` began is finished by the next one; the speaker that it started is known again.
    const options = { name: hsrp, topology: "one-dc-hsrp", root };
    await killUp(options, /starting hsrp/);
    await labUp(options);
    lab = openLab(hsrp, { root });
    await lab.vlanCounters();
  });
  afterAll(() => expectNothingLeft(root, hsrp));

  test("fail over by a resignation, and back by a coup, in frames that others understand", async () => {
    await untilActive(lab, ["sw1"]);
    for (const frames of await crossings(lab)) expect(frames).toBeGreaterThanOrEqual(PINGS);
    const file = await captureWhile(lab, async () => {
      await lab.stopGateways("sw1", "resign");
      await untilActive(lab, ["sw2"]);
      for (const frames of await crossings(lab)) expect(frames).toBeLessThan(NOISE);
      await lab.startGateways("sw1");
      await untilActive(lab, ["sw1"]);
    });
    const [hello, coup, resign, active] = ["0", "1", "2", "16"];
    const spoken = await witness(file, "hsrp", "ip.src", "hsrp.opcode", "hsrp.state", "eth.src");
    expect(spoken).toContain(`10.79.110.2 ${resign} ${active} 00:00:0c:07:ac:0a`);
    expect(spoken).toContain(`10.79.110.3 ${hello} ${active} 00:00:0c:07:ac:0a`);
    expect(spoken).toContain(`10.79.110.2 ${coup} ${active} 00:00:0c:07:ac:0a`);
    expect(spoken).toContain(`10.79.110.2 ${hello} ${active} 00:00:0c:07:ac:0a`);
    // Who is not active speaks from its own MAC.
    const quiet = spoken.filter((line) => !line.includes(` ${active} `));
    expect(quiet.filter((line) => line.includes("00:00:0c:07:ac:0a"))).toEqual([]);
    const messages = framesOf(file).flatMap((frame) => layerOf(frame, "hsrp") ?? []);
    expect(messages).not.toEqual([]);
    for (const message of messages) {
      expect(message).toMatchObject({ version: 1, group: { group: 10, virtualAddress: "10.79.110.1", helloTimeS: 1 } });
    }
    // The address is claimed by whoever took it over (gratuitous ARP).
    expect(await witness(file, "arp.isgratuitous == 1", "eth.src", "arp.src.proto_ipv4")).toContain(
      "00:00:0c:07:ac:0a 10.79.110.1",
    );
  });

  test("fail over when the active one is killed", async () => {
    const speaker = identify(Number(readFileSync(join(root, hsrp, "sw1/gateway/hsrp.ready"), "utf8")));
    expect(speaker).toBeDefined();
    await lab.stopGateways("sw1", "crash");
    expect(await lab.activeGateways("web")).not.toContain("sw1");
    await untilActive(lab, ["sw2"]);
    for (const frames of await crossings(lab)) expect(frames).toBeLessThan(NOISE);
  });
});
