/** The laws of admission, over random clusters and random sequences of requests, ends and cancellations. */
import fc from "fast-check";
import { pathFinder } from "@trunkline/fabric";
import { describe, expect, it } from "vitest";
import { admit } from "./admit.ts";
import type { Admission, MoveInFlight, MoveWaiting } from "./admit.ts";
import { flies, hostNames, paused, star, unpaused, waits } from "./cluster.fixture.ts";

const hosts = hostNames(4);
const step = 8 * 1024 * 1024;

const budget = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
const hostBudget = fc.record({ in: budget, out: budget }).map(({ in: into, out }) => ({
  ...(into === undefined ? {} : { in: into }),
  ...(out === undefined ? {} : { out }),
}));
const linkBudget = fc.record({ moves: budget, steps: fc.option(fc.integer({ min: 3, max: 40 }), { nil: undefined }) });
const cluster = fc
  .tuple(fc.array(hostBudget, { minLength: 4, maxLength: 4 }), fc.array(linkBudget, { minLength: 4, maxLength: 4 }))
  .map(([ofHosts, ofLinks]) =>
    star(hosts, {
      hosts: Object.fromEntries(hosts.map((host, index) => [host, ofHosts[index] ?? {}])),
      links: Object.fromEntries(
        hosts.map((host, index) => {
          const { moves, steps } = ofLinks[index] ?? {};
          const rate = steps === undefined ? {} : { rateBps: steps * step };
          return [host, { ...(moves === undefined ? {} : { moves }), ...rate }];
        }),
      ),
    }),
  );

const way = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 3 })).map(([source, apart]) => ({
  source: hosts[source] ?? "",
  target: hosts[(source + apart) % 4] ?? "",
}));
const wish = fc.record({
  vm: fc.integer({ min: 1, max: 9 }),
  way,
  priority: fc.constantFrom<number>(0, 0, 0, 5),
  rateSteps: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  origin: fc.constantFrom("operator" as const, "drs" as const),
});
type Wish = typeof wish extends fc.Arbitrary<infer Value> ? Value : never;
type Deed =
  | { readonly kind: "ask"; readonly wish: Wish }
  | { readonly kind: "end" | "cancel" | "unsettle"; readonly which: number }
  | { readonly kind: "pause" | "resume" };
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 5, arbitrary: wish.map((asked) => ({ kind: "ask" as const, wish: asked })) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("end" as const, "end" as const, "end" as const, "cancel" as const, "unsettle" as const),
      which: fc.nat(30),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ kind: "pause" as const }, { kind: "resume" as const }) },
);

const asMove = (number: number, { vm, way: { source, target }, priority, rateSteps, origin }: Wish): MoveWaiting =>
  waits(`m${number}`, `vm${vm} ${source} ${target}`, {
    priority,
    origin,
    ...(rateSteps === undefined ? {} : { maxRateBps: rateSteps * step }),
  });

/** A controller reduced to its lists. */
class Queue {
  waiting: MoveWaiting[] = [];
  inFlight: MoveInFlight[] = [];
  automation = unpaused;
  last: Admission = { start: [], waiting: [] };
  readonly #inventory: ReturnType<typeof star>;
  #asked = 0;

  constructor(inventory: ReturnType<typeof star>) {
    this.#inventory = inventory;
  }

  ask(asked: Wish): MoveWaiting {
    this.#asked += 1;
    const move = asMove(this.#asked, asked);
    this.waiting.push(move);
    return move;
  }

  do(what: Deed): void {
    if (what.kind === "ask") this.ask(what.wish);
    if (what.kind === "end") this.inFlight.splice(what.which % Math.max(1, this.inFlight.length), 1);
    if (what.kind === "cancel") this.waiting.splice(what.which % Math.max(1, this.waiting.length), 1);
    if (what.kind === "unsettle")
      this.inFlight = this.inFlight.map((move, index) =>
        index === what.which ? { ...move, isUnsettled: true } : move,
      );
    if (what.kind === "pause") this.automation = paused;
    if (what.kind === "resume") this.automation = unpaused;
    this.admit();
  }

  admit(): void {
    const { waiting, inFlight, automation } = this;
    this.last = admit({ waiting, inFlight, automation, inventory: this.#inventory });
    for (const { id, rateBps } of this.last.start) {
      const { request } = waiting.find((move) => move.request.id === id) ?? { request: flies("none", "") };
      this.inFlight.push({ ...request, ...(rateBps === undefined ? {} : { maxRateBps: rateBps }) });
    }
    const started = new Set<string>(this.last.start.map((move) => move.id));
    this.waiting = waiting.filter((move) => !started.has(move.request.id));
  }

  hasStarted(id: string): boolean {
    return this.inFlight.some((move) => move.id === id);
  }
}

function exceeded(inventory: ReturnType<typeof star>, inFlight: readonly MoveInFlight[]): readonly string[] {
  const pathOf = pathFinder(inventory);
  const overHosts = inventory.hosts.flatMap(({ name, moveBudget }) => [
    ...(inFlight.filter((move) => move.target === name).length > (moveBudget?.in ?? 2) ? [`${name} in`] : []),
    ...(inFlight.filter((move) => move.source === name).length > (moveBudget?.out ?? 2) ? [`${name} out`] : []),
  ]);
  const directions = inventory.links.flatMap((link) => [link.a, link.b].map(({ device: from }) => ({ link, from })));
  const overLinks = directions.flatMap(({ link, from }) => {
    const crossing = inFlight.filter((move) => {
      const path = pathOf(move.source, move.target);
      return path.kind === "known" && path.links.some((crossed) => crossed.link === link && crossed.from === from);
    });
    const rate = crossing.reduce((sum, move) => sum + (move.maxRateBps ?? Infinity), 0);
    const { moves = Infinity, rateBps = Infinity } = link.moveBudget ?? {};
    return crossing.length > moves || (rateBps < Infinity && rate > rateBps) ? [link.b.port] : [];
  });
  const vms = inFlight.map((move) => move.vm);
  const doubled = vms.filter((vm, index) => vms.indexOf(vm) !== index);
  return [...overHosts, ...overLinks, ...doubled];
}

describe("the laws of admission", () => {
  it("never exceeds a budget, never moves a VM twice at a time, and leaves nobody without a reason", () => {
    fc.assert(
      fc.property(cluster, fc.array(deed, { maxLength: 60 }), (inventory, deeds) => {
        const queue = new Queue(inventory);
        for (const what of deeds) {
          queue.do(what);
          expect(exceeded(inventory, queue.inFlight)).toEqual([]);
          expect(queue.last.waiting.map(({ id }) => id).toSorted()).toEqual(
            queue.waiting.map(({ request }) => request.id).toSorted(),
          );
          for (const { waitsFor } of queue.last.waiting) expect(waitsFor.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("has nothing more to start when it is asked again", () => {
    fc.assert(
      fc.property(cluster, fc.array(wish, { maxLength: 30 }), (inventory, wishes) => {
        const queue = new Queue(inventory);
        for (const asked of wishes) queue.ask(asked);
        queue.admit();
        queue.admit();
        expect(queue.last.start).toEqual([]);
      }),
    );
  });

  it("does not depend on the order in which moves are listed", () => {
    const listed = fc.array(wish, { maxLength: 20 });
    fc.assert(
      fc.property(
        cluster,
        listed,
        fc.array(wish, { maxLength: 6 }),
        fc.boolean(),
        (inventory, wishes, flying, isPaused) => {
          // Three of each millisecond: the id has to decide between them.
          const waiting = wishes.map((asked, index) => ({
            ...asMove(index, asked),
            askedAt: new Date(Math.floor(index / 3)).toISOString(),
          }));
          const inFlight = flying.map((asked, index) => asMove(100 + index, asked).request);
          const automation = isPaused ? paused : unpaused;
          const forwards = admit({ waiting, inFlight, inventory, automation });
          const backwards = admit({
            waiting: waiting.toReversed(),
            inFlight: inFlight.toReversed(),
            inventory: { ...inventory, hosts: inventory.hosts.toReversed(), links: inventory.links.toReversed() },
            automation,
          });
          expect(backwards).toEqual(forwards);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("starts the first in order when all that was in flight has ended, whoever asks and ends in between", () => {
    const crowd = fc.array(wish, { maxLength: 12 });
    const traffic = fc.array(fc.record({ wish, ends: fc.array(fc.nat(20), { maxLength: 3 }) }), { maxLength: 40 });
    fc.assert(
      fc.property(cluster, crowd, wish, traffic, (inventory, before, first, rounds) => {
        const queue = new Queue(inventory);
        for (const asked of before) queue.do({ kind: "ask", wish: asked });
        queue.waiting = [];
        const olds = new Set<string>(queue.inFlight.map((move) => move.id));
        const move = queue.ask({ ...first, vm: 10, priority: 9 });
        queue.admit();
        // The old moves end last of all: what came later must not have lived on the first one's slots.
        for (const { wish: asked, ends } of rounds) {
          for (const end of ends) {
            const news = queue.inFlight.filter((flying) => !olds.has(flying.id) && flying.id !== move.request.id);
            const ended = news[end % Math.max(1, news.length)];
            queue.inFlight = queue.inFlight.filter((flying) => flying !== ended);
          }
          queue.do({ kind: "ask", wish: asked });
        }
        queue.inFlight = queue.inFlight.filter((flying) => !olds.has(flying.id));
        queue.admit();
        expect(queue.hasStarted(move.request.id)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("starts every move within a bounded number of ends, however many equals keep asking", () => {
    fc.assert(
      fc.property(
        cluster,
        fc.array(wish, { maxLength: 15 }),
        fc.array(wish, { minLength: 1, maxLength: 9 }),
        (inventory, ahead, crowd) => {
          const queue = new Queue(inventory);
          for (const asked of ahead) queue.ask({ ...asked, priority: 0 });
          const mostInFlight = 4 * 3;
          const last = queue.ask({ ...(ahead[0] ?? crowd[0] ?? neverAsked), priority: 0 });
          queue.admit();
          const bound = (ahead.length + 1) * mostInFlight;
          let ends = 0;
          const seen = new Set<string>();
          for (; ends <= bound && !seen.has(last.request.id); ends += 1) {
            const fresh = crowd[ends % crowd.length] ?? neverAsked;
            queue.ask({ ...fresh, priority: 0 });
            for (const { id } of queue.inFlight) seen.add(id);
            // The oldest ends first, so that a bound in ends is one at all.
            queue.inFlight.shift();
            queue.admit();
            for (const { id } of queue.last.start) seen.add(id);
          }
          expect(ends).toBeLessThanOrEqual(bound);
        },
      ),
      { numRuns: 200 },
    );
  });
});

const neverAsked: Wish = {
  vm: 1,
  way: { source: "h1", target: "h2" },
  priority: 0,
  rateSteps: undefined,
  origin: "operator",
};
