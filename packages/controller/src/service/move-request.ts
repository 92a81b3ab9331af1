/** A wish as the request that the journal holds: which VM is meant, where it is now, whom to ask about it. */
import { TrunklineError, moveId } from "@trunkline/model";
import type { Asked, HostName, MoveRequest, Snapshot } from "@trunkline/model";
import type { Hypervisor, World } from "@trunkline/ports";
import { chooseVm } from "./choose-vm.ts";
import type { MoveWish } from "./control-plane.ts";

/** What a request is made of: the hosts by name, and a new id. */
export type RequestWorld = Pick<World, "inventory" | "random"> & {
  hypervisor(host: HostName): Pick<Hypervisor, "uri">;
};

/** @throws host.unknown, vm.unknown, vm.ambiguous, usage.invalid. */
export function moveRequest(world: RequestWorld, snapshot: Snapshot, wish: MoveWish, asked: Asked): MoveRequest {
  const target = world.hypervisor(wish.target);
  refuseImpossible(world, wish);
  const vm = chooseVm(snapshot, wish.vm, wish.target);
  const { maxRateBps, maxDowntimeMs, deadlineMs, tls, allowPostCopy, copyStorage } = wish;
  return {
    id: moveId(world.random.uuid()),
    vm: vm.id,
    vmName: vm.name,
    source: vm.host,
    target: wish.target,
    sourceUri: world.hypervisor(vm.host).uri,
    targetUri: target.uri,
    driver: wish.driver,
    memoryMiB: vm.memoryMiB,
    isPersistent: vm.persistent,
    mode: wish.mode,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(tls === undefined ? {} : { tls }),
    ...(allowPostCopy === undefined ? {} : { allowPostCopy }),
    ...(copyStorage === undefined ? {} : { copyStorage }),
    handover: wish.handover,
    ...(maxRateBps === undefined ? {} : { maxRateBps }),
    ...(maxDowntimeMs === undefined ? {} : { maxDowntimeMs }),
    asked,
  };
}

function refuseImpossible(world: RequestWorld, { target, driver, mode, allowPostCopy, copyStorage }: MoveWish): void {
  if (copyStorage !== undefined && (mode === "postcopy" || allowPostCopy === true))
    throw new TrunklineError("usage.invalid", "disks are not copied by a move that may go over to post-copy", {
      hint: "Copy the disks with the other modes; a guest that dirties too much can be slowed down (auto-converge).",
    });
  if (driver === "peer-to-peer" && (mode === "postcopy" || allowPostCopy === true))
    throw new TrunklineError("usage.invalid", "a peer-to-peer move is not steered into post-copy", {
      hint: "Leave out --p2p, or copy in another mode.",
    });
  const host = world.inventory.hosts.find((candidate) => candidate.name === target);
  if (driver === "client" || host?.peerUri !== undefined) return;
  throw new TrunklineError("usage.invalid", `a peer-to-peer move to ${target} needs its URI as other hosts see it`, {
    hint: `Add peerUri of ${target} to the inventory, or leave out --p2p.`,
  });
}
