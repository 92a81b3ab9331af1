/**
 * What it costs to know a large cluster: one collector over a thousand simulated libvirts with twenty VMs each, real
 * sockets and the real protocol between them. The hosts are another process; seconds, processor time and memory are of
 * the process that observes.
 */
import { Collector, realWorld } from "@trunkline/controller";
import { assert } from "@trunkline/model";
import type { Inventory, Snapshot } from "@trunkline/model";
import { atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { spreadOf } from "../paired.ts";
import type { Spread } from "../paired.ts";
import { tableOf } from "../table.ts";
import { withFleet } from "./fleet-process.ts";

export const description = "1,000 hosts with 20 VMs each, observed: seconds, processor time and memory of a cycle";

export async function run({ quick, log, signal }: BenchOptions): Promise<BenchResult> {
  log(`${hosts} simulated hosts with ${vmsPerHost} VMs each`);
  return await withFleet({ hosts, vmsPerHost }, signal, async (inventory) => {
    const figures = await observe(inventory, quick ? 6 : 30, log, signal);
    return {
      figures: { hosts, vmsPerHost, ...figures },
      bars: [
        atMost("hosts that were not up in the end", figures.hostsNotUp, "", 0),
        atMost("one cycle, median", figures.cycleS.median, "s", 2),
        atMost("resident memory in the end", figures.residentMiB, "MiB", 400),
      ],
      table: pageOf(figures),
    };
  });
}

interface Figures {
  readonly cycles: number;
  readonly openingS: number;
  readonly openingCpuS: number;
  readonly cycleS: Spread;
  readonly cycleCpuS: Spread;
  readonly snapshotMs: Spread;
  readonly residentBeforeMiB: number;
  readonly residentMiB: number;
  readonly hostsNotUp: number;
}

async function observe(
  inventory: Inventory,
  cycles: number,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<Figures> {
  const residentBeforeMiB = residentMiB();
  const world = realWorld(inventory);
  const collector = new Collector({
    world,
    // Nobody is asked but by the cycles that are measured.
    intervalMs: never,
    onEvents: () => undefined,
    maintenanceOf: () => "no",
    automation: () => automation,
  });
  try {
    const opening = await measured(async () => await collector.refresh(signal));
    log(`opened and described in ${opening.wallS.toFixed(2)} s`);
    const walls: number[] = [];
    const processors: number[] = [];
    const snapshots: number[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const { wallS, cpuS } = await measured(async () => await collector.refresh(signal));
      walls.push(wallS);
      processors.push(cpuS);
      snapshots.push((await measured(async () => void collector.current())).wallS * 1_000);
    }
    const hostsNotUp = await judge(collector, signal);
    return {
      cycles,
      openingS: opening.wallS,
      openingCpuS: opening.cpuS,
      cycleS: spreadOf(walls),
      cycleCpuS: spreadOf(processors),
      snapshotMs: spreadOf(snapshots),
      residentBeforeMiB,
      residentMiB: residentMiB(),
      hostsNotUp,
    };
  } finally {
    await collector.stop();
    await world.close();
  }
}

/** Figures of a cluster that nobody saw right would be worth nothing. */
async function judge(collector: Collector, signal: AbortSignal): Promise<number> {
  // Long enough after the cycle before for counters to give a rate.
  await new Promise((resolve) => {
    setTimeout(resolve, rateMs);
  });
  await collector.refresh(signal);
  const snapshot: Snapshot = collector.current();
  assert(snapshot.vms.length === hosts * vmsPerHost, "every VM is in the snapshot");
  assert(
    snapshot.vms.every((vm) => vm.cpuUsedRatio !== null && vm.cpuUsedRatio > 0 && vm.rxBps !== null && vm.rxBps > 0),
    "every VM's figures move",
  );
  assert(new Set(snapshot.vms.flatMap((vm) => vm.macs)).size === snapshot.vms.length, "every VM has its own address");
  return snapshot.hosts.filter(({ reach }) => reach.kind !== "up").length;
}

async function measured(work: () => Promise<void>): Promise<{ readonly wallS: number; readonly cpuS: number }> {
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wallS: (performance.now() - startedMs) / 1_000, cpuS: (user + system) / 1_000_000 };
}

function pageOf(figures: Figures): string {
  const { cycleS, cycleCpuS, snapshotMs } = figures;
  const row = (title: string, { min, median, max }: Spread): readonly string[] => [
    title,
    ...[min, median, max].map((value) => value.toFixed(2)),
  ];
  return [
    tableOf([
      [`${figures.cycles} cycles through ${hosts} hosts, ${hosts * vmsPerHost} VMs`, "min", "median", "max"],
      row("one cycle, s", cycleS),
      row("our processor time for it, s", cycleCpuS),
      row("the snapshot made of it, ms", snapshotMs),
    ]),
    "",
    tableOf([
      ["opening all connections and describing all VMs", ""],
      ["s", figures.openingS.toFixed(2)],
      ["our processor time, s", figures.openingCpuS.toFixed(2)],
      ["resident memory before, MiB", figures.residentBeforeMiB.toFixed(0)],
      ["resident memory in the end, MiB", figures.residentMiB.toFixed(0)],
    ]),
  ].join("\n");
}

const residentMiB = (): number => process.memoryUsage().rss / 2 ** 20;

const hosts = 1_000;
const vmsPerHost = 20;
const automation = { paused: false } as const;
/** Eleven days; a timer of Node takes no more than twice that. */
const never = 1_000_000_000;
const rateMs = 700;
