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
  /** Until it copies, it has the rate that it is to begin with and can be told no other. */
  isCopying: boolean;
  /** Undefined where its hypervisor did not say. */
  sent: Reading | undefined;
  /** At the look before. */
  sentBefore: Reading | undefined;
}

interface Reading {
  readonly bytes: number;
  readonly atMs: number;
}

/** One direction of a link: it carries both at once, so what goes one way takes nothing from the other. */
interface BoundLink {
  readonly way: Pick<LinkTraffic, "link" | "from" | "to">;
  readonly budgetBps: number | undefined;
  readonly yielding: LinkYield | undefined;
  /** What it had carried at the look before. */
  carried: Reading | undefined;
}

const directionOf = ({ link, from }: Pick<LinkTraffic, "link" | "from">): string => `${link} from ${from}`;

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
    if (!move.links.some((way) => this.#links.has(directionOf(way)))) return;
    const sent = { bytes: 0, atMs: this.#world.clock.nowMs() };
    this.#moves.set(move.id, { ...move, grantedBps, isCopying: false, sent, sentBefore: undefined });
    void this.#look();
  }

  end(id: MoveId): void {
    if (this.#moves.delete(id) && this.#moves.size === 0) this.#links.clear();
  }

  close(): void {
    this.#over.abort();
  }

  /** What of its way has a bound is known from now on, until no move is kept. */
  #learn({ links }: LinkUser, fabric: Fabric): void {
    const described = new Map(fabric.links.map((link) => [linkId(link), link]));
    for (const { link: id, from, to } of links) {
      const link = described.get(id);
      const direction = directionOf({ link: id, from });
      if (link === undefined || this.#links.has(direction)) continue;
      const capacityBps = from === link.a.device ? link.capacityBps : (link.capacityBackBps ?? link.capacityBps);
      const budgetBps = link.moveBudget?.rateBps;
      if (capacityBps === undefined && budgetBps === undefined) continue;
      const yielding = capacityBps === undefined ? undefined : new LinkYield(capacityBps, budgetBps);
      this.#links.set(direction, { way: { link: id, from, to }, budgetBps, yielding, carried: undefined });
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

  /** Links and moves at the same moment: QEMU sends ten times a second what a tenth of one may carry. */
  async #measure(): Promise<void> {
    const yielding = [...this.#links.values()].filter((link) => link.yielding !== undefined);
    const moves = [...this.#moves.values()];
    const used = moves.flatMap(({ links }) => links);
    const watched = used.filter((way) => yielding.some((link) => directionOf(link.way) === directionOf(way)));
    const deadline = this.#world.clock.deadline(limits.meterMs);
    const [counters] = await Promise.all([
      readCounters(this.#world, watched, deadline),
      ...moves.map(async (move) => {
        await this.#ask(move, deadline);
      }),
    ]);
    for (const link of yielding) this.#yield(link, counters);
  }

  async #ask(move: Keeping, deadline: AbortSignal): Promise<void> {
    const { clock } = this.#world;
    move.sentBefore = move.sent;
    try {
      const progress = await this.#world.hypervisor(move.source).progress(move.vm, deadline);
      if (progress !== undefined) move.isCopying = true;
      // Before and after its copy it sends nothing.
      const bytes = progress === undefined ? move.sentBefore?.bytes : sentBytes(progress);
      move.sent = bytes === undefined ? undefined : { bytes, atMs: clock.nowMs() };
    } catch {
      move.sent = undefined;
    }
  }

  /** A switch that does not answer changes nothing. */
  #yield(link: BoundLink, counters: ReadonlyMap<string, readonly PortCounters[]>): void {
    const atMs = this.#world.clock.nowMs();
    const bytes = carriedBytes(counters, link.way);
    if (bytes === undefined) return;
    const before = link.carried;
    link.carried = { bytes, atMs };
    if (before === undefined || bytes < before.bytes) return;
    const movesBps = this.#movesBps(link.way);
    if (movesBps !== undefined) link.yielding?.look({ carriedBps: bpsBetween(before, { bytes, atMs }), movesBps });
  }

  /** Undefined where one of them has not said how far it came: what it sent would be taken for others' traffic. */
  #movesBps({ link, from }: BoundLink["way"]): number | undefined {
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
      .filter(({ isCopying }) => isCopying)
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
        // It is over by now, or the next look tells it again.
      }
    }
  }

  #shares(moves: readonly LinkUser[]): ReadonlyMap<MoveId, number> {
    const left = new Map(
      [...this.#links].map(([direction, { yielding, budgetBps }]) => [
        direction,
        yielding?.allowedBps ?? budgetBps ?? Infinity,
      ]),
    );
    return shareRates(
      moves.map(({ id, links, askedBps }) => ({
        id,
        links: [...new Set(links.map(directionOf))],
        ...(askedBps === undefined ? {} : { askedBps }),
      })),
      left,
    );
  }
}

/** Disks that travel are the move's own traffic, too. */
const sentBytes = ({ memorySentBytes, disks }: TransferProgress): number =>
  memorySentBytes + (disks === undefined ? 0 : disks.totalBytes - disks.remainingBytes);

function bpsBetween(before: Reading, after: Reading): number {
  const ms = after.atMs - before.atMs;
  return ms <= 0 ? 0 : ((after.bytes - before.bytes) * 8 * 1000) / ms;
}
