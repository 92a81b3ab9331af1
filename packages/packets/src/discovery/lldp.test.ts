import fc from "fast-check";
import { expect, test } from "vitest";
import { PacketError } from "../errors.ts";
import { decodeFrame, layerOf } from "../frame/decode-frame.ts";
import { bodies } from "../frame/samples.ts";
import { hex } from "../wire/hex.ts";
import { encodeLldpFrame } from "./lldp-encode.ts";
import type { LldpCapability } from "./lldp-capability.ts";
import type { LldpSettings } from "./lldp-encode.ts";
import { decodeLldp } from "./lldp.ts";

test("every TLV that is read; one that is not; one that is broken and spoils no other", () => {
  const lldp = decodeLldp(bodies.lldp);
  if (lldp instanceof PacketError) throw lldp;
  expect({ ...lldp, discarded: lldp.discarded.map(({ code, field, offset }) => ({ code, field, offset })) }).toEqual({
    kind: "lldp",
    chassis: { form: "mac", text: "00:1c:73:00:00:01" },
    port: { form: "mac", text: "00:1c:73:00:00:07" },
    timeToLiveS: 120,
    portDescription: "to esx",
    systemName: "leaf3",
    systemDescription: "EOS",
    capabilities: ["bridge", "router"],
    enabledCapabilities: ["bridge"],
    managementAddresses: [
      { address: "10.0.0.7", interfaceNumbering: 2, interfaceNumber: 7 },
      { address: "2001:db8::7", interfaceNumbering: 1, interfaceNumber: 0 },
    ],
    dot1: {
      portVlan: 10,
      protocolVlans: [{ vlan: 20, isSupported: true, isEnabled: true }],
      vlanNames: [
        { vlan: 1, name: "mgmt" },
        { vlan: 120, name: "web" },
      ],
      protocolIdentities: ["0180"],
      vlanDigest: 0xdeadbeef,
      managementVlan: 99,
      aggregation: { isCapable: true, isAggregated: true, portId: 1001 },
    },
    dot3: {
      physical: { isAutonegotiationSupported: true, isAutonegotiationEnabled: true, advertised: 0xc036, mauType: 30 },
      power: {
        isSourcingEquipment: true,
        isSupported: true,
        isEnabled: true,
        pair: 1,
        powerClass: 5,
        requestedMilliwatts: 25_500,
        allocatedMilliwatts: 25_000,
      },
      maxFrameBytes: 9216,
    },
    foreign: [{ organization: 0x0012bb, subtype: 1, hex: "0f" }],
    discarded: [{ code: "packets.truncated", field: "VLAN name", offset: 139 }],
    hasEnd: true,
  });
});

test("without VLAN TLVs nothing is claimed about VLANs", () => {
  const lldp = decodeLldp(hex("0207 04 001c73000001 0403 05 6531 0602 0078 0000"));
  expect(lldp).toMatchObject({
    port: { form: "interface-name", text: "e1" },
    dot1: { vlanNames: [], protocolVlans: [] },
  });
  expect(lldp).not.toHaveProperty("dot1.portVlan");
});

test("identities of other forms", () => {
  expect(decodeLldp(hex("0206 05 01 0a000001 0405 07 67653031 0602 0000"))).toMatchObject({
    chassis: { form: "network-address", text: "10.0.0.1" },
    port: { form: "local", text: "ge01" },
    timeToLiveS: 0,
    hasEnd: false,
  });
});

test.each([
  ["a TLV that leads out of the frame", "0207 04 001c", "TLV value", 2],
  ["half a header", "0207 04 001c73000001 04", "TLV header", 9],
])("%s", (_, text, field, offset) => {
  expect(decodeLldp(hex(text))).toMatchObject({ code: "packets.truncated", field, offset });
});

const name = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 32 });
const vlan = fc.integer({ min: 1, max: 4094 });
const settings: fc.Arbitrary<LldpSettings> = fc.record(
  {
    mac: fc.constant("00:1c:73:00:00:01"),
    portName: name,
    timeToLiveS: fc.nat(0xffff),
    systemName: name,
    portDescription: name,
    systemDescription: name,
    portVlan: vlan,
    protocolVlans: fc.array(fc.record({ vlan, isSupported: fc.boolean(), isEnabled: fc.boolean() }), { maxLength: 3 }),
    vlanNames: fc.array(fc.record({ vlan, name }), { maxLength: 30 }),
    aggregation: fc.record({ isCapable: fc.boolean(), isAggregated: fc.boolean(), portId: fc.nat() }),
    capabilities: fc.subarray<LldpCapability>(["repeater", "bridge", "router", "station", "two-port-relay"]),
    enabledCapabilities: fc.subarray<LldpCapability>(["other", "bridge"]),
    managementAddresses: fc.array(
      fc.record({ address: fc.constantFrom("10.0.0.7", "2001:db8::7"), interfaceNumber: fc.nat() }),
      { maxLength: 3 },
    ),
    physical: fc.record({
      isAutonegotiationSupported: fc.boolean(),
      isAutonegotiationEnabled: fc.boolean(),
      advertised: fc.nat(0xffff),
      mauType: fc.nat(0xffff),
    }),
    maxFrameBytes: fc.nat(0xffff),
  },
  { requiredKeys: ["mac", "portName", "timeToLiveS"] },
);

test("what is encoded is decoded again", () => {
  fc.assert(
    fc.property(settings, (sent) => {
      const lldp = layerOf(decodeFrame(encodeLldpFrame(sent)), "lldp");
      expect(lldp).toMatchObject({
        port: { form: "interface-name", text: sent.portName },
        timeToLiveS: sent.timeToLiveS,
        discarded: [],
        hasEnd: true,
        dot1: { vlanNames: sent.vlanNames ?? [], protocolVlans: sent.protocolVlans ?? [] },
      });
      expect(lldp?.systemName).toBe(sent.systemName);
      expect(lldp?.portDescription).toBe(sent.portDescription);
      expect(lldp?.systemDescription).toBe(sent.systemDescription);
      expect(lldp?.dot1.portVlan).toBe(sent.portVlan);
      expect(lldp?.dot1.aggregation).toEqual(sent.aggregation);
      expect(lldp?.dot3.maxFrameBytes).toBe(sent.maxFrameBytes);
      expect(lldp?.dot3.physical).toEqual(sent.physical);
      expect(lldp?.capabilities).toEqual(sent.capabilities ?? []);
      expect(lldp?.enabledCapabilities).toEqual(sent.enabledCapabilities ?? []);
      expect(lldp?.managementAddresses).toEqual(
        (sent.managementAddresses ?? []).map((managed) => ({ ...managed, interfaceNumbering: 2 })),
      );
    }),
  );
});

test("a VLAN name that no TLV can hold is refused", () => {
  const vlanNames = [{ vlan: 10, name: "x".repeat(33) }];
  const act = (): unknown => encodeLldpFrame({ mac: "00:1c:73:00:00:01", portName: "e1", timeToLiveS: 120, vlanNames });
  expect(act).toThrow("VLAN name length");
});
