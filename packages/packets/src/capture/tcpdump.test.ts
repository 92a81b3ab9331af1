/**
 * What this package encodes, read by somebody else: tcpdump, from a capture that this package writes. It only reads its
 * standard input, which takes no privilege. Skipped where it is not installed.
 */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { encodeLldpFrame } from "../discovery/lldp-encode.ts";
import { encodeGratuitousArp, encodeRarpAnnouncement } from "../link/arp.ts";
import { encodeHsrpV1Frame, encodeVrrpV3Frame } from "../redundancy/hello-frames.ts";
import { encodePcap } from "./pcap-writer.ts";

const tcpdump = "tcpdump";
const isInstalled = spawnSync(tcpdump, ["--version"]).error === undefined;
const reason = isInstalled ? "as installed" : "skipped: it is not installed";

/** One line of text for each frame, blanks and line ends folded into one blank. */
function dump(frame: Uint8Array): string {
  const options = ["-nn", "-e", "-vv", "-t", "-t", "-t", "-t", "--nano", "-r", "-"];
  const { stdout, stderr } = spawnSync(tcpdump, options, {
    input: encodePcap([{ timestampNs: 1_500_000_001n, bytes: frame, originalBytes: frame.length }]),
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC" },
  });
  if (stdout === "") throw new Error(stderr);
  return stdout.replaceAll(/\s+/g, " ");
}

const router = { address: "10.0.0.3", mac: "00:1c:73:00:00:01", vlan: 120 };

describe.skipIf(!isInstalled)(`tcpdump, ${reason}`, () => {
  test.each<readonly [string, Uint8Array, readonly string[]]>([
    [
      "a reverse request",
      encodeRarpAnnouncement({ mac: "52:54:00:12:34:56" }),
      [
        "1970-01-01 00:00:01.500000001 52:54:00:12:34:56 > ff:ff:ff:ff:ff:ff",
        "length 60: Ethernet (len 6), IPv4 (len 4), Reverse Request who-is 52:54:00:12:34:56 tell 52:54:00:12:34:56",
      ],
    ],
    [
      "a gratuitous request in a VLAN",
      encodeGratuitousArp({ mac: "52:54:00:12:34:56", address: "10.0.0.9", vlan: 120 }),
      ["vlan 120, p 0", "Request who-has 10.0.0.9 tell 10.0.0.9"],
    ],
    [
      "LLDP with VLANs",
      encodeLldpFrame({
        mac: "00:1c:73:00:00:01",
        portName: "Ethernet7",
        timeToLiveS: 120,
        systemName: "leaf3",
        portVlan: 10,
        vlanNames: [{ vlan: 120, name: "web-prod" }],
        protocolVlans: [{ vlan: 20, isSupported: true, isEnabled: true }],
        aggregation: { isCapable: true, isAggregated: true, portId: 1001 },
        maxFrameBytes: 9216,
      }),
      [
        "Subtype Interface Name (5): Ethernet7",
        "port vlan id (PVID): 10",
        "port and protocol vlan id (PPVID): 20, flags [supported, enabled] (0x06)",
        "vlan id (VID): 120 vlan name: web-prod",
        "aggregation status [supported, enabled], aggregation port ID 1001",
        "MTU size 9216",
      ],
    ],
    [
      "HSRP",
      encodeHsrpV1Frame(router, {
        message: "hello",
        group: 10,
        state: "standby",
        priority: 110,
        helloTimeS: 3,
        holdTimeS: 10,
        virtualAddress: "10.0.0.1",
      }),
      [
        "00:1c:73:00:00:01 > 01:00:5e:00:00:02",
        "ttl 1,",
        "[udp sum ok] HSRPv0-hello 20: state=standby group=10 addr=10.0.0.1 hellotime=3s holdtime=10s priority=110",
      ],
    ],
    [
      "VRRP",
      encodeVrrpV3Frame(router, { group: 44, priority: 100, intervalMs: 1000, addresses: ["10.0.0.1", "10.0.0.2"] }),
      ["ttl 255,", "VRRPv3, Advertisement, vrid 44, prio 100, intvl 100cs, length 16, addrs(2): 10.0.0.1,10.0.0.2"],
    ],
    [
      "VRRP over IPv6",
      encodeVrrpV3Frame(
        { ...router, address: "fe80::1" },
        { group: 45, priority: 255, intervalMs: 100, addresses: ["fe80::2", "2001:db8::1"] },
      ),
      ["hlim 255,", "VRRPv3, Advertisement, vrid 45, prio 255, intvl 10cs, length 40, addrs(2): fe80::2,2001:db8::1"],
    ],
  ])("%s is read as it was meant, and no checksum is bad", (_, frame, said) => {
    const text = dump(frame);
    expect(said.filter((words) => !text.includes(words))).toEqual([]);
    expect(text).not.toMatch(/bad|incorrect|invalid/i);
  });
});
