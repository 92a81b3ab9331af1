/**
 * Generated clusters: racks of hosts behind a switch, the racks behind a core, and a batch of moves over them. What a rack's
 * uplink carries to what its hosts could send is drawn, from a fifth to all of it.
 */
import { hostName } from "@trunkline/model";
import type { HostName } from "@trunkline/model";
import { SeededRandom } from "@trunkline/simulator";
import type { ClusterSpec, LinkSpec } from "@trunkline/simulator";

export interface Batch {
  readonly cluster: ClusterSpec;
  readonly moves: readonly { readonly vm: string; readonly target: HostName }[];
}

/** Who may move how much: by what the links give, or so many for each host, whatever lies between. */
export type Policy = "by links" | "two per host";

export interface Shape {
  readonly racks: number;
  readonly hostsPerRack: number;
  readonly moves: number;
}

export function batchOf(seed: number, { racks, hostsPerRack, moves }: Shape, policy: Policy): Batch {
  const random = new SeededRandom(seed);
  const hosts: string[] = [];
  const links: LinkSpec[] = [];
  const switches: { name: string; ports: { name: string; vlans: { kind: "trunk"; trunks: "all" } }[] }[] = [];
  const core: string[] = [];
  for (let rack = 0; rack < racks; rack += 1) {
    const tor = `tor${rack + 1}`;
    const ports: string[] = ["up"];
    for (let slot = 0; slot < hostsPerRack; slot += 1) {
      const host = `h${rack * hostsPerRack + slot + 1}`;
      hosts.push(host);
      ports.push(`p-${host}`);
      links.push(linkOf(host, "up0", tor, `p-${host}`, hostBps, policy));
    }
    const share = 0.2 + 0.8 * random.next();
    links.push(linkOf(tor, "up", "core", `p-${tor}`, share * hostsPerRack * hostBps, policy));
    core.push(`p-${tor}`);
    switches.push({ name: tor, ports: ports.map(trunk) });
  }
  switches.push({ name: "core", ports: core.map(trunk) });
  const wanted = Array.from({ length: moves }, (_, at) => {
    const from = random.below(hosts.length);
    const to = (from + 1 + random.below(hosts.length - 1)) % hosts.length;
    const memoryInUseMiB = Math.round(1024 * 2 ** (4 * random.next()));
    return {
      vm: `vm${at + 1}`,
      host: hosts[from] ?? "",
      target: hostName(hosts[to] ?? ""),
      memoryInUseMiB,
      dirtyRateBps: Math.round(20e6 * 2 ** (5 * random.next())),
      workingSetMiB: Math.round(memoryInUseMiB / 8),
    };
  });
  return {
    cluster: {
      hosts: hosts.map((name, at) => ({
        name,
        memoryMiB: 4_000_000,
        cpuThreads: 64,
        migration: { address: `10.9.${Math.floor(at / 250)}.${(at % 250) + 1}`, vlan: 20 },
        ...(policy === "by links" ? { moveBudget: { in: hostMoves, out: hostMoves } } : {}),
      })),
      switches,
      links,
      vms: wanted.map(({ vm: name, host, memoryInUseMiB, dirtyRateBps, workingSetMiB }) => ({
        name,
        host,
        memoryMiB: memoryInUseMiB,
        memoryInUseMiB,
        dirtyRateBps,
        workingSetMiB,
      })),
    },
    moves: wanted.map(({ vm, target }) => ({ vm, target })),
  };
}

function linkOf(a: string, aPort: string, b: string, bPort: string, rateBps: number, policy: Policy): LinkSpec {
  const moves = Math.max(1, Math.floor(rateBps / moveBps));
  return {
    a: { device: a, port: aPort },
    b: { device: b, port: bPort },
    rateBps,
    ...(policy === "by links" ? { moveBudget: { moves, rateBps } } : {}),
  };
}

const trunk = (name: string): { name: string; vlans: { kind: "trunk"; trunks: "all" } } => ({
  name,
  vlans: { kind: "trunk", trunks: "all" },
});

const hostBps = 10e9;
/** With which a copy makes good progress: a link takes as many moves as it can give that to. */
const moveBps = 2e9;
const hostMoves = 8;
