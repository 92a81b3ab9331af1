/** What real captures are known to hold beyond the text of tcpdump: addresses, checksums, times. See captures.fixture.ts. */
import { describe, expect, test } from "vitest";
import { readCapture } from "../capture/capture-reader.ts";
import type { CapturedPacket } from "../capture/captured-packet.ts";
import { captureBytes, capturesReason, lacksCaptures } from "../capture/captures.fixture.ts";
import { virtualMacOf } from "../redundancy/virtual-mac.ts";
import { decodePacket, layerOf } from "./decode-frame.ts";
import type { Layer, LayerKind } from "./layer.ts";

function packetsOf(file: string): readonly CapturedPacket[] {
  return readCapture(captureBytes(file)).packets;
}

function layersOf<K extends LayerKind>(file: string, kind: K): readonly Extract<Layer, { kind: K }>[] {
  return packetsOf(file).flatMap((packet) => layerOf(decodePacket(packet), kind) ?? []);
}

function countsOf(values: readonly (string | number | undefined)[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  return Object.fromEntries(counts);
}

describe.skipIf(lacksCaptures())(`facts of captures, ${capturesReason}`, () => {
  test("all checksums of VRRP are right, those of version 3 with a pseudo-header alone", () => {
    const verdicts = layersOf("tcpdump/vrrp.pcap", "vrrp").map(
      ({ version, family, checksum }) => `version ${version} IPv${family} ${checksum}`,
    );
    expect(countsOf(verdicts)).toEqual({
      "version 2 IPv4 valid": 68,
      "version 3 IPv4 valid": 33,
      "version 3 IPv6 valid": 64,
    });
  });

  test("all checksums of CDP and UDLD are right", () => {
    const cdp = ["3560_CDP", "LLDP_and_CDP"].flatMap((file) => layersOf(`tcpdump/${file}.pcap`, "cdp"));
    expect(countsOf(cdp.map(({ isChecksumValid }) => String(isChecksumValid)))).toEqual({ true: 7 });
    const udld = layersOf("tcpdump/UDLD.pcap", "udld");
    expect(countsOf(udld.map(({ isChecksumValid }) => String(isChecksumValid)))).toEqual({ true: 29 });
  });

  test.each(["coup", "election", "failover"])(
    "HSRP, %s: active routers alone send hellos from the virtual MAC",
    (name) => {
      const senders = packetsOf(`tcpdump/HSRP_${name}.pcap`).flatMap((packet) => {
        const frame = decodePacket(packet);
        const hsrp = layerOf(frame, "hsrp");
        const source = layerOf(frame, "ethernet")?.source ?? "";
        if (hsrp?.version !== 1 || hsrp.group === undefined || hsrp.message !== "hello") return [];
        return [
          { isActive: hsrp.group.state === "active", isVirtual: virtualMacOf(source)?.group === hsrp.group.group },
        ];
      });
      expect(senders.length).toBeGreaterThan(20);
      expect(senders.filter(({ isActive, isVirtual }) => isActive !== isVirtual)).toEqual([]);
    },
  );

  test("HSRP: interfaces tell their state, which tcpdump takes for a group", () => {
    const states = layersOf("tcpdump/HSRP_failover.pcap", "hsrp").map((hsrp) =>
      hsrp.version === 1 && hsrp.message === "advertise" ? hsrp.interfaceState?.state : "a group",
    );
    expect(countsOf(states)["a group"]).toBe(34);
    expect(Object.keys(countsOf(states)).toSorted()).toEqual(["a group", "active", "passive"]);
  });

  test("two tags, of the provider and of the customer", () => {
    const tags = layersOf("tcpdump/802.1ad_QinQ.pcap", "ethernet").map((ethernet) =>
      ethernet.tags.map(({ protocolId, vlan }) => `${protocolId.toString(16)} ${vlan}`).join(", "),
    );
    expect(countsOf(tags)).toEqual({ "88a8 200, 8100 2001": 2 });
  });

  test("trees per VLAN on a trunk with native VLAN 5: VLAN 5 untagged, VLAN 1 tagged and untagged", () => {
    const trees = packetsOf("tcpdump/rpvstp-trunk-native-vid5.pcap").flatMap((packet) => {
      const frame = decodePacket(packet);
      const stp = layerOf(frame, "stp");
      if (stp?.message !== "configuration") return [];
      const tag = layerOf(frame, "ethernet")?.tags[0]?.vlan ?? "none";
      return [`VLAN ${stp.originatingVlan ?? "of no tree"}, root ${stp.root.systemExtension}, tag ${tag}`];
    });
    expect(countsOf(trees)).toEqual({
      "VLAN 1, root 1, tag 1": 6,
      "VLAN 5, root 5, tag none": 6,
      "VLAN of no tree, root 1, tag none": 6,
    });
  });

  test("LISP: in two of four notifications the flag for the trailer lies", () => {
    const notes = layersOf("tcpdump/lisp_eid_notify.pcap", "lisp").map((lisp) =>
      lisp.message === "map-notify" ? lisp.notes.join() : "another message",
    );
    expect(notes.map((note) => note !== "")).toEqual([false, false, true, true]);
    const registers = layersOf("tcpdump/lisp_eid_register.pcap", "lisp");
    expect(registers.map((lisp) => lisp.message === "map-register" && lisp.notes.length === 0)).toEqual([true, true]);
  });

  test("QEMU announces a machine five times, at 0, 50, 200, 450 and 800 ms, in its VLAN", () => {
    const packets = packetsOf("synthetic/qemu_rarp_vlan120_5rounds.pcap");
    const start = packets[0]?.timestampNs ?? 0n;
    expect(packets.map(({ timestampNs }) => Number(timestampNs - start) / 1e6)).toEqual([0, 50, 200, 450, 800]);
    const frames = packets.map((packet) => decodePacket(packet));
    expect(countsOf(frames.map((frame) => layerOf(frame, "ethernet")?.tags[0]?.vlan))).toEqual({ 120: 5 });
    expect(countsOf(frames.map((frame) => layerOf(frame, "arp")?.senderMac))).toEqual({ "52:54:00:12:34:56": 5 });
  });

  test("LLDP: members of a port, as a switch names them", () => {
    const [lldp] = layersOf("synthetic/lldp_8021_vlan_names.pcap", "lldp");
    expect(lldp?.dot1).toMatchObject({ portVlan: 10, protocolVlans: [{ vlan: 20 }] });
    expect(lldp?.dot1.vlanNames.map(({ vlan }) => vlan)).toEqual([1, 10, 20, 120]);
    expect(lldp?.dot3.maxFrameBytes).toBe(9216);
    const [odd] = layersOf("tcpdump/lldp-infinite-loop-1.pcap", "lldp");
    expect(odd?.dot1).toMatchObject({ portVlan: 0, vlanNames: [{ vlan: 1, name: "default" }] });
  });

  test("VXLAN: network 100, a machine's echo inside", () => {
    expect(countsOf(layersOf("tcpdump/vxlan.pcap", "vxlan").map(({ networkId }) => networkId))).toEqual({ 100: 10 });
    const echoes = layersOf("tcpdump/vxlan.pcap", "icmp").map(({ echo }) => echo?.identifier);
    expect(countsOf(echoes)).toEqual({ 1292: 8 });
  });
});
