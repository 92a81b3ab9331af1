import { expect, test } from "vitest";
import { bodies } from "../frame/samples.ts";
import { hex } from "../wire/hex.ts";
import { decodeBpdu } from "./bpdu.ts";

const bridges = {
  root: { priority: 0x8000, systemExtension: 1, mac: "00:1c:73:00:00:01" },
  bridge: { priority: 0x8000, systemExtension: 1, mac: "00:1c:73:00:00:02" },
};

test("a configuration message of the plain spanning tree, which has no roles", () => {
  expect(decodeBpdu(bodies.stpConfiguration)).toEqual({
    kind: "stp",
    message: "configuration",
    version: "stp",
    ...bridges,
    rootPathCost: 4,
    port: 0x8007,
    isTopologyChange: true,
    isTopologyChangeAck: true,
    role: "unknown",
    isProposal: false,
    isLearning: false,
    isForwarding: false,
    isAgreement: false,
    multiple: undefined,
    originatingVlan: undefined,
    messageAgeS: 1,
    maxAgeS: 20,
    helloTimeS: 2,
    forwardDelayS: 15,
  });
});

test("a notification of a topology change", () => {
  expect(decodeBpdu(bodies.stpTopologyChange)).toEqual({ kind: "stp", message: "topology-change" });
});

test("roles and flags of the rapid spanning tree", () => {
  expect(decodeBpdu(bodies.rstp)).toMatchObject({
    version: "rstp",
    root: { priority: 4096, systemExtension: 1 },
    role: "designated",
    isProposal: true,
    isLearning: true,
    isForwarding: true,
    isAgreement: false,
    isTopologyChange: false,
  });
});

test("a rapid message of a version before the rapid one is rapid all the same; one of a later version is read as the latest", () => {
  expect(decodeBpdu(bodies.rstp.with(2, 1))).toMatchObject({ version: "rstp", role: "designated" });
  expect(decodeBpdu(bodies.mstp.with(2, 9))).toMatchObject({ version: "mstp", multiple: { region: "dc1" } });
});

test("the VLAN of a tree per VLAN is that of the TLV, in rapid and in plain messages", () => {
  expect(decodeBpdu(bodies.pvst, { isPerVlan: true })).toMatchObject({
    root: { priority: 4096, systemExtension: 120 },
    originatingVlan: 120,
  });
  const plain = hex(
    "0000 00 00 00 80780001 00000001 00000004 80780001 00000002 8007 0000 1400 0200 0f00 00 0000 0002 0078",
  );
  expect(decodeBpdu(plain, { isPerVlan: true })).toMatchObject({ version: "stp", originatingVlan: 120 });
  expect(decodeBpdu(bodies.rstp, { isPerVlan: true })).toMatchObject({ originatingVlan: undefined });
});

test("a region and its instances", () => {
  expect(decodeBpdu(bodies.mstp)).toMatchObject({
    version: "mstp",
    isAgreement: true,
    multiple: {
      region: "dc1",
      revision: 2,
      digest: "000102030405060708090a0b0c0d0e0f",
      internalRootPathCost: 2000,
      bridge: { priority: 32_768, systemExtension: 0, mac: "00:1c:73:00:00:03" },
      remainingHops: 19,
      instances: [
        {
          regionalRoot: { priority: 4096, systemExtension: 1, mac: "00:1c:73:00:00:01" },
          internalRootPathCost: 1000,
          bridgePriority: 32_768,
          portPriority: 112,
          remainingHops: 18,
          role: "designated",
          isLearning: true,
          isForwarding: true,
          isMaster: false,
        },
      ],
    },
  });
});

test.each([
  ["another protocol", "0001 00 00", "packets.unsupported", "protocol", 0],
  ["a type that nobody knows", "0000 00 07", "packets.malformed", "type", 3],
  ["a root cut off", "0000 02 02 3e 1001 001c", "packets.truncated", "root address", 7],
])("%s", (_, text, code, field, offset) => {
  expect(decodeBpdu(hex(text))).toMatchObject({ code, field, offset });
});

test("a region whose length does not fit its instances", () => {
  const wrong = Uint8Array.from(bodies.mstp);
  wrong[37] = 0x51;
  expect(decodeBpdu(wrong)).toMatchObject({ code: "packets.malformed", field: "version 3 length", offset: 36 });
  wrong[37] = 0x60;
  expect(decodeBpdu(wrong)).toMatchObject({ code: "packets.truncated", field: "version 3 part", offset: 38 });
});
