/** Small clusters for thousands of seeded runs: two to four hosts on one switch, a few small VMs, and room for any of them. */
import { SeededRandom } from "../clock/seeded-random.ts";
import type { ClusterSpec, VmSpec } from "../cluster/spec.ts";

export function scenario(seed: number): ClusterSpec {
  const random = new SeededRandom(seed);
  const hosts = Array.from({ length: 2 + random.below(3) }, (_, at) => `h${at + 1}`);
  const vms = Array.from({ length: 1 + random.below(4) }, (_, at): VmSpec => {
    const memoryMiB = 256 * (1 + random.below(4));
    return {
      name: `vm${at + 1}`,
      host: hosts[random.below(hosts.length)] ?? "h1",
      memoryMiB,
      memoryInUseMiB: Math.max(64, Math.round(memoryMiB * random.next())),
      workingSetMiB: 16 + random.below(64),
      dirtyRateBps: Math.round(400e6 * random.next()),
      persistent: random.next() < 0.7,
    };
  });
  return {
    hosts: hosts.map((name, at) => ({
      name,
      memoryMiB: 8_192,
      cpuThreads: 8,
      migration: { address: `10.20.0.${at + 1}`, vlan: 20 },
    })),
    switches: [{ name: "s1", ports: hosts.map((name) => ({ name: `to-${name}`, vlans: trunk })) }],
    links: hosts.map((device) => ({
      a: { device, port: "up0" },
      b: { device: "s1", port: `to-${device}` },
      rateBps: 1e9,
    })),
    vms,
  };
}

const trunk = { kind: "trunk", trunks: "all" } as const;
