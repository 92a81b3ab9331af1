/** A cluster to look at and to try things on: four hosts in two racks, two switches, two dozen VMs with their own habits. */
import { SeededRandom } from "../clock/seeded-random.ts";
import type { ClusterSpec, HostSpec, LinkSpec, VmSpec } from "../cluster/spec.ts";

export function demoCluster(seed: number): ClusterSpec {
  const random = new SeededRandom(seed);
  const freeMiB = new Map<string, number>(hostNames.map((name) => [name, hostMemoryMiB]));
  return {
    hosts: hostNames.map((name, at): HostSpec => ({
      name,
      memoryMiB: hostMemoryMiB,
      cpuThreads: 32,
      ownCpuRatio: 0.01 + 0.02 * random.next(),
      migration: { address: `10.20.0.${11 + at}`, vlan: 20, port: "migr0", rateBps: 10e9 },
    })),
    switches: ["rack-a", "rack-b"].map((name) => ({
      name,
      ports: ["to-1", "to-2", "isl", "edge"].map((port) => ({ name: port, vlans: trunk })),
    })),
    links: [
      ...hostNames.map((device, at): LinkSpec => ({
        a: { device, port: "up0" },
        b: { device: at < 2 ? "rack-a" : "rack-b", port: `to-${1 + (at % 2)}` },
        rateBps: 10e9,
      })),
      { a: { device: "rack-a", port: "isl" }, b: { device: "rack-b", port: "isl" }, rateBps: 10e9 },
    ],
    probes: [{ name: "office", at: { device: "rack-a", port: "edge" }, vlan: 10 }],
    vms: kinds.flatMap((kind) =>
      Array.from({ length: kind.count }, (_, number) => vmOfKind(kind, number + 1, random, freeMiB)),
    ),
  };
}

interface Kind {
  readonly name: string;
  readonly count: number;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly vlan: number;
  readonly dirtyRateBps: number;
  readonly workingSetRatio: number;
  /** Of its vCPUs, on average. */
  readonly cpuRatio: number;
}

/** What such machines usually are: web servers that write little, databases that write much. */
const kinds: readonly Kind[] = [
  {
    name: "web",
    count: 8,
    memoryMiB: 4_096,
    vcpus: 2,
    vlan: 10,
    dirtyRateBps: 80e6,
    workingSetRatio: 0.05,
    cpuRatio: 0.3,
  },
  {
    name: "app",
    count: 6,
    memoryMiB: 8_192,
    vcpus: 4,
    vlan: 10,
    dirtyRateBps: 200e6,
    workingSetRatio: 0.08,
    cpuRatio: 0.45,
  },
  {
    name: "db",
    count: 3,
    memoryMiB: 24_576,
    vcpus: 8,
    vlan: 30,
    dirtyRateBps: 900e6,
    workingSetRatio: 0.1,
    cpuRatio: 0.55,
  },
  {
    name: "cache",
    count: 2,
    memoryMiB: 16_384,
    vcpus: 4,
    vlan: 30,
    dirtyRateBps: 1_500e6,
    workingSetRatio: 0.2,
    cpuRatio: 0.2,
  },
  {
    name: "build",
    count: 2,
    memoryMiB: 8_192,
    vcpus: 8,
    vlan: 40,
    dirtyRateBps: 1_200e6,
    workingSetRatio: 0.3,
    cpuRatio: 0.8,
  },
  {
    name: "mail",
    count: 1,
    memoryMiB: 8_192,
    vcpus: 4,
    vlan: 10,
    dirtyRateBps: 60e6,
    workingSetRatio: 0.04,
    cpuRatio: 0.15,
  },
  {
    name: "monitor",
    count: 1,
    memoryMiB: 4_096,
    vcpus: 2,
    vlan: 40,
    dirtyRateBps: 120e6,
    workingSetRatio: 0.1,
    cpuRatio: 0.25,
  },
  {
    name: "vpn",
    count: 1,
    memoryMiB: 2_048,
    vcpus: 2,
    vlan: 10,
    dirtyRateBps: 10e6,
    workingSetRatio: 0.02,
    cpuRatio: 0.1,
  },
];

/** Two thirds start on the first two hosts, so that there is something to balance. */
const places = [0, 0, 1, 1, 2, 3] as const;

function vmOfKind(kind: Kind, number: number, random: SeededRandom, freeMiB: Map<string, number>): VmSpec {
  const spread = (): number => 0.7 + 0.6 * random.next();
  const wish = hostNames[places[random.below(places.length)] ?? 0] ?? "ada";
  const [emptiest = wish] = [...hostNames].toSorted((a, b) => (freeMiB.get(b) ?? 0) - (freeMiB.get(a) ?? 0));
  const host = (freeMiB.get(wish) ?? 0) >= kind.memoryMiB ? wish : emptiest;
  freeMiB.set(host, (freeMiB.get(host) ?? 0) - kind.memoryMiB);
  return {
    name: kind.count === 1 ? kind.name : `${kind.name}-${String(number).padStart(2, "0")}`,
    host,
    memoryMiB: kind.memoryMiB,
    memoryInUseMiB: Math.round(kind.memoryMiB * Math.min(1, 0.7 * spread())),
    workingSetMiB: Math.round(kind.memoryMiB * kind.workingSetRatio),
    dirtyRateBps: Math.round(kind.dirtyRateBps * spread()),
    vcpus: kind.vcpus,
    cpuDemand: kind.vcpus * Math.min(1, kind.cpuRatio * spread()),
    trafficBps: Math.round(40e6 * kind.cpuRatio * spread()),
    nics: [{ vlans: [kind.vlan] }],
    ...(kind.vlan === 10 ? { service: { address: `10.10.${kinds.indexOf(kind)}.${number}`, echoPort: 7 } } : {}),
  };
}

const hostMemoryMiB = 98_304;
const hostNames = ["ada", "grace", "edsger", "barbara"] as const;
const trunk = { kind: "trunk", trunks: "all" } as const;
