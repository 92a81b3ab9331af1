/** libvirt's state numbers (virDomainState and the reasons of each state) in our words. */
import { domainState, jobOperation, jobType, pausedReason, runningReason } from "@trunkline/libvirt";
import type { JobKind, PowerReason, PowerState } from "@trunkline/model";

export function powerOf(state: number): PowerState {
  switch (state) {
    case domainState.running:
    case domainState.blocked:
      return "running";
    case domainState.paused:
      return "paused";
    case domainState.shutoff:
      return "shutoff";
    case domainState.crashed:
      return "crashed";
    default:
      return "other";
  }
}

export function reasonOf(state: number, reason: number): PowerReason {
  if (state === domainState.running) return runningReasons.get(reason) ?? "other";
  if (state === domainState.paused) return pausedReasons.get(reason) ?? "other";
  return "other";
}

/** @param operation the `operation` figure of the job's statistics. */
export function jobOf(type: number, operation: number | undefined): JobKind {
  if (type !== jobType.bounded && type !== jobType.unbounded) return "none";
  if (operation === jobOperation.migrationOut) return "migration-out";
  return operation === jobOperation.migrationIn ? "migration-in" : "other";
}

const runningReasons: ReadonlyMap<number, PowerReason> = new Map([
  [runningReason.booted, "booted"],
  [runningReason.migrated, "migrated"],
  [runningReason.unpaused, "unpaused"],
  [runningReason.migrationCanceled, "migration-canceled"],
  [runningReason.postCopy, "postcopy"],
  [runningReason.postCopyFailed, "postcopy-failed"],
]);

const pausedReasons: ReadonlyMap<number, PowerReason> = new Map([
  [pausedReason.user, "user"],
  [pausedReason.migration, "migration"],
  [pausedReason.ioError, "io-error"],
  [pausedReason.startingUp, "starting-up"],
  [pausedReason.postCopy, "postcopy"],
  [pausedReason.postCopyFailed, "postcopy-failed"],
]);
