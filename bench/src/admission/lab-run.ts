/** The same question on real hosts: six moves over the link between two switches, there and back. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Service, openStore, realWorld, silentLog, systemClock } from "@trunkline/controller";
import type { Lab } from "@trunkline/lab";
import { hostName } from "@trunkline/model";
import type { Inventory } from "@trunkline/model";
import type { Policy } from "./cluster.ts";

export const topology = fileURLToPath(new URL("two-switches.yaml", import.meta.url));

export interface LabRun {
  readonly makespanMs: number;
  readonly sentBytes: number;
}

/** @param isThere whether they go to the hosts behind the second switch, or back again. */
export async function runInLab(lab: Lab, policy: Policy, isThere: boolean, signal: AbortSignal): Promise<LabRun> {
  const folder = join(lab.plan.folder, "bench-state");
  mkdirSync(folder, { recursive: true });
  const store = await openStore({ path: join(folder, "journal.db"), clock: systemClock });
  const world = realWorld(inventoryOf(lab, policy));
  const service = new Service({
    world,
    store,
    as: "service",
    observeIntervalMs: 3_600_000,
    maxMoves: vms.length,
    log: silentLog,
  });
  try {
    await service.start();
    const from = performance.now();
    const asked = await Promise.all(
      vms.map(async (vm, at) => {
        const target = hostName((isThere ? ["h3", "h4"] : ["h1", "h2"])[at % 2] ?? "");
        const wish = { vm, target, driver: "client", mode: "auto", handover: false, priority: 0 } as const;
        return await service.requestMove(wish, "bench");
      }),
    );
    let sentBytes = 0;
    for (const { request } of asked)
      for (;;) {
        signal.throwIfAborted();
        const { report } = await service.findMove(request.id);
        if (report?.outcome === "completed") {
          sentBytes += report.measured?.bytesSent ?? 0;
          break;
        }
        if (report !== null)
          throw new TypeError(`${request.vmName} ended ${report.outcome}: ${report.failure?.message ?? ""}`);
        await pause(50);
      }
    return { makespanMs: performance.now() - from, sentBytes };
  } finally {
    await service.stop(AbortSignal.abort());
    await world.close();
    await store.close();
  }
}

function inventoryOf(lab: Lab, policy: Policy): Inventory {
  const whole = lab.inventory();
  const links = whole.links.map(({ capacityBps, ...link }) => {
    if (policy === "two per host" || capacityBps === undefined) return link;
    return { ...link, moveBudget: { moves: linkMoves, rateBps: capacityBps } };
  });
  const hosts =
    policy === "two per host" ? whole.hosts : whole.hosts.map((host) => ({ ...host, moveBudget: hostMoves }));
  return { ...whole, hosts, links, probes: [] };
}

const vms = ["vm1", "vm2", "vm3", "vm4", "vm5", "vm6"];
/** One copies while the other is prepared, or ends. */
const linkMoves = 2;
const hostMoves = { in: 6, out: 6 } as const;
