/**
 * A demonstration whose load never changes shows nothing. Here every VM's demand swings around what its specification
 * says, each with a period of its own, and a little chance on top.
 */
import type { Clock } from "@trunkline/ports";
import type { SeededRandom } from "../clock/seeded-random.ts";
import type { SimulatedCluster } from "../cluster/cluster.ts";
import { pace } from "../limits.ts";

/** Runs until the signal is aborted. */
export async function followHabits(
  cluster: SimulatedCluster,
  clock: Clock,
  random: SeededRandom,
  signal: AbortSignal,
): Promise<void> {
  const habits = cluster.vms.map(({ name, cpuDemand }) => ({
    name,
    usual: cpuDemand,
    periodMs: minutesMs(5 + 25 * random.next()),
    phase: 2 * Math.PI * random.next(),
  }));
  while (!signal.aborted) {
    for (const { name, usual, periodMs, phase } of habits) {
      const swing = Math.sin((2 * Math.PI * clock.nowMs()) / periodMs + phase);
      cluster.setCpuDemand(name, usual * (1 + 0.6 * swing + 0.2 * (random.next() - 0.5)));
    }
    try {
      await clock.sleep(pace.habitMs, signal);
    } catch {
      return;
    }
  }
}

const minutesMs = (minutes: number): number => minutes * 60_000;
