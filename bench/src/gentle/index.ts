/**
 * `gentle`
 *
 * Moves beside other traffic on one uplink: a TCP connection that wants 40 % of it, then one move and three moves at once, with
 * the rates that follow the link and without. What is left to the connection, and how long the moves take beside what the link
 * had left for them.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Service, openStore, realWorld, silentLog, systemClock } from "@trunkline/controller";
import type { Lab } from "@trunkline/lab";
import { hostName } from "@trunkline/model";
import type { Inventory, MoveReport } from "@trunkline/model";
import { withLab } from "../bench-lab.ts";
import { atLeast, atMost } from "../bench-result.ts";
import type { BenchOptions, BenchResult } from "../bench-result.ts";
import { tableOf } from "../table.ts";
import { startForeground } from "./foreground.ts";

export const description =
  "what one and three moves at once leave to other traffic on a shared uplink, and how long they take";

export async function run(options: BenchOptions): Promise<BenchResult> {
  return await withLab(options, async (lab) => await measure(lab, options), topology);
}

interface Round {
  readonly moves: number;
  readonly follows: boolean;
  /** Of the other traffic, while the moves were under way. */
  readonly foregroundBps: number;
  /** From the beginning of the first, when its guest has been watched and all is decided, to the end of the last. */
  readonly makespanMs: number;
  readonly bytes: number;
  /** What the moves' bytes take at the rate that the other traffic leaves. */
  readonly optimumMs: number;
}

async function measure(lab: Lab, { quick, log, signal }: BenchOptions): Promise<BenchResult> {
  for (const vm of vms) await lab.loadGuest(vm, { bufferMiB: quick ? 64 : bufferMiB, workingSetMiB: 8, rateMiBps: 1 });
  const alone = await aloneBps(lab);
  log(`the other traffic alone: ${mbit(alone)}`);
  const rounds: Round[] = [];
  for (const moves of quick ? [1] : [1, 3])
    for (const follows of [true, false]) {
      const round = await oneRound(lab, { moves, follows, alone }, signal);
      rounds.push(round);
      const how = follows ? "rates that follow the link" : "no bound";
      const took = `${(round.makespanMs / 1000).toFixed(1)} s, ${(round.optimumMs / 1000).toFixed(1)} s at best`;
      log(`${moves} move(s), ${how}: the other traffic has ${mbit(round.foregroundBps)}, the moves take ${took}`);
    }
  const following = rounds.filter(({ follows }) => follows);
  const kept = Math.min(...following.map(({ foregroundBps }) => foregroundBps / alone));
  const stretch = Math.max(...following.map(({ makespanMs, optimumMs }) => makespanMs / optimumMs));
  return {
    figures: { aloneBps: alone, rounds },
    bars: [
      atLeast("what the other traffic keeps of its rate, worst round", kept, "", 0.9),
      atMost("makespan of the moves to the fluid optimum, worst round", stretch, "", 1.15),
    ],
    table: tableOf([
      ["moves", "rates", "other traffic", "of its rate", "makespan, s", "optimum, s", "ratio"],
      ["none", "", mbit(alone), "100 %", "", "", ""],
      ...rounds.map(({ moves, follows, foregroundBps, makespanMs, optimumMs }) => [
        String(moves),
        follows ? "follow the link" : "without bound",
        mbit(foregroundBps),
        `${((100 * foregroundBps) / alone).toFixed(0)} %`,
        (makespanMs / 1000).toFixed(1),
        (optimumMs / 1000).toFixed(1),
        (makespanMs / optimumMs).toFixed(2),
      ]),
    ]),
  };
}

async function aloneBps(lab: Lab): Promise<number> {
  const stop = await startForeground(lab, { host: "h1", wantedBps, mostS: aloneS + 5 });
  const from = performance.now();
  await pause(aloneS * 1000);
  const foreground = await stop();
  return foreground.rateBps(from + 1000, from + aloneS * 1000);
}

async function oneRound(
  lab: Lab,
  { moves, follows, alone }: { readonly moves: number; readonly follows: boolean; readonly alone: number },
  signal: AbortSignal,
): Promise<Round> {
  const whole = lab.inventory();
  const links = follows ? whole.links : whole.links.map(({ capacityBps: _unknown, ...link }) => link);
  const inventory: Inventory = { ...whole, links, probes: [] };
  await using desk = await openDesk(lab, inventory);
  const stop = await startForeground(lab, { host: "h1", wantedBps, mostS: mostMoveS });
  await pause(1_500);
  const done = await Promise.all(
    vms.slice(0, moves).map(async (vm) => {
      const report = await desk.move(vm, "h2");
      const endMs = performance.now();
      return { report, endMs, beginMs: endMs - (report.measured?.moveMs ?? 0) };
    }),
  );
  const reports = done.map(({ report }) => report);
  const to = performance.now();
  const foreground = await stop();
  // Back again with the way for themselves: that is no part of the question.
  await Promise.all(vms.slice(0, moves).map(async (vm) => await desk.move(vm, "h1")));
  signal.throwIfAborted();
  const bytes = reports.reduce((sum, { measured }) => sum + (measured?.bytesSent ?? 0), 0);
  const copyFromMs = Math.min(
    ...done.map(({ beginMs, report }) => beginMs + (report.measured?.phases["preparing"] ?? 0)),
  );
  return {
    moves,
    follows,
    foregroundBps: foreground.rateBps(copyFromMs, to),
    makespanMs: Math.max(...done.map(({ endMs }) => endMs)) - Math.min(...done.map(({ beginMs }) => beginMs)),
    bytes,
    optimumMs: (bytes * headers * 8 * 1000) / (capacityBps - alone * headers),
  };
}

interface Desk extends AsyncDisposable {
  move(vm: string, target: string): Promise<MoveReport>;
}

async function openDesk(lab: Lab, inventory: Inventory): Promise<Desk> {
  const folder = join(lab.plan.folder, "bench-state");
  mkdirSync(folder, { recursive: true });
  const store = await openStore({ path: join(folder, "journal.db"), clock: systemClock });
  const world = realWorld(inventory);
  const service = new Service({
    world,
    store,
    as: "command",
    observeIntervalMs: 3_600_000,
    maxMoves: vms.length,
    log: silentLog,
  });
  await service.start();
  return {
    move: async (vm, target) => {
      const wish = {
        vm,
        target: hostName(target),
        driver: "client",
        mode: "auto",
        handover: false,
        priority: 0,
      } as const;
      const { request } = await service.requestMove(wish, "bench");
      for (;;) {
        const { report } = await service.findMove(request.id);
        if (report?.outcome === "completed") return report;
        if (report !== null) throw new TypeError(`${vm} ended ${report.outcome}: ${report.failure?.message ?? ""}`);
        await pause(50);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await service.stop(AbortSignal.abort());
      await world.close();
      await store.close();
    },
  };
}

const topology = fileURLToPath(new URL("shared-uplink.yaml", import.meta.url));
const vms = ["vm1", "vm2", "vm3"];
const capacityBps = 200e6;
/** 40 % of the uplink: what is left is some dozen of the steps in which libvirt takes a rate, 8.4 Mbit/s. */
const wantedBps = 80e6;
/** The more there is to send, the less it matters what starting and stopping a move take beside it: some 2.5 s. */
const bufferMiB = 640;
const aloneS = 6;
const mostMoveS = 420;
/** Of a full frame: Ethernet with its VLAN, IP and TCP with a timestamp beside 1448 bytes of what is carried. */
const headers = (18 + 20 + 32 + 1448) / 1448;
const mbit = (bps: number): string => `${(bps / 1e6).toFixed(0)} Mbit/s`;
