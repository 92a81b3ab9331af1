/**
 * The ports with a stopwatch: the same journal and the same world, whose answer times are reported. What is measured
 * and what is not behaves alike, errors included; whoever is handed one cannot tell.
 */
import type { Clock, Hypervisor, Journal, Transfer, World } from "@trunkline/ports";
import type { ServiceMetrics } from "./service-metrics.ts";

type Methods<T> = readonly (keyof T & string)[];

const writes: Methods<Journal> = ["addMove", "amend", "append", "addReport"];

/** What a host's libvirt is asked. `watch` and `close` are no questions, and `measureDirt` takes as long as it was told to. */
const questions: Methods<Hypervisor> = [
  "listVms",
  "survey",
  "sight",
  "describeVm",
  "facts",
  "offers",
  "compareCpu",
  "progress",
  "tune",
  "lastTransfer",
  "announce",
  "abort",
  "resume",
  "destroy",
];

/** The calls of a transfer, without `perform`: it lasts as long as the copy. */
const calls: Methods<Transfer> = ["begin", "prepare", "finish", "confirm", "unwind", "resumeSource", "releaseSource"];

export function measuredJournal(
  journal: Journal,
  clock: Clock,
  metrics: Pick<ServiceMetrics, "journalAppended" | "journalFailed">,
): Journal {
  return measured(journal, writes, clock, (_name, seconds, isFailed) => {
    if (isFailed) metrics.journalFailed();
    else metrics.journalAppended(seconds);
  });
}

export function measuredWorld(world: World, metrics: Pick<ServiceMetrics, "observeRpc">): World {
  const { clock } = world;
  const observe = (name: string, seconds: number, isFailed: boolean): void => {
    metrics.observeRpc(kebabCase(name), seconds, isFailed);
  };
  return replaced(world, {
    hypervisor: (host) => measured(world.hypervisor(host), questions, clock, observe),
    openTransfer: async (...wish) => measured(await world.openTransfer(...wish), calls, clock, observe),
  });
}

function measured<T extends object>(
  inner: T,
  names: Methods<T>,
  clock: Clock,
  observe: (name: string, seconds: number, isFailed: boolean) => void,
): T {
  const timed = names.map((name) => {
    const method = Reflect.get(inner, name) as (...values: readonly unknown[]) => Promise<unknown>;
    const wrapped = async (...values: readonly unknown[]): Promise<unknown> => {
      const startedMs = clock.nowMs();
      let isFailed = true;
      try {
        const answer = await method.apply(inner, [...values]);
        isFailed = false;
        return answer;
      } finally {
        observe(name, (clock.nowMs() - startedMs) / msPerSecond, isFailed);
      }
    };
    return [name, wrapped] as const;
  });
  return replaced(inner, Object.fromEntries(timed) as Partial<T>);
}

/** All but the replaced members are the inner object's own, called on itself: it may have private fields. */
function replaced<T extends object>(inner: T, members: Partial<T>): T {
  return new Proxy(inner, {
    get: (target, key): unknown => {
      if (Object.hasOwn(members, key)) return Reflect.get(members, key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value as (...values: unknown[]) => unknown).bind(target) : value;
    },
  });
}

const kebabCase = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const msPerSecond = 1_000;
