/**
 * What a move leaves of the disks that travelled with it. One that did not succeed leaves unfinished copies on the target, which
 * are removed, because nobody will ever use them; one that succeeded leaves the source's files, which are somebody's data and
 * stay until a person removes them.
 */
import type { MoveState } from "@trunkline/migration";
import { messageOf } from "@trunkline/model";
import type { CheckResult, DiskCopy, MoveRequest } from "@trunkline/model";
import type { World } from "@trunkline/ports";
import { limits } from "../limits.ts";

export async function tidyDisks(world: World, request: MoveRequest, state: MoveState): Promise<readonly CheckResult[]> {
  const disks = request.plan?.disks ?? [];
  if (state.phase === "completed") return disks.map((disk) => leftBehind(request, disk));
  // Only where both hosts have said that the VM runs on the source alone is the target's file nobody's.
  const isOnSource = state.phase === "cancelled" || (state.phase === "failed" && state.runsOn === "source");
  // An incremental copy went into a file that was there before.
  if (!isOnSource || request.copyStorage !== "full") return [];
  return await Promise.all(disks.map(async (disk) => await removed(world, request, disk)));
}

async function removed(world: World, { vmName, target, vm }: MoveRequest, disk: DiskCopy): Promise<CheckResult> {
  const known = { rule: "disk-copy", subject: `${vmName}/${disk.target}` } as const;
  const signal = world.clock.deadline(limits.questionMs);
  const hypervisor = world.hypervisor(target);
  try {
    const sighting = await hypervisor.sight(vm, signal);
    if (sighting.kind !== "absent") throw new TypeError(`${target} has, or may have, a copy of the VM`);
    await hypervisor.removeVolume(disk.path, signal);
    return { ...known, severity: "pass", message: `the unfinished copy of ${disk.path} on ${target} was removed` };
  } catch (error) {
    const message = `the unfinished copy of ${disk.path} on ${target} could not be removed: ${messageOf(error)}`;
    return { ...known, severity: "warn", message, fix: `on ${target}: virsh vol-delete ${disk.path}` };
  }
}

const leftBehind = ({ vmName, source, target }: MoveRequest, disk: DiskCopy): CheckResult => ({
  rule: "disk-copy",
  subject: `${vmName}/${disk.target}`,
  severity: "pass",
  message: `${disk.path} was copied to ${target}; the file on ${source} is out of use from now on and was left there`,
  fix: `once you are sure, on ${source}: virsh vol-delete ${disk.path}`,
});
