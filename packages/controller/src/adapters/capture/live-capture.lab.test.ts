/**
 * A real tcpdump on a cable in a network namespace of its own, with frames put on the cable's other end. Needs root, tcpdump,
 * iproute2, coreutils and perl; the namespace ends with the capture.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeHsrpV1Frame, encodeLldpFrame, encodeRarpAnnouncement } from "@trunkline/packets";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { captureLive, lldpFilter } from "./live-capture.ts";
import type { LiveCapture } from "./live-capture.ts";

const isRoot = process.getuid?.() === 0;
const hello = {
  message: "hello",
  state: "active",
  group: 10,
  priority: 110,
  helloTimeS: 3,
  holdTimeS: 10,
  virtualAddress: "10.1.120.1",
} as const;
const frames = [
  encodeLldpFrame({ mac: "02:00:00:00:00:01", portName: "Eth1", timeToLiveS: 120, systemName: "leaf1" }),
  encodeHsrpV1Frame({ address: "10.1.120.2", mac: "02:00:00:00:00:02", vlan: 120 }, hello),
  encodeRarpAnnouncement({ mac: "52:54:00:12:34:56", vlan: 120 }),
  encodeRarpAnnouncement({ mac: "52:54:00:12:34:57" }),
];

/**
 * Sends its arguments, in hexadecimal, out of the interface whose number comes first. Node has no packet sockets; Perl is
 * part of every Debian. 17 is AF_PACKET, 3 SOCK_RAW (packet(7)).
 */
const sender = `
my $index = shift @ARGV;
socket(my $out, 17, 3, 0) or die $!;
my $target = pack("S n i S C C a8", 17, 0, $index, 0, 0, 6, "");
for (1 .. 40) {
  for (@ARGV) { send($out, pack("H*", $_), 0, $target) }
  select(undef, undef, undef, 0.1);
}
`;
const isPossible = isRoot && spawnSync("perl", ["-v"]).status === 0;

describe.skipIf(!isPossible)("a live capture", () => {
  let folder = "";
  const capture = (facts: Partial<LiveCapture>): LiveCapture => {
    const program = join(folder, "send.pl");
    const texts = frames.map((frame) => Buffer.from(frame).toString("hex")).join(" ");
    const script = `
      ip link add near0 type veth peer name far0 && ip link set near0 up && ip link set far0 up
      perl ${program} $(ip -o link show far0 | cut -d: -f1) ${texts} 2>/dev/null & exec "$@"`;
    return {
      prefix: ["unshare", "--net", "sh", "-c", script, "sh"],
      interface: "near0",
      place: { device: "h1", port: "up0" },
      bounds: { packets: 8, ms: 5_000 },
      ...facts,
    };
  };
  const never = new AbortController().signal;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "trunkline-live-"));
    writeFileSync(join(folder, "send.pl"), sender);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("hears neighbours, hellos and announcements, tagged and untagged", async () => {
    const reading = await captureLive(capture({}), never);
    expect(reading).toMatchObject({ packets: 8, ended: "packets" });
    const told = reading.observations.map((one) => [one.kind, "vlan" in one ? one.vlan : undefined].join(" "));
    expect([...new Set(told)].toSorted()).toEqual([
      "announcement ",
      "announcement 120",
      "gateway-hello 120",
      "neighbor ",
    ]);
  });

  it("listens for LLDP alone, until the time is over", async () => {
    const reading = await captureLive(capture({ filter: lldpFilter, bounds: { packets: 1_000, ms: 2_000 } }), never);
    expect(reading.ended).toBe("time");
    expect(reading.packets).toBeGreaterThan(5);
    expect(new Set(reading.observations.map(({ kind }) => kind))).toEqual(new Set(["neighbor"]));
  });

  it("says why it cannot listen", async () => {
    await expect(captureLive(capture({ interface: "none0" }), never)).rejects.toMatchObject({
      code: "host.unreachable",
    });
  });
});
