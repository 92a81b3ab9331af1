/**
 * libvirt's events in our words. Whatever can change what is remembered of a VM (its definition, its hardware, that it
 * exists) and is not one of the four turns of a running VM is "changed"; the rest is dropped.
 */
import type { LibvirtEvent, LifecycleEvent, LifecycleEventName } from "@trunkline/libvirt";
import { vmId } from "@trunkline/model";
import type { HypervisorEvent } from "@trunkline/ports";
import { figuresOf } from "./figures.ts";

export function hypervisorEventOf(event: LibvirtEvent): HypervisorEvent | undefined {
  switch (event.kind) {
    case "lifecycle":
      return lifecycleEventOf(event);
    case "migration-iteration":
      return { kind: "round", vm: vmId(event.dom.uuid), round: event.iteration };
    case "job-completed":
      return { kind: "transfer-completed", vm: vmId(event.dom.uuid), figures: figuresOf(event.params) };
    default:
      return undefined;
  }
}

function lifecycleEventOf({ event, detail, dom }: LifecycleEvent): HypervisorEvent {
  const vm = vmId(dom.uuid);
  switch (event) {
    case "started":
    case "suspended":
    case "resumed":
    case "stopped":
      return { kind: event, vm, byMigration: byMigration.get(event) === detail };
    // A guest that shuts down has not stopped yet, one that crashed may stay: only the host can say what it is now.
    case "shutdown":
    case "crashed":
    case "pmsuspended":
    case "defined":
    case "undefined":
      return { kind: "changed", vm };
    default:
      return event satisfies never;
  }
}

/** virDomainEventStartedDetailType and its siblings: the detail that means "by a migration". */
const byMigration: ReadonlyMap<LifecycleEventName, number> = new Map([
  ["started", 1],
  ["suspended", 1],
  ["resumed", 1],
  ["stopped", 3],
]);
