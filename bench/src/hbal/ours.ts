/** Has a plan made in a child, and holds it against Ganeti's definitions, which share no code with what made it. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TrunklineError } from "@trunkline/model";
import { ganetiScore } from "./score.ts";
import type { GanetiCluster } from "./cluster-file.ts";
import type { Answer, Order, Planned } from "./planner.ts";
import { sum } from "./sum.ts";

export interface CheckedPlan extends Planned {
  /** By the separate implementation. */
  readonly score: number;
  /** Instances that end elsewhere than they began. */
  readonly moved: number;
  /** Steps to a node that has no room for the instance at that time, or takes none. */
  readonly forbiddenSteps: number;
}

export async function ourPlan(cluster: GanetiCluster, order: Order, signal: AbortSignal): Promise<CheckedPlan> {
  const planned = await planInChild(order, signal);
  const placement = cluster.instances.map(({ node }) => node);
  let forbiddenSteps = 0;
  for (const [instance, node] of planned.steps) {
    if (!mayTake(cluster, placement, instance, node)) forbiddenSteps += 1;
    placement[instance] = node;
  }
  const moved = cluster.instances.filter(({ node }, index) => placement[index] !== node).length;
  return { ...planned, score: ganetiScore(cluster, placement), moved, forbiddenSteps };
}

async function planInChild(order: Order, signal: AbortSignal): Promise<Planned> {
  const program = fileURLToPath(new URL("./planner.ts", import.meta.url));
  const child = fork(program, [], { execArgv: process.execArgv, signal });
  try {
    return await new Promise<Planned>((resolve, reject) => {
      child.once("message", (answer: Answer) => {
        if ("failure" in answer) reject(failed(answer.failure));
        else resolve(answer);
      });
      child.once("error", reject);
      child.once("exit", () => {
        reject(failed("it ended without a word"));
      });
      child.send(order);
    });
  } finally {
    child.kill();
  }
}

function mayTake(
  { nodes, instances, vcpuRatio }: GanetiCluster,
  placement: readonly number[],
  instance: number,
  node: number,
): boolean {
  const [target, mover] = [nodes[node], instances[instance]];
  if (target === undefined || mover === undefined || target.isOffline || placement[instance] === node) return false;
  const came = instances.filter((each, index) => each.node !== node && placement[index] === node);
  const left = instances.filter((each, index) => each.node === node && placement[index] !== node);
  const memory = (list: typeof instances): number => sum(list.map(({ memoryMiB }) => memoryMiB));
  const freeMiB = target.freeMemoryMiB + memory(left) - memory(came) - mover.memoryMiB;
  const vcpus = sum(instances.filter((_, index) => placement[index] === node).map((each) => each.vcpus)) + mover.vcpus;
  return freeMiB > 0 && (target.osCpus + vcpus) / target.cpus / target.cpuSpeed <= vcpuRatio;
}

const failed = (why: string): TrunklineError =>
  new TrunklineError("lab.failed", `the plan failed: ${why}`, {
    hint: "Run the benchmark again; if it stays, it is a defect.",
  });
