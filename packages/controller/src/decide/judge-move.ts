/**
 * One move looked at before it starts: the facts of both hosts and of the network, the checks made of them, and what is
 * expected. Nothing is touched.
 */
import { setMaxListeners } from "node:events";
import { checkMove, networkImpact, wayOfMemory } from "@trunkline/migration";
import type { MoveFacts } from "@trunkline/migration";
import type { Fabric } from "@trunkline/fabric";
import type {
  CheckResult,
  HostName,
  Inventory,
  LinkTraffic,
  MoveId,
  MoveRequest,
  NetworkReport,
  Prediction,
  Snapshot,
  StreamSecurity,
  VmId,
  VmSummary,
} from "@trunkline/model";
import type { Journal, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import type { DirtWatch } from "../observe/dirt-watch.ts";
import { placementsOf } from "../observe/fabric-now.ts";
import { gatherFacts } from "../observe/gather-facts.ts";
import { planTransfer } from "./plan-transfer.ts";

export interface JudgedMove {
  /** As it was asked for, with what the VM's host said just now, and how its memory is to be copied. */
  readonly request: MoveRequest;
  readonly facts: MoveFacts;
  readonly checks: readonly CheckResult[];
  readonly predicted: Prediction;
  /** What it would do to the network; nothing of it is measured yet. */
  readonly network: NetworkReport;
}

/** What else goes on: where the other VMs are, which moves have their place, what guests dirty, how fast moves may go. */
export interface Surroundings {
  readonly snapshot: Snapshot;
  readonly alongside: readonly MoveRequest[];
  readonly dirt: DirtWatch;
  readonly rates: RateOffers;
  /** What admission promised it of the links on its way; nothing where no link has a budget. */
  readonly shareBps?: number;
}

export interface RateOffers {
  /** What a move that begins now would get; undefined where nothing bounds it. */
  offerBps(move: LinkUser, fabric: Fabric): number | undefined;
}

/** A move as the links see it. */
export interface LinkUser {
  readonly id: MoveId;
  readonly vm: VmId;
  readonly source: HostName;
  /** Directed, as its memory takes them. */
  readonly links: readonly LinkTraffic[];
  /** What the operator asked for at most. */
  readonly askedBps?: number;
}

/**
 * @param vm where it is; the request's source follows it.
 * @throws vm.unknown when it left meanwhile.
 */
export async function judgeMove(
  world: World,
  journal: Journal,
  asked: MoveRequest,
  vm: VmSummary,
  around: Surroundings,
  signal: AbortSignal,
): Promise<JudgedMove> {
  setMaxListeners(limits.concurrentQuestions, signal);
  const placements = placementsOf(around.snapshot);
  const { target, driver, copyStorage } = asked;
  const storage = copyStorage === undefined ? {} : { copyStorage };
  const question = { vm, target, driver, alongside: around.alongside, placements, ...storage };
  const facts = await gatherFacts(world, question, signal);
  const request: MoveRequest = {
    ...asked,
    source: vm.host,
    sourceUri: world.hypervisor(vm.host).uri,
    memoryMiB: facts.vm.memoryMiB,
    isPersistent: vm.persistent,
  };
  const links = wayOfMemory(facts.fabric, request.source, request.target);
  const rateBps =
    around.rates.offerBps(linkUserOf(request, links), facts.fabric) ?? around.shareBps ?? request.maxRateBps;
  // A guest whose move is refused anyway is not watched for seconds first.
  const isRefused = checkMove(facts, []).some(({ severity }) => severity === "block");
  const known = { facts, rateBps, dirt: around.dirt, mayWatch: !isRefused };
  const { plan, predicted, check } = await planTransfer(world, journal, request, known, signal);
  const { checks, network } = networkImpact(facts, predicted);
  const tls = securityOf(world.inventory, request);
  return {
    request: { ...request, plan: { ...plan, tls } },
    facts,
    checks: checkMove(facts, [check, ...checks]),
    predicted,
    network,
  };
}

/** The strictest of what the move, its source and its target ask for. */
function securityOf({ hosts }: Inventory, { tls = "off", source, target }: MoveRequest): StreamSecurity {
  const ends = hosts.filter(({ name }) => name === source || name === target);
  const asked = [tls, ...ends.map(({ migration }) => migration?.tls ?? "off")];
  return asked.includes("required") ? "required" : asked.includes("opportunistic") ? "opportunistic" : "off";
}

export const linkUserOf = (
  { id, vm, source, maxRateBps: askedBps }: MoveRequest,
  links: readonly LinkTraffic[],
): LinkUser => ({ id, vm, source, links, ...(askedBps === undefined ? {} : { askedBps }) });
