/**
 * Files on disk, and real captures where they are: beside the repository in ../shared/data/pcaps, or in the folder that
 * TRUNKLINE_CAPTURES names. Those are not part of the repository for their licences; without them their tests are skipped.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { diffFabric, emptyFabric, fabricOf } from "@trunkline/fabric";
import type { Observation } from "@trunkline/fabric";
import { encodeLldpFrame, encodePcap, encodeRarpAnnouncement } from "@trunkline/packets";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCaptureFile } from "./capture-file.ts";

const place = { device: "h1", port: "up0" };
const frames = [
  encodeLldpFrame({ mac: "02:00:00:00:00:01", portName: "Eth1", timeToLiveS: 120, systemName: "leaf1" }),
  encodeRarpAnnouncement({ mac: "52:54:00:12:34:56", vlan: 120 }),
];
const capture = encodePcap(frames.map((bytes) => ({ timestampNs: 1_000_000n, bytes, originalBytes: bytes.length })));

describe("a capture file", () => {
  let folder = "";
  const file = (name: string, bytes: Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "trunkline-capture-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("is read to its end", async () => {
    const reading = await readCaptureFile(file("whole.pcap", capture), place);
    expect(reading).toMatchObject({ packets: 2, ended: "end" });
    expect(reading.problem).toBeUndefined();
    expect(reading.observations.map(({ kind }) => kind)).toEqual(["neighbor", "announcement"]);
  });

  it("that is cut off gives what came before, and says so", async () => {
    const reading = await readCaptureFile(file("cut.pcap", capture.subarray(0, capture.length - 9)), place);
    expect(reading.observations.map(({ kind }) => kind)).toEqual(["neighbor"]);
    expect(reading.problem).toContain("unfinished packet");
  });

  it("that is none gives a problem", async () => {
    const reading = await readCaptureFile(file("text.pcap", new TextEncoder().encode("no capture")), place);
    expect(reading).toMatchObject({ packets: 0, observations: [] });
    expect(reading.problem).toContain("neither pcap nor pcapng");
  });

  it("that is not there is an error", async () => {
    await expect(readCaptureFile(join(folder, "gone.pcap"), place)).rejects.toMatchObject({ code: "fabric.missing" });
  });

  it("is given up with its signal", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(readCaptureFile(file("given-up.pcap", capture), place, signal)).rejects.not.toHaveProperty(
      "code",
      "fabric.missing",
    );
  });
});

const beside = fileURLToPath(new URL("../../../../../../shared/data/pcaps", import.meta.url));
const folder = process.env["TRUNKLINE_CAPTURES"] ?? beside;
const areThere = existsSync(folder);
if (!areThere)
  process.stderr.write(
    "real captures: skipped, TRUNKLINE_CAPTURES names no folder and none lies beside the repository\n",
  );

describe.skipIf(!areThere)(`real captures${areThere ? "" : ", skipped: TRUNKLINE_CAPTURES names no folder"}`, () => {
  const read = async (name: string): Promise<readonly Observation[]> =>
    (await readCaptureFile(join(folder, name), place)).observations;
  const counts = (observations: readonly Observation[]): Readonly<Record<string, number>> => {
    const table = new Map<string, number>();
    for (const one of observations) {
      const key = one.kind === "gateway-hello" ? `${one.protocol} ${one.state}` : one.kind;
      table.set(key, (table.get(key) ?? 0) + 1);
    }
    return Object.fromEntries([...table].toSorted(([left], [right]) => (left < right ? -1 : 1)));
  };

  it.each<readonly [string, Readonly<Record<string, number>>]>([
    ["tcpdump/3560_CDP.pcap", { neighbor: 3 }],
    ["tcpdump/LLDP_and_CDP.pcap", { neighbor: 12 }],
    ["tcpdump/lisp_eid_register.pcap", { mapping: 4 }],
    ["tcpdump/rpvstp-trunk-native-vid5.pcap", { "vtp-domain": 1 }],
    ["synthetic/qemu_rarp_vlan120_5rounds.pcap", { announcement: 5 }],
    ["synthetic/lldp_8021_vlan_names.pcap", { neighbor: 1 }],
  ])("%s", async (name, expected) => {
    expect(counts(await read(name))).toEqual(expected);
  });

  it("of LLDP and CDP name two switches in both protocols, each with one port", async () => {
    const { fabric, notes } = fabricOf(await read("tcpdump/LLDP_and_CDP.pcap"));
    const ports = fabric.devices.flatMap(({ name, ports: own }) => own.map((port) => `${name} ${port.name}`));
    expect(ports).toEqual(["S1.cisco.com Fa0/13", "S2.cisco.com GigabitEthernet0/13", "h1 up0"]);
    // One port that hears two switches: what joins them is not known.
    expect(fabric.links).toEqual([]);
    expect(notes.map(({ path }) => path)).toEqual(["h1/up0"]);
  });

  it("of LLDP prove VLANs that a document lacks", async () => {
    const observations = await read("synthetic/lldp_8021_vlan_names.pcap");
    const [neighbor] = observations;
    const far =
      neighbor?.kind === "neighbor" ? { device: neighbor.names[0] ?? "", port: neighbor.ports[0] ?? "" } : undefined;
    expect(far?.device).not.toBe("");
    const fabric = {
      ...emptyFabric,
      devices: [
        {
          name: "h1",
          kind: "host" as const,
          ports: [{ name: "up0", vlans: { kind: "trunk" as const, trunks: "all" as const } }],
        },
        {
          name: far?.device ?? "",
          kind: "switch" as const,
          ports: [
            { name: far?.port ?? "", vlans: { kind: "trunk" as const, trunks: [1, 20, 120], native: 1 }, mtu: 9000 },
          ],
        },
      ],
      links: [{ a: { device: "h1", port: "up0" }, b: { device: far?.device ?? "", port: far?.port ?? "" } }],
    };
    expect(diffFabric(fabric, observations).map(({ kind, observed }) => `${kind} ${observed}`)).toEqual([
      "vlan-membership 1,10,20,120",
      "native-vlan 10",
      "mtu 9216 bytes of frame",
    ]);
  });

  it.each(["coup", "election", "failover"])("of an HSRP %s show a take-over and no split", async (name) => {
    const observations = await read(`tcpdump/HSRP_${name}.pcap`);
    const hellos = observations.filter((one) => one.kind === "gateway-hello");
    const [first] = hellos;
    const active = new Set(hellos.filter(({ state }) => state === "active").map(({ source }) => source));
    expect(hellos.length).toBeGreaterThan(30);
    expect(active.size).toBeGreaterThan(0);
    const members = [...new Set(hellos.map(({ source }) => source))].map((address) => ({
      device: `r-${address}`,
      address,
    }));
    const [address = ""] = first?.addresses ?? [];
    const fabric = {
      ...emptyFabric,
      segments: [{ name: "lan", vlan: 1, subnets: [] }],
      devices: [
        { name: "h1", kind: "host" as const, ports: [{ name: "up0", vlans: { kind: "access" as const, tag: 1 } }] },
        ...members.map(({ device }) => ({ name: device, kind: "router" as const, ports: [] })),
      ],
      gateways: [{ name: "lan", segment: "lan", kind: "hsrp" as const, address, group: first?.group ?? 0, members }],
    };
    expect(diffFabric(fabric, observations).map(({ kind }) => kind)).not.toContain("gateway-split");
  });
});
