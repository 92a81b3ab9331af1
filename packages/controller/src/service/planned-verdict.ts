/** What the checks and the prediction say of a move that is only planned: of an evacuation's VM, a batch's, or one that the balance moves. */
import type { MoveVerdict, PlacementQuestion } from "@trunkline/scheduler";
import { TrunklineError } from "@trunkline/model";
import type { HostName, MoveOptions, MoveRequest, Snapshot, VmId } from "@trunkline/model";
import type { Store, World } from "@trunkline/ports";
import { judgeMove } from "../decide/judge-move.ts";
import { limits } from "../limits.ts";
import type { DirtWatch } from "../observe/dirt-watch.ts";
import { moveRequest } from "./move-request.ts";
import type { RateKeeper } from "./rate-keeper.ts";

export interface VerdictOptions {
  readonly world: World;
  readonly store: Store;
  readonly dirt: DirtWatch;
  readonly rates: RateKeeper;
  /** Moves that have their place. */
  readonly alongside: readonly MoveRequest[];
  readonly snapshot: Snapshot;
}

/** How an evacuation moves its VMs. */
export const usualOptions: MoveOptions = { driver: "client", mode: "auto", handover: true, priority: 0 };

/** What is known of planned moves: a planner names those that its plan depends on, and is asked again with the answers. */
export class Verdicts {
  readonly #around: VerdictOptions;
  readonly #options: MoveOptions;
  readonly #known = new Map<string, MoveVerdict>();

  constructor(around: VerdictOptions, options: MoveOptions) {
    this.#around = around;
    this.#options = options;
  }

  readonly of = (vm: VmId, target: HostName): MoveVerdict | undefined => this.#known.get(`${vm} ${target}`);

  /** Until there is nothing left to ask. */
  async answer(questionsNow: () => readonly PlacementQuestion[], signal: AbortSignal): Promise<void> {
    for (let round = 0; round < limits.planRounds; round += 1) {
      const questions = questionsNow();
      if (questions.length === 0) return;
      await Promise.all(
        questions.map(async ({ vm, target }) => {
          const move = { vm: vm.id, target, options: this.#options };
          this.#known.set(`${vm.id} ${target}`, await plannedVerdict(this.#around, move, signal));
        }),
      );
    }
  }
}

/** A host that cannot be asked is blocked by that. */
async function plannedVerdict(
  { world, store, dirt, rates, alongside, snapshot }: VerdictOptions,
  { vm, target, options }: { readonly vm: VmId; readonly target: HostName; readonly options: MoveOptions },
  signal: AbortSignal,
): Promise<MoveVerdict> {
  const asked = { by: "preview", origin: "evacuation", priority: 0, outlivesProcess: false } as const;
  try {
    const request = moveRequest(world, snapshot, { ...options, vm, target }, asked);
    const observed = snapshot.vms.find((known) => known.id === vm && known.host === request.source);
    if (observed === undefined) throw new TrunklineError("vm.unknown", `${request.vmName} left ${request.source}`);
    return await judgeMove(world, store.journal, request, observed, { snapshot, alongside, dirt, rates }, signal);
  } catch (error) {
    if (!(error instanceof TrunklineError)) throw error;
    const check = { rule: error.code, severity: "block", subject: target, message: error.message } as const;
    return { checks: [{ ...check, fix: error.hint }], predicted: nothingPredicted };
  }
}

/** Of a move that cannot be judged. */
const nothingPredicted = { totalMs: 0, downtimeMs: 0, bytes: 0, rounds: 0, converges: false, basis: "not judged" };
