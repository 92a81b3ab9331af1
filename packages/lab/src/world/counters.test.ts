import { expect, test } from "vitest";
import { parseMacTable, parsePortCounters } from "./counters.ts";
import { parseFlows } from "./vlan-counters.ts";

test("a bridge's MAC table: ports by name, the local one, and an entry that does not age", () => {
  const text = ` port  VLAN  MAC                Age
    2    10  02:00:00:00:00:10  static
    1    20  fe:fd:fd:ea:c8:36    0
LOCAL     0  3c:00:00:00:00:01  299
`;
  const names = new Map([
    ["1", "p-h1"],
    ["2", "v10"],
  ]);
  expect(parseMacTable(text, names)).toEqual([
    { mac: "02:00:00:00:00:10", vlanId: 10, port: "v10", ageS: undefined },
    { mac: "fe:fd:fd:ea:c8:36", vlanId: 20, port: "p-h1", ageS: 0 },
    { mac: "3c:00:00:00:00:01", vlanId: 0, port: "LOCAL", ageS: 299 },
  ]);
});

test("the counters of a tunnel's port, which counts no errors", () => {
  const text = `OFPST_PORT reply (OF1.4) (xid=0x4): 1 ports
  port  dci: rx pkts=44, bytes=6476, drop=?, errs=?, frame=?, over=?, crc=?
           tx pkts=91, bytes=15104, drop=?, errs=?, coll=?
           duration=21.181s
`;
  expect(parsePortCounters(text)).toEqual({
    received: { packets: 44, bytes: 6476 },
    sent: { packets: 91, bytes: 15_104 },
  });
  expect(parsePortCounters("ovs-ofctl: br0: couldn't find port `dci'")).toBeUndefined();
});

test("the rules that count, tagged and untagged", () => {
  const text = `OFPST_FLOW reply (OF1.4) (xid=0x4):
 cookie=0x746c766c616e, duration=3.1s, table=0, n_packets=107, n_bytes=11770, priority=10,in_port="p-sw2",dl_vlan=110 actions=NORMAL
 cookie=0x746c766c616e, duration=3.1s, table=0, n_packets=0, n_bytes=0, priority=10,in_port=dci,dl_vlan=5 actions=NORMAL
 cookie=0x746c766c616e, duration=3.1s, table=0, n_packets=7, n_bytes=700, priority=10,in_port="p-web" actions=NORMAL
`;
  expect([...parseFlows(text)]).toEqual([
    ["in_port=p-sw2,dl_vlan=110", { packets: 107, bytes: 11_770 }],
    ["in_port=dci,dl_vlan=5", { packets: 0, bytes: 0 }],
    ["in_port=p-web", { packets: 7, bytes: 700 }],
  ]);
});
