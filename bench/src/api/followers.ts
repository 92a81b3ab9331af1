/**
 * Clients of the event stream, each on a connection of its own that it drops at random and resumes with Last-Event-ID.
 * Every client writes down what it got; in the end each must have every number once and in order.
 */
import type { RawMessage } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import type { Load } from "./load.ts";
import type { BenchService } from "./service.ts";
import { followOnce } from "./stream-connection.ts";

export interface FollowFigures {
  readonly latencyMs: readonly number[];
  readonly reconnects: number;
  readonly delivered: number;
  /** What the server computed for a thousand deliveries. */
  readonly thousandCpuMs: number;
  readonly lost: number;
  readonly doubled: number;
}

export async function followAll(service: BenchService, load: Load, signal: AbortSignal): Promise<FollowFigures> {
  const followers = Array.from({ length: load.clients }, () => new Follower(service, load));
  const following: Promise<void>[] = [];
  for (const follower of followers) {
    following.push(follower.follow(signal));
    if (following.length % beginAtOnce === 0) await Promise.race([follower.begun, ...following]);
  }
  const all = Promise.all(following);
  await Promise.race([Promise.all(followers.map(async ({ begun }) => begun)), all]);
  const before = await service.usage();
  await service.publish(load.events, load.eventsPerS);
  await all;
  const sum = (figure: (follower: Follower) => number): number =>
    followers.reduce((total, follower) => total + figure(follower), 0);
  const delivered = sum(({ seen }) => seen.length);
  return {
    thousandCpuMs: ((await service.usage()).cpuMs - before.cpuMs) / (delivered / 1_000),
    latencyMs: followers.flatMap(({ latencyMs }) => latencyMs),
    reconnects: sum(({ reconnects }) => reconnects),
    delivered,
    lost: sum(({ seen }) => load.events - new Set(seen).size),
    doubled: sum(
      ({ seen }) => seen.filter((sequence, index) => index > 0 && sequence <= (seen[index - 1] ?? 0)).length,
    ),
  };
}

/** Clients do not begin all in one moment; a service that has just started sees them come over seconds. */
const beginAtOnce = 25;

class Follower {
  readonly seen: number[] = [];
  readonly latencyMs: number[] = [];
  readonly begun: Promise<void>;
  reconnects = 0;
  #onBegun: () => void = () => undefined;
  readonly #service: BenchService;
  readonly #load: Load;

  constructor(service: BenchService, load: Load) {
    this.#service = service;
    this.#load = load;
    this.begun = new Promise((resolve) => (this.#onBegun = resolve));
  }

  /** Until the last event has come. The store is new, so the numbers begin with 1. */
  async follow(signal: AbortSignal): Promise<void> {
    const { url, token } = this.#service;
    for (let last = 0; last < this.#load.events; last = this.seen.at(-1) ?? 0) {
      if (this.seen.length > 0) this.reconnects += 1;
      await followOnce({ url, token, last, take: (message) => this.#take(message) }, signal);
    }
  }

  /** @returns whether this connection is over. */
  #take({ name, id, data }: RawMessage): boolean {
    this.#onBegun();
    if (name === "reset") throw new TrunklineError("internal.defect", "the service lost events that it should keep");
    if (name !== "message") return false;
    this.seen.push(Number(id));
    const sentAtMs = Number((JSON.parse(data) as { readonly event: { readonly text: string } }).event.text);
    this.latencyMs.push(performance.timeOrigin + performance.now() - sentAtMs);
    return Number(id) === this.#load.events || Math.random() * this.#load.cutOneIn < 1;
  }
}
