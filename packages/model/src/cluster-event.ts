/**
 * What happened in the cluster, in one sequence: moves, VMs, hosts, switches of the operator. Clients follow it and ask
 * for what they missed by the number of the last event that they saw.
 */
import type { Batch } from "./batch.ts";
import type { CheckResult } from "./check.ts";
import type { Evacuation } from "./evacuation.ts";
import type { HostName, MoveId, VmId } from "./ids.ts";
import type { Outcome, Prediction } from "./move.ts";
import type { Automation, HostReach, Maintenance } from "./snapshot.ts";
import type { PowerState } from "./vm.ts";

export type ClusterEvent =
  | {
      readonly kind: "move";
      readonly move: MoveId;
      readonly vm: VmId;
      readonly vmName: string;
      readonly source: HostName;
      readonly target: HostName;
      readonly phase: string;
      readonly step: string | null;
      /** While it is being settled: what keeps it from being so. */
      readonly why: string | null;
    }
  /** Its turn had come: what was looked at, and what is expected. */
  | {
      readonly kind: "move-checked";
      readonly move: MoveId;
      readonly vmName: string;
      readonly source: HostName;
      readonly target: HostName;
      readonly memoryMiB: number;
      readonly checks: readonly CheckResult[];
      readonly predicted: Prediction;
    }
  /** Something that the one who follows the move should know, in a sentence. */
  | { readonly kind: "move-remark"; readonly move: MoveId; readonly vmName: string; readonly text: string }
  /** The report of a move is complete: nothing more follows. */
  | { readonly kind: "move-reported"; readonly move: MoveId; readonly vmName: string; readonly outcome: Outcome }
  | {
      readonly kind: "vm";
      readonly vm: VmId;
      readonly vmName: string;
      readonly host: HostName;
      readonly change: "appeared" | "gone" | "power";
      readonly power: PowerState;
    }
  | { readonly kind: "host"; readonly host: HostName; readonly change: "added" | "removed" }
  | { readonly kind: "host-reach"; readonly host: HostName; readonly reach: HostReach }
  | { readonly kind: "maintenance"; readonly host: HostName; readonly maintenance: Maintenance }
  | { readonly kind: "evacuation"; readonly evacuation: Evacuation }
  | { readonly kind: "batch"; readonly batch: Batch }
  | { readonly kind: "automation"; readonly automation: Automation };

export interface LoggedEvent {
  /** Strictly increasing; the `Last-Event-ID` of the event stream. */
  readonly sequence: number;
  readonly at: string;
  readonly event: ClusterEvent;
}
