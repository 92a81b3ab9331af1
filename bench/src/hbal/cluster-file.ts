/**
 * The text format of Ganeti's tools, as far as their balancer reads it (`hbal -t`, and the loads of `-U`): five sections
 * between empty lines, fields between bars. Read from htools 3.0, src/Ganeti/HTools/Backend/Text.hs. Only clusters whose
 * instances live on external storage (template `ext`): any node can take one, which is what a live migration is.
 */
import { TrunklineError } from "@trunkline/model";

export interface GanetiNode {
  readonly name: string;
  readonly memoryMiB: number;
  /** Not held by any instance as the file has them. */
  readonly freeMemoryMiB: number;
  /** Of the node's own system, beside what instances have. */
  readonly osCpus: number;
  readonly cpus: number;
  readonly cpuSpeed: number;
  readonly isOffline: boolean;
}

export interface GanetiInstance {
  readonly name: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  /** Index of its node. */
  readonly node: number;
  /** Of processor, memory, disk and network; a full node is 1. */
  readonly loads: Loads;
}

export type Loads = readonly [cpu: number, memory: number, disk: number, network: number];

export interface GanetiCluster {
  readonly nodes: readonly GanetiNode[];
  readonly instances: readonly GanetiInstance[];
  /** Virtual processors per real one that no move may exceed. */
  readonly vcpuRatio: number;
}

/** @param loads the text of `-U`; without it every instance counts the same. */
export function readCluster(text: string, loads?: string): GanetiCluster {
  const [groups = [], nodeLines = [], instanceLines = [], , policies = []] = sectionsOf(text);
  if (groups.length !== 1) throw refusal(`it has ${groups.length} groups, and hbal balances one`);
  const dynamic = loads === undefined ? undefined : readLoads(loads);
  const nodes = nodeLines.map(readNode);
  const indexes = new Map(nodes.map(({ name }, index) => [name, index]));
  const instances = instanceLines.map((line) => readInstance(line, indexes, dynamic));
  return { nodes, instances, vcpuRatio: readRatio(policies[0] ?? "") };
}

function sectionsOf(text: string): readonly (readonly string[])[] {
  const sections: string[][] = [[]];
  for (const line of text.split("\n"))
    if (line === "") sections.push([]);
    else sections.at(-1)?.push(line);
  return sections;
}

function readNode(line: string): GanetiNode {
  const fields = line.split("|");
  const [name = "", memory, , free, , , cpus, offline] = fields;
  return {
    name,
    memoryMiB: figure(memory, line),
    freeMemoryMiB: figure(free, line),
    cpus: figure(cpus, line),
    osCpus: figure(fields[13] ?? "0", line),
    cpuSpeed: figure(fields[14] ?? "1", line),
    isOffline: offline === "Y",
  };
}

function readInstance(
  line: string,
  nodes: ReadonlyMap<string, number>,
  dynamic: ReadonlyMap<string, Loads> | undefined,
): GanetiInstance {
  const [name = "", memory, , vcpus, , , primary = "", , template, tags = ""] = line.split("|");
  const node = nodes.get(primary);
  if (node === undefined) throw refusal(`the instance ${name} is on no node of it: "${primary}"`);
  if (template !== "ext" || tags !== "") throw refusal(`the instance ${name} is not on external storage, or has tags`);
  const loads = dynamic === undefined ? alike : (dynamic.get(name) ?? none);
  return { name, memoryMiB: figure(memory, line), vcpus: figure(vcpus, line), node, loads };
}

function readLoads(text: string): ReadonlyMap<string, Loads> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(
    lines.map((line) => {
      const [name = "", cpu, memory, disk, network] = line.split(" ");
      return [name, [figure(cpu, line), figure(memory, line), figure(disk, line), figure(network, line)]];
    }),
  );
}

/** The fifth of a policy's fields; the first line is the cluster's own. */
const readRatio = (policy: string): number => figure(policy.split("|")[4], policy);

function figure(text: string | undefined, line: string): number {
  const value = Number(text);
  if (text !== undefined && text !== "" && Number.isFinite(value)) return value;
  throw refusal(`"${text ?? ""}" is no number in the line ${line}`);
}

const refusal = (why: string): TrunklineError =>
  new TrunklineError("usage.invalid", `this cluster cannot be compared: ${why}`, {
    hint: "Clusters of one group with instances of the template ext are read, as hbal -t and -U take them.",
  });

const alike: Loads = [1, 1, 1, 1];
const none: Loads = [0, 0, 0, 0];
