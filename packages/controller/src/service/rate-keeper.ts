/**
 * Keeps moves gentle to the links that they share, while they copy: what each link has for moves is divided among them anew
 * whenever one begins or ends, and where a link's capacity is known, other traffic goes first: its counters are read twice a
 * second, and the rates follow (scheduler/rates).
 *
 * A rate is told to the source's hypervisor as it copies. One that cannot be told stays as it was until the next look.
 */
import { linkId } from "@trunkline/fabric";
import type { Fabric } from "@trunkline/fabric";
import { LinkYield, rateStepBps, shareRates } from "@trunkline/scheduler";
import type { LinkTraffic, MoveId } from "@trunkline/model";
import type { PortCounters, TransferProgress, World } from "@trunkline/ports";
import type { LinkUser, RateOffers } from "../decide/judge-move.ts";
import { limits } from "../limits.ts";
import { carriedBytes, readCounters } from "../verify/link-meter.ts";

interface Keeping extends LinkUser {
  grantedBps: number | undefined;
  sent: Reading | undefined;
  /** At the look before. */
  sentBefore: Reading | undefined;
}

interface Reading {
  readonly bytes: number;
  readonly atMs: number;
}

interface BoundLink {
  readonly id: string;
  readonly budgetBps: number | undefined;
  readonly yielding: LinkYield | undefined;
  /** What each direction had carried at the look before, by the name of the device that sends. */
  readonly carried: Map<string, Reading>;
}

export class RateKeeper implements RateOffers {
  readonly #world: World;
  readonly #moves = new Map<MoveId, Keeping>();
  readonly #links = new Map<string, BoundLink>();
  readonly #over = new AbortController();
  #isLooking = false;

  constructor(world: World) {
    this.#world = world;
  }

  offerBps(move: LinkUser, fabric: Fabric): number | undefined {
    // Nobody uses what was learned of them: capacities and budgets may have changed since.
    if (this.#moves.size === 0) this.#links.clear();
    this.#learn(move, fabric);
    return this.#shares([...this.#moves.values(), move]).get(move.id);
  }

  /** Its copy begins with this rate. */
  begin(move: LinkUser, grantedBps: number | undefined): void {
    if (!move.links.some(({ link }) => this.#links.has(link))) return;
    this.#moves.set(move.id, { ...move, grantedBps, sent: undefined, sentBefore: undefined });
    void this.#look();
  }

  progress(id: MoveId, { memorySentBytes }: TransferProgress): void {
    const move = this.#moves.get(id);
    if (move !== undefined) move.sent = { bytes: memorySentBytes, atMs: this.#world.clock.nowMs() };
  }

  end(id: MoveId): void {
    if (this.#moves.delete(id) && this.#moves.size === 0) this.#links.clear();
  }

  close(): void {
    this.#over.abort();
  }

  /** Links of its way that have a bound are known from now on, until no move is kept. */
  #learn({ links }: LinkUser, fabric: Fabric): void {
    const wanted = new Set(links.map(({ link }) => link));
    for (const link of fabric.links) {
      const id = linkId(link);
      if (!wanted.has(id) || this.#links.has(id)) continue;
      const { capacityBps, capacityBackBps = capacityBps, moveBudget } = link;
      // The narrower direction: moves in both are rare, and yield to it together.
      const least = Math.min(capacityBps ?? Infinity, capacityBackBps ?? Infinity);
      const budgetBps = moveBudget?.rateBps;
      if (!Number.isFinite(least) && budgetBps === undefined) continue;
      const yielding = Number.isFinite(least) ? new LinkYield(least, budgetBps) : undefined;
      this.#links.set(id, { id, budgetBps, yielding, carried: new Map() });
    }
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      while (this.#moves.size > 0) {
        await this.#measure();
        await this.#renew();
        await this.#world.clock.sleep(limits.rateLookMs, this.#over.signal);
      }
    } catch {
      // It is over, or a clock that stopped: the rates stay as they are.
    } finally {
      this.#isLooking = false;
    }
  }

  async #measure(): Promise<void> {
    const yielding = [...this.#links.values()].filter((link) => link.yielding !== undefined);
    const used = [...this.#moves.values()].flatMap(({ links }) => links);
    const watched = used.filter(({ link }) => yielding.some(({ id }) => id === link));
    if (watched.length > 0) {
      const counters = await readCounters(this.#world, watched, this.#world.clock.deadline(limits.meterMs));
      for (const link of yielding) this.#yield(link, watched, counters);
    }
    for (const move of this.#moves.values()) move.sentBefore = move.sent;
  }

  /** By the direction that carries most. A switch that does not answer changes nothing. */
  #yield(
    { id, yielding, carried }: BoundLink,
    watched: readonly LinkTraffic[],
    counters: ReadonlyMap<string, readonly PortCounters[]>,
  ): void {
    const atMs = this.#world.clock.nowMs();
    const directions = new Map(watched.filter(({ link }) => link === id).map((way) => [way.from, way]));
    const looks = [...directions.values()].flatMap((way) => {
      const bytes = carriedBytes(counters, way);
      if (bytes === undefined) return [];
      const before = carried.get(way.from);
      carried.set(way.from, { bytes, atMs });
      if (before === undefined || bytes < before.bytes) return [];
      const movesBps = this.#movesBps(way);
      return movesBps === undefined ? [] : [{ carriedBps: bpsBetween(before, { bytes, atMs }), movesBps }];
    });
    const [busiest] = looks.toSorted((a, b) => b.carriedBps - a.carriedBps);
    if (busiest !== undefined) yielding?.look(busiest);
  }

  /** Undefined where one of them has not said how far it came: what it sent would be taken for others' traffic. */
  #movesBps({ link, from }: LinkTraffic): number | undefined {
    let sum = 0;
    for (const { links, sent, sentBefore } of this.#moves.values()) {
      if (!links.some((way) => way.link === link && way.from === from)) continue;
      if (sent === undefined || sentBefore === undefined || sent.atMs <= sentBefore.atMs) return undefined;
      sum += bpsBetween(sentBefore, sent);
    }
    return sum;
  }

  async #renew(): Promise<void> {
    const shares = this.#shares([...this.#moves.values()]);
    // Those that get less go first, so that together they never have more than there is.
    const changes = [...this.#moves.values()]
      .flatMap((move) => {
        const bps = shares.get(move.id);
        const isOther = bps !== undefined && Math.abs(bps - (move.grantedBps ?? Infinity)) >= rateStepBps;
        return isOther ? [{ move, bps }] : [];
      })
      .toSorted((a, b) => a.bps - (a.move.grantedBps ?? Infinity) - (b.bps - (b.move.grantedBps ?? Infinity)));
    for (const { move, bps } of changes) {
      const deadline = this.#world.clock.deadline(limits.progressDeadlineMs);
      try {
        await this.#world.hypervisor(move.source).tune(move.vm, { maxRateBps: bps }, deadline);
        move.grantedBps = bps;
      } catch {
        // It has not begun to copy, or is over by now; the next look tells it again.
      }
    }
  }

  #shares(moves: readonly LinkUser[]): ReadonlyMap<MoveId, number> {
    const left = new Map(
      [...this.#links.values()].map(({ id, yielding, budgetBps }) => [
        id,
        yielding?.allowedBps ?? budgetBps ?? Infinity,
      ]),
    );
    return shareRates(
      moves.map(({ id, links, askedBps }) => ({
        id,
        links: [...new Set(links.map(({ link }) => link))],
        ...(askedBps === undefined ? {} : { askedBps }),
      })),
      left,
    );
  }
}

function bpsBetween(before: Reading, after: Reading): number {
  const ms = after.atMs - before.atMs;
  return ms <= 0 ? 0 : ((after.bytes - before.bytes) * 8 * 1000) / ms;
}
