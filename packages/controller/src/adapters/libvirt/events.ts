/** libvirt's events in our words; those that a move does not care for are dropped. */
import type { LibvirtEvent } from "@trunkline/libvirt";
import { vmId } from "@trunkline/model";
import type { HypervisorEvent } from "@trunkline/ports";
import { figuresOf } from "./figures.ts";

export function hypervisorEventOf(event: LibvirtEvent): HypervisorEvent | undefined {
  switch (event.kind) {
    case "lifecycle": {
      const kind = kinds.get(event.event);
      if (kind === undefined) return undefined;
      return { kind, vm: vmId(event.dom.uuid), byMigration: byMigration.get(event.event) === event.detail };
    }
    case "migration-iteration":
      return { kind: "round", vm: vmId(event.dom.uuid), round: event.iteration };
    case "job-completed":
      return { kind: "transfer-completed", vm: vmId(event.dom.uuid), figures: figuresOf(event.params) };
    default:
      return undefined;
  }
}

const kinds: ReadonlyMap<string, "started" | "suspended" | "resumed" | "stopped"> = new Map([
  ["started", "started"],
  ["suspended", "suspended"],
  ["resumed", "resumed"],
  ["stopped", "stopped"],
]);

/** virDomainEventStartedDetailType and its siblings: the detail that means "by a migration". */
const byMigration: ReadonlyMap<string, number> = new Map([
  ["started", 1],
  ["suspended", 1],
  ["resumed", 1],
  ["stopped", 3],
]);
