/**
 * One move looked at before it starts: the facts of both hosts and of the network, the checks made of them, and what is
 * expected. Nothing is touched.
 */
import { setMaxListeners } from "node:events";
import { checkMove } from "@trunkline/migration";
import type { MoveFacts } from "@trunkline/migration";
import type { CheckResult, MoveRequest, Prediction, VmSummary } from "@trunkline/model";
import type { Journal, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import { gatherFacts } from "../observe/gather-facts.ts";
import { predictMove } from "./predict-move.ts";

export interface JudgedMove {
  /** As it was asked for, with what the VM's host said just now. */
  readonly request: MoveRequest;
  readonly facts: MoveFacts;
  readonly checks: readonly CheckResult[];
  readonly predicted: Prediction;
}

/**
 * @param vm where it is; the request's source follows it.
 * @param alongside moves that have their place already.
 * @throws vm.unknown when it left meanwhile.
 */
export async function judgeMove(
  world: World,
  journal: Journal,
  asked: MoveRequest,
  vm: VmSummary,
  alongside: readonly MoveRequest[],
  signal: AbortSignal,
): Promise<JudgedMove> {
  setMaxListeners(limits.concurrentQuestions, signal);
  const facts = await gatherFacts(world, { vm, target: asked.target, driver: asked.driver, alongside }, signal);
  const request: MoveRequest = {
    ...asked,
    source: vm.host,
    sourceUri: world.hypervisor(vm.host).uri,
    memoryMiB: facts.vm.memoryMiB,
    isPersistent: vm.persistent,
  };
  return { request, facts, checks: checkMove(facts), predicted: await predictMove(world, journal, request, facts) };
}
