/** How a simulated cluster is built: hosts, switches, links and VMs as data. What is left out is taken from the defaults. */
import type { Fabric, FabricPort } from "@trunkline/fabric";
import type { PortRef } from "@trunkline/model";
import type { HostSpec, VmSpec } from "../host/spec.ts";

export type { BridgeSpec, HostSpec, VmSpec } from "../host/spec.ts";

export interface ClusterSpec {
  readonly hosts: readonly HostSpec[];
  readonly switches?: readonly SwitchSpec[];
  readonly links?: readonly LinkSpec[];
  readonly vms: readonly VmSpec[];
  /** The fabric document that its operators have written, true or not. */
  readonly fabric?: Fabric;
  /** Where clients of the VMs can be played: a port of a switch, and its VLAN. */
  readonly probes?: readonly { readonly name: string; readonly at: PortRef; readonly vlan: number }[];
}

export interface SwitchSpec {
  readonly name: string;
  readonly ports: readonly FabricPort[];
}

export interface LinkSpec {
  readonly a: PortRef;
  readonly b: PortRef;
  /** In each direction. */
  readonly rateBps: number;
  readonly moveBudget?: { readonly moves?: number; readonly rateBps?: number };
}
