/**
 * The controller's own share of the switch-over: the guest stands still from the source's last pass until the target got
 * Finish, so every millisecond between the reply to Perform and the sending of Finish is ours. Measured by standing
 * between the controller and its ports.
 */
import { assert } from "@trunkline/model";
import type { Journal, World } from "@trunkline/ports";

export interface OwnShare {
  /** From the reply to Perform to the sending of Finish; the guest waits. */
  readonly performToFinishMs: number;
  /** From the reply to Finish to the sending of Confirm; only the hosts wait. */
  readonly finishToConfirmMs: number;
  /** Each writing of the journal during the move, in order, its flush to the disk included. */
  readonly appendsMs: readonly number[];
}

type Moment = "performed" | "finishing" | "finished" | "confirming";

export class ShareClock {
  readonly #moments = new Map<Moment, number>();
  #appendsMs: number[] = [];

  begin(): void {
    this.#moments.clear();
    this.#appendsMs = [];
  }

  end(): OwnShare {
    return {
      performToFinishMs: this.#between("performed", "finishing"),
      finishToConfirmMs: this.#between("finished", "confirming"),
      appendsMs: this.#appendsMs,
    };
  }

  around(journal: Journal): Journal {
    return {
      readOnly: journal.readOnly,
      addMove: async (request, state) => await journal.addMove(request, state),
      append: async (id, event, state) => {
        const startedMs = performance.now();
        await journal.append(id, event, state);
        this.#appendsMs.push(performance.now() - startedMs);
      },
      amend: async (id, request) => await journal.amend(id, request),
      pageMoves: async (page) => await journal.pageMoves(page),
      addReport: async (id, report) => await journal.addReport(id, report),
      listMoves: async (limit) => await journal.listMoves(limit),
      findMove: async (id) => await journal.findMove(id),
      transitions: async (id) => await journal.transitions(id),
      unreported: async () => await journal.unreported(),
      unfinished: async () => await journal.unfinished(),
      close: async () => await journal.close(),
    };
  }

  aroundTransfers(world: World): World {
    return {
      ...world,
      openTransfer: async (source, target, options, signal) => {
        const transfer = await world.openTransfer(source, target, options, signal);
        return {
          begin: async (until) => await transfer.begin(until),
          prepare: async (until) => await transfer.prepare(until),
          perform: async (until) => {
            await transfer.perform(until);
            this.#mark("performed");
          },
          startPostCopy: async (until) => await transfer.startPostCopy(until),
          finish: async (until) => {
            this.#mark("finishing");
            await transfer.finish(until);
            this.#mark("finished");
          },
          confirm: async (until) => {
            this.#mark("confirming");
            await transfer.confirm(until);
          },
          performPeerToPeer: async (until) => await transfer.performPeerToPeer(until),
          encryption: () => transfer.encryption(),
          unwind: async (until) => await transfer.unwind(until),
          resumeSource: async (until) => await transfer.resumeSource(until),
          releaseSource: async (until) => await transfer.releaseSource(until),
          close: async () => await transfer.close(),
        };
      },
    };
  }

  #mark(moment: Moment): void {
    this.#moments.set(moment, performance.now());
  }

  #between(from: Moment, until: Moment): number {
    const [begun, ended] = [this.#moments.get(from), this.#moments.get(until)];
    assert(begun !== undefined && ended !== undefined, "a completed move went through all its phases");
    return ended - begun;
  }
}
