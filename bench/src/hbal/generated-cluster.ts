/** Clusters of the size and the kind of those that hbal was measured with, made up from a seed. */
import type { SeededRandom } from "@trunkline/simulator";

export interface ClusterKind {
  readonly nodes: number;
  readonly instances: number;
  /** Nodes of three sizes instead of one. */
  readonly isMixed: boolean;
}

export interface ClusterText {
  readonly cluster: string;
  readonly loads: string;
}

export function generatedCluster({ nodes, instances, isMixed }: ClusterKind, random: SeededRandom): ClusterText {
  const machines = Array.from({ length: nodes }, (_, index) => {
    const scale = isMixed ? (sizes[random.below(sizes.length)] ?? 1) : 1;
    return {
      name: nameOf("node", index),
      memory: usualMemoryMiB * scale,
      free: usualMemoryMiB * scale - ownMiB,
      cpus: 64 * scale,
      left: 256 * scale,
    };
  });
  const lines: string[] = [];
  const loads: string[] = [];
  // The first nodes get more than their part: there is something to balance.
  for (let index = 0; index < instances; index += 1) {
    const flavour = flavours[random.below(flavours.length)] ?? flavours[0];
    let machine = machines[0];
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const widest = random.below(2) === 0 ? Math.ceil(nodes / 2) : nodes;
      machine = machines[random.below(widest)];
      if (machine !== undefined && machine.free > flavour.memory * 1.1 && machine.left >= flavour.cpus) break;
    }
    if (machine === undefined || machine.free <= flavour.memory || machine.left < flavour.cpus) continue;
    machine.free -= flavour.memory;
    machine.left -= flavour.cpus;
    const name = nameOf("inst", index);
    lines.push([name, flavour.memory, 0, flavour.cpus, "running", "Y", machine.name, "", "ext", "", 1].join("|"));
    const draw = (most: number): string => ((most * (1 + random.below(1000))) / 1000).toFixed(6);
    loads.push([name, draw(0.06), draw(0.05), draw(0.06), draw(0.04)].join(" "));
  }
  const nodeLines = machines.map(({ name, memory, free, cpus }, index) =>
    [
      name,
      memory,
      ownMiB,
      free,
      1_048_576,
      1_048_576,
      cpus,
      index === 0 ? "M" : "N",
      uuid,
      1,
      "",
      "N",
      0,
      0,
      "1.0",
    ].join("|"),
  );
  const specs = "128,1,1024,1,1,1|128,1,1024,1,1,1;1048576,256,16777216,16,8,64|diskless,plain,drbd,ext|4.0|32.0";
  const cluster = [
    `group|${uuid}|preferred||`,
    "",
    ...nodeLines,
    "",
    ...lines,
    "",
    "",
    `|${specs}`,
    `group|${specs}`,
    "",
  ];
  return { cluster: cluster.join("\n"), loads: `${loads.join("\n")}\n` };
}

const nameOf = (kind: string, index: number): string => `${kind}-${String(index).padStart(4, "0")}`;

const uuid = "made-up-group";
const usualMemoryMiB = 262_144;
const ownMiB = 4_096;
const sizes = [0.5, 1, 2] as const;
const flavours = [
  { memory: 2_304, cpus: 2 },
  { memory: 4_864, cpus: 4 },
  { memory: 9_984, cpus: 4 },
  { memory: 9_984, cpus: 7 },
  { memory: 19_968, cpus: 7 },
  { memory: 39_936, cpus: 14 },
] as const;
const attempts = 100;
