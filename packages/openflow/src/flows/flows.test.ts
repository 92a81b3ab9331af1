import { afterEach, describe, expect, it } from "vitest";
import { startSwitch } from "../channel/scripted-switch.fixture.ts";
import type { ScriptedSwitch } from "../channel/scripted-switch.fixture.ts";
import { MAX_FLOWS_PER_CALL } from "../limits.ts";
import { encodeMessage, messageType } from "../wire/message.ts";
import { connectOpenFlow } from "./connection.ts";
import type { OpenFlowConnection } from "./connection.ts";
import type { Flow } from "./flow.ts";

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const item of open.splice(0)) await item.close();
});

async function connected(
  answers: readonly Buffer[] = [],
): Promise<{ peer: ScriptedSwitch; client: OpenFlowConnection }> {
  const peer = await startSwitch({
    onMessage: ({ type, transactionId }, socket) => {
      if (type === messageType.barrierRequest) socket.send(messageType.barrierReply, transactionId);
      if (type === messageType.multipartRequest)
        for (const body of answers) socket.send(messageType.multipartReply, transactionId, body);
    },
  });
  open.push(peer);
  const client = await connectOpenFlow(peer.address);
  open.unshift(client);
  return { peer, client };
}

const plain: Flow = { cookie: 0x1234n, priority: 100, match: {}, actions: [{ kind: "drop" }] };

/** Message bodies as ovs-ofctl 3.1.0 sent them for the same flows (-O OpenFlow13), recorded between it and a bridge. */
const recorded: readonly (readonly [string, Flow, string])[] = [
  [
    "in_port=1,dl_vlan=10,dl_dst=02:00:00:00:00:01,actions=pop_vlan,output:2",
    {
      ...plain,
      idleTimeoutS: 7,
      hardTimeoutS: 30,
      match: { inPort: 1, vlan: 10, destinationMac: "02:00:00:00:00:01" },
      actions: [{ kind: "pop-vlan" }, { kind: "output", port: 2 }],
    },
    "0000000000001234000000000000000000000007001e0064ffffffffffffffffffffffff000000000001001c80000004000000018000060602000000000180000c02100a000000000004002000000000001200080000000000000010000000020000000000000000",
  ],
  [
    "vlan_tci=0,dl_src=02:00:00:00:00:02,ip,actions=push_vlan:0x8100,set_field:4116->vlan_vid,NORMAL",
    {
      ...plain,
      priority: 101,
      hardTimeoutS: 30,
      match: { vlan: "untagged", sourceMac: "02:00:00:00:00:02", etherType: 0x0800 },
      actions: [{ kind: "push-vlan", vlan: 20 }, { kind: "normal" }],
    },
    "0000000000001234000000000000000000000000001e0065ffffffffffffffffffffffff000000000001001a8000080602000000000280000a02080080000c020000000000000000000400300000000000110008810000000019001080000c02101400000000000000000010fffffffa0000000000000000",
  ],
  [
    "arp,actions=drop",
    { ...plain, priority: 102, match: { etherType: 0x0806 } },
    "000000000000123400000000000000000000000000000066ffffffffffffffffffffffff000000000001000a80000a020806000000000000",
  ],
];

describe("addFlows", () => {
  it.each(recorded)("encodes %s as ovs-ofctl does", async (_what, flow, hex) => {
    const { client, peer } = await connected();
    await client.addFlows([flow]);
    expect(peer.heard[1]?.body.toString("hex")).toBe(hex);
  });

  it("gives the bridge's own port its number on the wire", async () => {
    const { client, peer } = await connected();
    await client.addFlows([{ ...plain, match: { inPort: 65_534 }, actions: [{ kind: "output", port: 65_534 }] }]);
    expect(peer.heard[1]?.body.toString("hex").match(/fffffffe/gu)).toHaveLength(2);
  });

  const wrong: readonly (readonly [string, Partial<Flow>])[] = [
    ["cookie 0", { cookie: 0n }],
    ["the reserved cookie", { cookie: 2n ** 64n - 1n }],
    ["a negative cookie", { cookie: -1n }],
    ["a priority of 17 bits", { priority: 65_536 }],
    ["a timeout of 0, which would mean never", { hardTimeoutS: 0 }],
    ["a timeout of 17 bits", { idleTimeoutS: 65_536 }],
    ["half a second", { hardTimeoutS: 0.5 }],
    ["a reserved port", { match: { inPort: 0xfffa } }],
    ["port -1, which Open vSwitch writes for a failed interface", { actions: [{ kind: "output", port: -1 }] }],
    ["VLAN 4095", { match: { vlan: 4095 } }],
    ["VLAN 0", { actions: [{ kind: "push-vlan", vlan: 0 }] }],
    ["half a MAC", { match: { destinationMac: "02:00:00" } }],
    ["a MAC with something behind it", { match: { sourceMac: "02:00:00:00:00:01/ff" } }],
    ["a length for an ether type", { match: { etherType: 46 } }],
    ["no actions", { actions: [] }],
    ["drop with company", { actions: [{ kind: "drop" }, { kind: "normal" }] }],
    ["too many actions", { actions: Array.from({ length: 33 }, () => ({ kind: "normal" as const })) }],
  ];

  it.each(wrong)("refuses %s, and sends nothing", async (_what, change) => {
    const { client, peer } = await connected();
    const call = client.addFlows([plain, { ...plain, ...change }]);
    await expect(call).rejects.toMatchObject({ code: "openflow.refused", details: { request: 1 } });
    await client.deleteFlows({ cookie: 1n });
    expect(peer.heard.map(({ type }) => type)).toEqual([
      messageType.hello,
      messageType.flowMod,
      messageType.barrierRequest,
    ]);
  });

  it("refuses more flows than one call may have", async () => {
    const { client } = await connected();
    const flows = Array.from({ length: MAX_FLOWS_PER_CALL + 1 }, () => plain);
    await expect(client.addFlows(flows)).rejects.toMatchObject({ code: "openflow.refused" });
    await client.addFlows(flows.slice(1));
  });
});

describe("deleteFlows", () => {
  it("encodes a deletion by cookie as ovs-ofctl does", async () => {
    const { client, peer } = await connected();
    await client.deleteFlows({ cookie: 0x1234n });
    const { body } = peer.heard[1] ?? { body: Buffer.alloc(0) };
    // ovs-ofctl fills in its default priority 0x8000, which counts for strict commands only.
    const theirs = "0000000000001234ffffffffffffffffff03000000008000ffffffffffffffffffffffff000000000001000400000000";
    expect(body.toString("hex")).toBe(theirs.replace("00008000", "00000000"));
  });

  it.each([{ cookie: 0n }, { cookie: 5n, cookieMask: 0n }, { cookie: 0xf0n, cookieMask: 0x0fn }])(
    "refuses %o, which would take the bridge's NORMAL flow away",
    async (filter) => {
      const { client } = await connected();
      await expect(client.deleteFlows(filter)).rejects.toMatchObject({ code: "openflow.refused" });
    },
  );
});

describe("sendFrame", () => {
  it("puts the frame behind one output action", async () => {
    const { client, peer } = await connected();
    const frame = Buffer.from("02000000000102000000000288b5", "hex");
    await client.sendFrame(frame, 3);
    expect(peer.heard[1]).toMatchObject({
      type: messageType.packetOut,
      body: Buffer.from(
        `fffffffffffffffd001000000000000000000010000000030000000000000000${frame.toString("hex")}`,
        "hex",
      ),
    });
    await expect(client.sendFrame(frame.subarray(1), 3)).rejects.toMatchObject({ code: "openflow.refused" });
    await expect(client.sendFrame(frame, 0)).rejects.toMatchObject({ code: "openflow.refused" });
  });
});

describe("dumpFlows", () => {
  const entry = Buffer.from(
    [
      "0048000000000003" /* length, table, seconds */,
      "1dcd650000640007" /* nanoseconds, priority, idle timeout */,
      "001e000000000000" /* hard timeout, flags */,
      "0000000000001234",
      "0000000000000005",
      "00000000000001f4",
      "0001000a80000a02" /* match */,
      "0806000000000000",
      "0004000800000000" /* instruction */,
    ].join(""),
    "hex",
  );
  const part = (flags: number, ...entries: readonly Buffer[]): Buffer =>
    Buffer.concat([Buffer.of(0, 1, 0, flags, 0, 0, 0, 0), ...entries]);

  it("reads all parts of the answer", async () => {
    const { client, peer } = await connected([part(1, entry, entry), part(1), part(0, entry)]);
    const flows = await client.dumpFlows({ cookie: 0x1234n });
    expect(flows).toHaveLength(3);
    expect(flows[2]).toEqual({
      cookie: 0x1234n,
      table: 0,
      priority: 100,
      ageMs: 3500,
      idleTimeoutS: 7,
      hardTimeoutS: 30,
      packets: 5n,
      bytes: 500n,
    });
    expect(peer.heard[1]?.body.toString("hex")).toBe(
      "0001000000000000ff000000ffffffffffffffff000000000000000000001234ffffffffffffffff0001000400000000",
    );
  });

  const claims = (length: number): Buffer => {
    const copy = Buffer.from(entry);
    copy.writeUInt16BE(length, 0);
    return copy;
  };
  it.each([
    ["an entry of no length", part(0, claims(0))],
    ["an entry longer than the message", part(0, claims(73))],
    ["an entry that ends inside the next one", part(0, claims(56))],
    ["an entry that is cut off", part(0, entry, entry.subarray(0, 20))],
    ["another kind of answer", Buffer.from("0003000000000000", "hex")],
    ["no head", Buffer.alloc(3)],
  ])("ends the connection over %s", async (_what, body) => {
    const { client } = await connected([body]);
    await expect(client.dumpFlows()).rejects.toMatchObject({ code: "openflow.protocol" });
    expect(client.isOpen).toBe(false);
  });

  it("ends the connection over an answer without end", async () => {
    const full = part(1, ...Array.from({ length: 900 }, () => entry));
    expect(encodeMessage(messageType.multipartReply, 1, full).length).toBeLessThan(65_536);
    const { client } = await connected(Array.from({ length: 74 }, () => full));
    await expect(client.dumpFlows()).rejects.toMatchObject({ code: "openflow.protocol" });
  });
});
