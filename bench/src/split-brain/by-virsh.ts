/** The usual way: the source's libvirt drives, and takes the broken conversation for a failed migration. */
import { setTimeout as sleep } from "node:timers/promises";
import { start } from "./command.ts";
import { limits } from "./limits.ts";
import { vm } from "./stage.ts";
import type { Damage, Stage } from "./stage.ts";

export interface VirshRun {
  readonly exitCode: number | null;
  /** The most copies whose guest progressed in one watch. */
  readonly copies: number;
  readonly sourceState: string;
  readonly targetState: string;
  /** Write requests of each copy to the one disk, during one watch. */
  readonly sourceWrites: number;
  readonly targetWrites: number;
  /** What the guest that answered found in its memory and on its disk. */
  readonly damage: Damage | null;
}

export async function runByVirsh(stage: Stage): Promise<VirshRun> {
  const { source, target } = await stage.ends();
  const { peerUri, migrationAddress } = stage.host(target);
  const trap = await stage.trap(target);
  const how = ["migrate", "--live", "--p2p", vm, peerUri, `tcp://${migrationAddress}`];
  const { exitCode } = await start(["virsh", "-c", stage.host(source).uri, ...how], stage.signal).ended;
  await trap.disarm();
  const whileSilent = await stage.copies();
  await stage.lab.startLibvirtd(target);
  const afterwards = await stage.copies();
  const [sourceWrites, targetWrites] = await writesOf(stage, [source, target]);
  const run = {
    exitCode,
    copies: Math.max(whileSilent.length, afterwards.length),
    sourceState: await stage.stateOn(source),
    targetState: await stage.stateOn(target),
    sourceWrites,
    targetWrites,
    damage: await stage.damage().catch(() => null),
  };
  if (run.copies > 1) await stage.startAfresh();
  return run;
}

async function writesOf(stage: Stage, hosts: readonly [string, string]): Promise<readonly [number, number]> {
  const count = async (): Promise<readonly [number, number]> =>
    await Promise.all([stage.diskWrites(hosts[0]), stage.diskWrites(hosts[1])]);
  const before = await count();
  await sleep(limits.watchMs, undefined, { signal: stage.signal });
  const after = await count();
  return [after[0] - before[0], after[1] - before[1]];
}
