/** The client against a real ovs-vswitchd, with ovs-ofctl and frames between real network namespaces as witnesses. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectOpenFlow } from "./connection.ts";
import type { OpenFlowConnection } from "./connection.ts";
import type { Flow } from "./flow.ts";
import { startLabSwitch, until } from "./lab-switch.fixture.ts";
import type { LabSwitch } from "./lab-switch.fixture.ts";

const enter = "ip";
const isRoot = process.getuid?.() === 0;
const cookie = 0x746c_0000_0000_0001n;
const macA = "02:00:00:00:0a:01";
const macB = "02:00:00:00:0b:01";

describe.skipIf(!isRoot)("a real Open vSwitch (needs root)", () => {
  const open: (() => Promise<void>)[] = [];
  let lab: LabSwitch;
  let client: OpenFlowConnection;
  let hostA: string;
  let hostB: string;
  let trunk: number;
  let portB: number;

  /** From A's VLAN 10, tagged on the trunk, to B without a tag and back. */
  const bridgeVlans = (): readonly Flow[] => [
    {
      cookie,
      priority: 2000,
      hardTimeoutS: 120,
      match: { vlan: 10, destinationMac: macB },
      actions: [{ kind: "pop-vlan" }, { kind: "output", port: portB }],
    },
    {
      cookie,
      priority: 2000,
      hardTimeoutS: 120,
      match: { inPort: portB, vlan: "untagged", destinationMac: macA },
      actions: [
        { kind: "push-vlan", vlan: 10 },
        { kind: "output", port: trunk },
      ],
    },
  ];
  const ours = async (): Promise<readonly string[]> =>
    (await lab.flows()).filter((line) => line.includes("cookie=0x746c"));
  const reachesB = async (): Promise<boolean> =>
    lab.inside(["ping", "-n", "-c", "3", "-i", "0.2", "-W", "2", "192.0.2.2"], hostA).then(
      () => true,
      () => false,
    );

  beforeAll(async () => {
    lab = await startLabSwitch();
    open.push(async () => lab.remove());
    // B lives in VLAN 20 of br0, A in VLAN 10 of br1 behind a trunk: NORMAL forwarding keeps them apart.
    hostB = await lab.addHost("hostb", "br0", "tag=20");
    await lab.vsctl("add-br", "br1", "--", "set", "bridge", "br1", "datapath_type=netdev");
    hostA = await lab.addHost("hosta", "br1", "tag=10");
    for (const [bridge, end, peer] of [
      ["br0", "trunk0", "trunk1"],
      ["br1", "trunk1", "trunk0"],
    ] as const) {
      const patch = ["type=patch", `options:peer=${peer}`];
      await lab.vsctl("add-port", bridge, end, "trunks=10", "--", "set", "interface", end, ...patch);
    }
    const commands: readonly (readonly [string, string])[] = [
      [hostA, `ip link set eth0 address ${macA}`],
      [hostA, "ip address add 192.0.2.1/24 dev eth0"],
      [hostA, `ip neighbour add 192.0.2.2 lladdr ${macB} dev eth0`],
      [hostB, `ip link set eth0 address ${macB}`],
      [hostB, "ip address add 192.0.2.2/24 dev eth0"],
      [hostB, `ip neighbour add 192.0.2.1 lladdr ${macA} dev eth0`],
    ];
    for (const [namespace, command] of commands) await lab.inside(command.split(" "), namespace);
    trunk = Number(await lab.vsctl("get", "interface", "trunk0", "ofport"));
    portB = Number(await lab.vsctl("get", "interface", "hostb", "ofport"));
    client = await connectOpenFlow(lab.address);
    open.push(async () => client.close());
  });

  afterAll(async () => {
    for (const close of open.toReversed()) await close();
  });

  it("leads frames for a MAC to another port without their tag, and stops when the flows are deleted", async () => {
    expect(await reachesB()).toBe(false);
    await client.addFlows(bridgeVlans());
    expect(await ours()).toEqual([
      expect.stringMatching(`dl_vlan=10,dl_dst=${macB} actions=pop_vlan,output:${portB}$`),
      expect.stringMatching(
        `in_port="?\\w+"?,vlan_tci=0x0000/0x1fff,dl_dst=${macA} actions=push_vlan:0x8100,set_field:4106->vlan_vid,output:${trunk}$`,
      ),
    ]);
    expect(await reachesB()).toBe(true);
    await until(
      async () => (await ours()).every((line) => Number(/n_packets=(\d+)/u.exec(line)?.[1]) >= 3),
      "ovs-ofctl counts the frames of both flows",
    );
    const counted = await client.dumpFlows({ cookie });
    expect(counted).toHaveLength(2);
    expect(counted.every((flow) => flow.packets >= 3n && flow.hardTimeoutS === 120)).toBe(true);

    await client.deleteFlows({ cookie });
    expect(await ours()).toEqual([]);
    expect(await client.dumpFlows({ cookie })).toEqual([]);
    expect(await reachesB()).toBe(false);
  });

  it("leaves the bridge's own flow and those of others alone", async () => {
    await client.addFlows([
      { cookie: 5n, priority: 1, match: { etherType: 0x88b6 }, actions: [{ kind: "drop" }] },
      { cookie, priority: 1, match: { etherType: 0x88b7 }, actions: [{ kind: "normal" }] },
    ]);
    await client.deleteFlows({ cookie, cookieMask: 0xffff_0000_0000_0000n });
    expect(await lab.flows()).toEqual([
      expect.stringMatching("cookie=0x5,.*actions=drop"),
      expect.stringMatching("cookie=0x0,.*priority=0 actions=NORMAL"),
    ]);
    await client.deleteFlows({ cookie: 5n });
  });

  it("lets flows with a hard timeout go by themselves, also when the connection has ended", async () => {
    const brief = await connectOpenFlow(lab.address);
    const [flow] = bridgeVlans();
    if (flow === undefined) throw new Error("no flow");
    await brief.addFlows([{ ...flow, hardTimeoutS: 2 }]);
    await brief.close();
    expect(await ours()).toEqual([expect.stringContaining("hard_timeout=2")]);
    await until(async () => (await ours()).length === 0, "the flow is gone");
  });

  it("starts the hard timeout anew when a flow is added again", async () => {
    const [flow] = bridgeVlans();
    if (flow === undefined) throw new Error("no flow");
    const ageMs = async (): Promise<number> => (await client.dumpFlows({ cookie }))[0]?.ageMs ?? 0;
    await client.addFlows([flow]);
    await until(async () => (await ageMs()) > 300, "the flow has some age");
    const before = await ageMs();
    await client.addFlows([flow]);
    expect(await ageMs()).toBeLessThan(before);
    expect(await ours()).toHaveLength(1);
    await client.deleteFlows({ cookie });
  });

  it("tells which flow the switch refuses and why; the others are in force", async () => {
    const [flow] = bridgeVlans();
    if (flow === undefined) throw new Error("no flow");
    const popsNothing: Flow = { ...flow, match: { destinationMac: macB } };
    await expect(client.addFlows([flow, popsNothing])).rejects.toMatchObject({
      code: "openflow.remote",
      message: expect.stringContaining("flow 2 of 2: BAD_ACTION MATCH_INCONSISTENT"),
      details: { type: 2, code: 10, request: 1 },
    });
    expect(await ours()).toHaveLength(1);
    await client.deleteFlows({ cookie });
  });

  it("takes thousands of flows in one call and lists them", async () => {
    const flows = Array.from({ length: 4000 }, (_, index): Flow => {
      const mac = `02:00:00:01:${[index >> 8, index & 0xff].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
      return { cookie, priority: 10, hardTimeoutS: 120, match: { destinationMac: mac }, actions: [{ kind: "drop" }] };
    });
    await client.addFlows(flows);
    expect(await client.dumpFlows({ cookie })).toHaveLength(4000);
    await client.deleteFlows({ cookie });
    expect(await client.dumpFlows()).toMatchObject([{ cookie: 0n, priority: 0 }]);
  });

  it("sends a frame out of a port", async () => {
    const frame = Buffer.concat([Buffer.from("02000000000202000000000388b5", "hex"), Buffer.alloc(46)]);
    const filter = ["-c", "1", "-i", "eth0", "-e", "-n", "ether", "proto", "0x88b5"];
    const sniffer = spawn(enter, ["netns", "exec", hostB, "timeout", "20", "tcpdump", "-p", "-l", ...filter]);
    const exited = once(sniffer, "exit");
    let [said, seen] = ["", ""];
    sniffer.stdout.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    sniffer.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await until(async () => Promise.resolve(said.includes("listening on")), "tcpdump listens");
    await client.sendFrame(frame, portB);
    expect((await exited)[0]).toBe(0);
    expect(seen).toContain("02:00:00:00:00:03 > 02:00:00:00:00:02");
  });

  it("is reached at a passive TCP listener, which makes no controller of us", async () => {
    await lab.vsctl("set-controller", "br0", "ptcp:6653:127.0.0.1");
    // The listener is on the loopback of the switch's namespace, so the client goes there.
    const module = path.join(import.meta.dirname, "connection.ts");
    const script = `
      const { connectOpenFlow } = await import(${JSON.stringify(module)});
      const client = await connectOpenFlow("tcp:127.0.0.1");
      await client.addFlows([{ cookie: 9n, priority: 9, match: {}, actions: [{ kind: "normal" }] }]);
      console.log((await client.dumpFlows()).length);
      await client.close();`;
    const node = [process.execPath, "--conditions=source", "--import", "tsx", "--input-type=module", "-e", script];
    expect(await lab.inside(node)).toBe("2\n");
    expect(await lab.flows()).toHaveLength(2);
    await lab.vsctl("del-controller", "br0");
    await client.deleteFlows({ cookie: 9n });
  });

  it("says what to do when the bridge does not speak 1.3", async () => {
    await lab.vsctl("set", "bridge", "br0", "protocols=OpenFlow10");
    await expect(connectOpenFlow(lab.address)).rejects.toMatchObject({
      code: "openflow.protocol",
      hint: expect.stringContaining("ovs-vsctl add bridge BRIDGE protocols OpenFlow13"),
    });
    await lab.vsctl("add", "bridge", "br0", "protocols", "OpenFlow13");
    await (await connectOpenFlow(lab.address)).close();
  });

  it("learns that its bridge is gone", async () => {
    const last = await connectOpenFlow(lab.address);
    await lab.vsctl("del-br", "br0");
    expect((await last.closed).code).toMatch(/^openflow\.(?:closed|transport)$/u);
    expect(last.isOpen).toBe(false);
  });
});
