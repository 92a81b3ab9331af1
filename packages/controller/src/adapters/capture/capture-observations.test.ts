import { describe, expect, it } from "vitest";
import type { Observation } from "@trunkline/fabric";
import {
  decodePacket,
  encodeEthernet,
  encodeGratuitousArp,
  encodeHsrpV1Frame,
  encodeHsrpV2Frame,
  encodeIpv4,
  encodeLldpFrame,
  encodePcap,
  encodeRarpAnnouncement,
  encodeUdp,
  encodeVrrpV3Frame,
  ethernetLinkType,
  readCapture,
  sampleFrames,
  vlanTag,
} from "@trunkline/packets";
import { captureObservations } from "./capture-observations.ts";

const place = { device: "h1", port: "up0", ownMacs: ["02:00:00:00:00:99"] };
const noonMs = Date.UTC(2026, 0, 5, 12);
const seen = { where: { device: "h1", port: "up0" }, atMs: noonMs };
const router = { address: "10.1.120.2", mac: "02:00:00:00:00:02", vlan: 120 };

function observed(...frames: readonly Uint8Array[]): readonly Observation[] {
  const timestampNs = BigInt(noonMs) * 1_000_000n + 999_999n;
  const packets = frames.map((bytes) => ({
    timestampNs,
    linkType: ethernetLinkType,
    bytes,
    originalBytes: bytes.length,
  }));
  return captureObservations(packets, place);
}

const lldp = {
  mac: "02:00:00:00:00:01",
  portName: "Ethernet1",
  timeToLiveS: 120,
  systemName: "leaf1",
  portDescription: "to h1",
  enabledCapabilities: ["bridge", "router"],
  capabilities: ["bridge", "router", "telephone"],
  managementAddresses: [{ address: "192.0.2.1", interfaceNumber: 1 }],
  portVlan: 10,
  vlanNames: [{ vlan: 120, name: "web" }],
  maxFrameBytes: 9216,
} as const;

describe("a captured frame", () => {
  it("of LLDP is a neighbour with what it says of its port", () => {
    expect(observed(encodeLldpFrame(lldp))).toEqual([
      {
        kind: "neighbor",
        protocol: "lldp",
        ...seen,
        names: ["leaf1"],
        ports: ["Ethernet1", "to h1"],
        mac: "02:00:00:00:00:01",
        addresses: ["192.0.2.1"],
        roles: ["bridge", "router"],
        untaggedVlan: 10,
        vlanNames: [{ vlan: 120, name: "web" }],
        maxFrameBytes: 9216,
      },
    ]);
  });

  it("of LLDP with time to live 0 is a farewell, and of the port itself is no news", () => {
    expect(observed(encodeLldpFrame({ ...lldp, timeToLiveS: 0 }))).toEqual([]);
    expect(observed(encodeLldpFrame({ ...lldp, mac: "02:00:00:00:00:99" }))).toEqual([]);
  });

  it("of HSRP 1 is a hello, from the virtual MAC where it is active", () => {
    const hello = {
      message: "hello",
      group: 10,
      priority: 110,
      helloTimeS: 3,
      holdTimeS: 10,
      virtualAddress: "10.1.120.1",
    } as const;
    const common = {
      kind: "gateway-hello",
      protocol: "hsrp",
      ...seen,
      group: 10,
      priority: 110,
      addresses: ["10.1.120.1"],
      source: "10.1.120.2",
      vlan: 120,
      helloMs: 3000,
      holdMs: 10_000,
    };
    expect(observed(encodeHsrpV1Frame(router, { ...hello, state: "active" }))).toEqual([
      { ...common, state: "active", sourceMac: "00:00:0c:07:ac:0a", virtualMac: "00:00:0c:07:ac:0a" },
    ]);
    expect(observed(encodeHsrpV1Frame(router, { ...hello, state: "standby" }))).toEqual([
      { ...common, state: "standby", sourceMac: router.mac },
    ]);
    const states = [
      { ...hello, state: "speak" as const },
      { ...hello, state: "active" as const, message: "coup" as const },
      { ...hello, state: "active" as const, message: "resign" as const },
    ].flatMap((message) => observed(encodeHsrpV1Frame(router, message)));
    expect(states.map((one) => "state" in one && one.state)).toEqual(["other", "other", "resigned"]);
  });

  it("of HSRP with times that are to be learned has the protocol's own", () => {
    const hello = {
      message: "hello",
      state: "active",
      group: 1,
      priority: 100,
      helloTimeS: 0,
      holdTimeS: 0,
      virtualAddress: "0.0.0.0",
    } as const;
    expect(observed(encodeHsrpV1Frame(router, hello))).toMatchObject([
      { helloMs: 3000, holdMs: 10_000, addresses: [] },
    ]);
  });

  it("of HSRP 2 is a hello with milliseconds", () => {
    const group = {
      message: "hello",
      state: "active",
      family: 4,
      group: 1010,
      identifier: router.mac,
      priority: 90,
      helloTimeMs: 250,
      holdTimeMs: 800,
      virtualAddress: "10.1.120.1",
    } as const;
    expect(observed(encodeHsrpV2Frame(router, { group }))).toMatchObject([
      {
        kind: "gateway-hello",
        group: 1010,
        state: "active",
        priority: 90,
        helloMs: 250,
        holdMs: 800,
        virtualMac: "00:00:0c:9f:f3:f2",
      },
    ]);
  });

  it("of VRRP is an active router, or one that gives up", () => {
    const advert = { group: 7, priority: 200, intervalMs: 1000, addresses: ["10.1.120.1"] };
    expect(observed(encodeVrrpV3Frame(router, advert))).toMatchObject([
      {
        kind: "gateway-hello",
        protocol: "vrrp",
        state: "active",
        priority: 200,
        helloMs: 1000,
        holdMs: 3219,
        virtualMac: "00:00:5e:00:01:07",
        vlan: 120,
      },
    ]);
    expect(observed(encodeVrrpV3Frame(router, { ...advert, priority: 0 }))).toMatchObject([{ state: "resigned" }]);
  });

  it("of VRRP with a wrong checksum says nothing", () => {
    const frame = encodeVrrpV3Frame(router, { group: 7, priority: 200, intervalMs: 1000, addresses: ["10.1.120.1"] });
    const group = 14 + 4 + 20 + 1;
    frame.set([8], group);
    expect(observed(frame)).toEqual([]);
  });

  it("of reverse or gratuitous ARP announces a machine, in its VLAN where it is tagged", () => {
    const mac = "52:54:00:12:34:56";
    expect(observed(encodeRarpAnnouncement({ mac, vlan: 120 }), encodeRarpAnnouncement({ mac }))).toEqual([
      { kind: "announcement", form: "reverse-arp", ...seen, mac, vlan: 120 },
      { kind: "announcement", form: "reverse-arp", ...seen, mac },
    ]);
    expect(observed(encodeGratuitousArp({ mac, address: "10.1.120.42", form: "reply" }))).toEqual([
      { kind: "announcement", form: "gratuitous-arp", ...seen, mac, address: "10.1.120.42" },
    ]);
    expect(observed(encodeGratuitousArp({ mac: "00:00:0c:07:ac:0a", address: "10.1.120.1" }))).toEqual([]);
  });

  it("without a tag is of the VLAN that the listener knows", () => {
    const bytes = encodeRarpAnnouncement({ mac: "52:54:00:12:34:56" });
    const packet = { timestampNs: 0n, linkType: ethernetLinkType, bytes, originalBytes: bytes.length };
    expect(captureObservations([packet], { ...place, untaggedVlan: 30 })).toMatchObject([{ vlan: 30 }]);
  });

  it("inside a tunnel is of another place", () => {
    const inner = encodeRarpAnnouncement({ mac: "52:54:00:12:34:56" });
    const vxlan = new Uint8Array([8, 0, 0, 0, 0, 0, 100, 0, ...inner]);
    const carrier = { family: 4, source: "10.0.0.1", target: "10.0.0.2" } as const;
    const datagram = encodeUdp({ sourcePort: 50_000, targetPort: 4789, carrier }, vxlan);
    const packet = encodeIpv4({ source: carrier.source, target: carrier.target, protocol: 17, ttl: 64 }, datagram);
    const frame = encodeEthernet(
      {
        target: "02:00:00:00:00:03",
        source: "02:00:00:00:00:04",
        tags: [vlanTag(20)],
        content: { kind: "ether-type", etherType: 0x0800 },
      },
      packet,
    );
    expect(observed(frame)).toEqual([]);
  });
});

describe("samples of every protocol", () => {
  const kindOf: Readonly<Record<string, Observation["kind"]>> = {
    arp: "announcement",
    lldp: "neighbor",
    cdp: "neighbor",
    vtp: "vtp-domain",
    hsrp: "gateway-hello",
    vrrp: "gateway-hello",
    glbp: "gateway-hello",
    lisp: "mapping",
  };

  it("give the one kind of observation that their protocol stands for, or none", () => {
    const given = Object.entries(sampleFrames).flatMap(([name, bytes]) => {
      const kinds = observed(bytes).map(({ kind }) => kind);
      const { layers } = decodePacket({
        timestampNs: 0n,
        linkType: ethernetLinkType,
        bytes,
        originalBytes: bytes.length,
      });
      const protocol = layers.map((layer) => layer.kind).find((kind) => kind in kindOf) ?? "none of them";
      expect([name, ...kinds]).toEqual(kinds.length === 0 ? [name] : [name, kindOf[protocol]]);
      return kinds.length === 0 ? [] : [protocol];
    });
    expect([...new Set(given)].toSorted()).toEqual(Object.keys(kindOf).toSorted());
  });

  it("survive a file", () => {
    const { packets, problem } = readCapture(
      encodePcap([{ timestampNs: 5_000_000n, bytes: encodeLldpFrame(lldp), originalBytes: 60 }]),
    );
    expect(problem).toBeUndefined();
    expect(captureObservations(packets, place)).toMatchObject([{ kind: "neighbor", atMs: 5 }]);
  });
});
