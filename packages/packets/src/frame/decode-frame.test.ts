import { expect, test } from "vitest";
import { PacketError } from "../errors.ts";
import { MAX_LAYERS } from "../limits.ts";
import { encodeIpv4 } from "../internet/ipv4.ts";
import { encodeUdp } from "../internet/udp.ts";
import { encodeEthernet } from "../link/ethernet.ts";
import { hex } from "../wire/hex.ts";
import { decodeFrame, decodePacket, layerOf } from "./decode-frame.ts";
import { frames } from "./samples.ts";

const lastKinds: Readonly<Record<keyof typeof frames, string>> = {
  arp: "arp",
  rarp: "arp",
  lacp: "lacp",
  stp: "stp",
  stpTopologyChange: "stp",
  rstp: "stp",
  mstp: "stp",
  pvst: "stp",
  lldp: "lldp",
  cdp: "cdp",
  cdpSwitch: "cdp",
  vtpSummary: "vtp",
  vtpSubset: "vtp",
  vtpJoin: "vtp",
  vtpRequest: "vtp",
  dtp: "dtp",
  isl: "dtp",
  udld: "udld",
  hsrpHello: "hsrp",
  hsrpMd5: "hsrp",
  hsrpAdvertise: "hsrp",
  hsrpV2: "hsrp",
  vrrpV2: "vrrp",
  vrrpV3: "vrrp",
  vrrpV3Ipv6: "vrrp",
  glbp: "glbp",
  lispRequest: "lisp",
  lispRegister: "lisp",
  lispNotify: "lisp",
  lispReply: "lisp",
  lispAck: "lisp",
  lispReferral: "lisp",
  vxlan: "arp",
  bfd: "bfd",
  ospfV2: "ospf-hello",
  ospfV3: "ospf-hello",
  tcp: "tcp",
  icmp: "icmp",
  icmpV6: "icmp",
  hsrpV2Ipv6: "hsrp",
};

test("every sample is read to its last layer", () => {
  const read = Object.entries(frames).map(([name, bytes]) => {
    const { layers, problem } = decodeFrame(bytes);
    return [name, problem?.message ?? layers.at(-1)?.kind];
  });
  expect(Object.fromEntries(read)).toEqual(lastKinds);
});

test("what is broken inside does not hide what is around it", () => {
  const broken = frames.hsrpHello.slice();
  broken[44] = 3;
  const frame = decodeFrame(broken);
  expect(frame.layers.map(({ kind }) => kind)).toEqual(["ethernet", "ipv4", "udp"]);
  expect(frame.problem).toBeInstanceOf(PacketError);
  expect(frame.problem).toMatchObject({
    code: "packets.malformed",
    protocol: "hsrp",
    field: "state",
    offset: 2,
    message: "hsrp: state at offset 2: 3 is no state of HSRP.",
    hint: expect.stringContaining("tcpdump"),
  });
  expect(layerOf(frame, "ipv4")?.source).toBe("10.0.0.3");
  expect(layerOf(frame, "hsrp")).toBeUndefined();
});

test("what nobody asked for is no problem", () => {
  const igmp = encodeIpv4({ source: "10.0.0.3", target: "224.0.0.1", protocol: 2, ttl: 1 }, hex("1164 0000 00000000"));
  const content = { kind: "ether-type", etherType: 0x0800 } as const;
  const frame = encodeEthernet({ target: "01:00:5e:00:00:01", source: "00:1c:73:00:00:01", content }, igmp);
  expect(decodeFrame(frame)).toMatchObject({ layers: [{ kind: "ethernet" }, { kind: "ipv4" }], problem: undefined });
});

test("tunnels in tunnels end at the limit", () => {
  const carrier = { family: 4, source: "10.0.0.3", target: "10.0.0.4" } as const;
  const ends = { target: "01:00:5e:00:00:01", source: "00:1c:73:00:00:01" };
  let frame: Uint8Array = frames.arp;
  for (let depth = 0; depth < 8; depth++) {
    const vxlan = Uint8Array.from([...hex("08 000000 000064 00"), ...frame]);
    const udp = encodeUdp({ sourcePort: 1, targetPort: 4789, carrier }, vxlan);
    const ip = encodeIpv4({ source: carrier.source, target: carrier.target, protocol: 17, ttl: 9 }, udp);
    frame = encodeEthernet({ ...ends, content: { kind: "ether-type", etherType: 0x0800 } }, ip);
  }
  const { layers, problem } = decodeFrame(frame);
  expect(layers.length).toBe(MAX_LAYERS);
  expect(problem).toMatchObject({ code: "packets.overload", field: "layers" });
});

test("a capture of another kind of link is refused, with what to do", () => {
  const packet = { timestampNs: 0n, linkType: 182, bytes: new Uint8Array(0), originalBytes: 0 };
  expect(decodePacket(packet)).toMatchObject({
    layers: [],
    problem: { code: "packets.unsupported", field: "link type" },
  });
});
