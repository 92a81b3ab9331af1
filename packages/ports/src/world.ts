/** Everything a controller is handed. It does not know whether it leads to libvirt, to a lab or to a simulator. */
import type { HostName, Inventory, MoveId, VmDescription } from "@trunkline/model";
import type { Clock } from "./clock.ts";
import type { FrameHandover } from "./frame-handover.ts";
import type { HostShell } from "./host-shell.ts";
import type { Hypervisor, Transfer, TransferOptions } from "./hypervisor.ts";
import type { Probe } from "./probe.ts";
import type { VirtualSwitch } from "./virtual-switch.ts";

export interface World {
  readonly inventory: Inventory;
  readonly clock: Clock;
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
  close(): Promise<void>;
}
