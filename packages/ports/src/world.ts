/** Everything a controller is handed. It does not know whether it leads to libvirt, to a lab or to a simulator. */
import type { Fabric, Observation } from "@trunkline/fabric";
import type { HostName, Inventory, InventoryHost, MoveId, VmDescription } from "@trunkline/model";
import type { Clock } from "./clock.ts";
import type { FrameHandover } from "./frame-handover.ts";
import type { HostShell } from "./host-shell.ts";
import type { Hypervisor, Transfer, TransferOptions } from "./hypervisor.ts";
import type { Probe } from "./probe.ts";
import type { Random } from "./random.ts";
import type { VirtualSwitch } from "./virtual-switch.ts";

export interface World {
  /** As it is now: hosts come and go by `attach` and `detach`. Each value of it is immutable. */
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly random: Random;
  /** Asks a host that is not taken in for its own name. @throws host.unreachable, host.failed. */
  identify(host: InventoryHost, signal: AbortSignal): Promise<string>;
  /** Takes a host in, or replaces the one of that name. Nothing is asked of it yet. */
  attach(host: InventoryHost): Promise<void>;
  /** Forgets a host and closes what leads to it. */
  detach(host: HostName): Promise<void>;
  /** Rejects nothing by itself: an unknown name is `host.unknown`, silence shows at the first question. */
  hypervisor(host: HostName): Hypervisor;
  openTransfer(source: HostName, target: HostName, options: TransferOptions, signal: AbortSignal): Promise<Transfer>;
  /** @returns the reason where the two virtual switches do not allow it. */
  openHandover(source: HostName, target: HostName, vm: VmDescription, move: MoveId): FrameHandover | string;
  /** Takes back what the hand-over of a dead process left; never rejects, since silent switches must not keep a move from being settled. */
  clearHandover(source: HostName, target: HostName, move: MoveId): Promise<void>;
  /** Virtual switches of hosts under the host's name, and the switches between them. */
  virtualSwitches(): readonly VirtualSwitch[];
  probes(): readonly Probe[];
  shell(host: HostName): HostShell | undefined;
  /**
   * The fabric document as it stands now; undefined where there is none.
   * @throws fabric.missing, fabric.invalid: what is written there cannot be read.
   */
  fabricDocument(): Promise<Fabric | undefined>;
  /**
   * What the switches at the other ends of a host's ports say of themselves by LLDP. Listens no longer than that.
   * @throws host.unreachable where nobody can listen there.
   */
  neighbours(
    host: HostName,
    ports: readonly string[],
    listenMs: number,
    signal: AbortSignal,
  ): Promise<readonly Observation[]>;
  close(): Promise<void>;
}
