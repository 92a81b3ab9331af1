/**
 * What an operator declares: hosts, the switches between them, links, and points from which clients can be watched.
 * Addresses only; everything that can be asked of a hypervisor or a switch is asked, never written here.
 */
import type { HostName } from "./ids.ts";

export interface Inventory {
  readonly hosts: readonly InventoryHost[];
  readonly switches: readonly InventorySwitch[];
  readonly links: readonly InventoryLink[];
  readonly probes: readonly ProbePoint[];
  readonly services: readonly VmService[];
  /** File of the fabric document: sites, gateways, capacities, and whatever else no switch can be asked for. */
  readonly fabric?: string;
}

export interface InventoryHost {
  readonly name: HostName;
  /** How we reach its libvirt: `qemu+unix|tcp|tls|ssh://`. */
  readonly uri: string;
  /** How other hosts reach its libvirt; needed only for peer-to-peer moves. */
  readonly peerUri?: string;
  /** What its VMs may use together; without it, the memory that libvirt reports. */
  readonly memoryMiB?: number;
  /** Processor threads that its VMs may use together: what else the host does is then its own business. */
  readonly cpuThreads?: number;
  readonly migration?: MigrationEndpoint;
  readonly virtualSwitch?: SwitchAccess;
  /** Command prefix that runs a command on the host, e.g. `[ssh, root@h1]`. Without it host-side checks say "unknown". */
  readonly shell?: readonly string[];
  /** How many moves it may take part in at a time; two in and two out where nothing is said. */
  readonly moveBudget?: { readonly in?: number; readonly out?: number };
}

/** The host's foot in the migration network. */
export interface MigrationEndpoint {
  readonly address: string;
  readonly vlan?: number;
  /** The virtual switch's port that carries the address. */
  readonly port?: string;
  readonly rateBps?: number;
  /** Whether memory that leaves or comes is encrypted; `off` where nothing is said. */
  readonly tls?: StreamSecurity;
  /** The name that the host's certificate is for, where it is neither its address nor its name here. */
  readonly certificateName?: string;
}

/** `opportunistic` goes on in the clear where the target has no certificates; `required` does not. */
export type StreamSecurity = "off" | "opportunistic" | "required";

export interface SwitchAccess {
  readonly bridge: string;
  /** OVSDB of the Open vSwitch: `unix:PATH`, `tcp:HOST:PORT`. */
  readonly ovsdb: string;
  /** Control socket of ovs-vswitchd, `unix:PATH`: the only place where the MAC table can be read. */
  readonly control?: string;
  /** OpenFlow service connection of the bridge: `unix:PATH` of its management socket, or `tcp:HOST:PORT`. */
  readonly openflow?: string;
}

export interface InventorySwitch extends SwitchAccess {
  readonly name: string;
}

export interface PortRef {
  readonly device: string;
  readonly port: string;
}

export interface InventoryLink {
  readonly a: PortRef;
  readonly b: PortRef;
  /** What it carries in each direction, bits per second; where it is known, moves give way to other traffic. */
  readonly capacityBps?: number;
  /** What migrations may take of it together, in either direction; without it the hosts' budgets alone hold. */
  readonly moveBudget?: { readonly moves?: number; readonly rateBps?: number };
}

/** A place in the network from which a client of the VMs can be played. */
export interface ProbePoint {
  readonly name: string;
  readonly shell: readonly string[];
  readonly attachedTo?: PortRef;
  readonly vlan?: number;
}

/** What a probe may talk to inside a VM. */
export interface VmService {
  readonly vm: string;
  readonly address: string;
  readonly echoPort: number;
  readonly statusPort?: number;
}
