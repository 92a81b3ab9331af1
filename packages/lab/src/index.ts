/**
 * Real hosts on one machine: network namespaces, Open vSwitch, libvirt, an iSCSI SAN and guests that notice what a
 * migration does to them, built from a YAML topology and removed without a trace. docs/lab.md is the user's page.
 */
export { labDown } from "./down.ts";
export type { LabDownOptions } from "./down.ts";
export type { DiskRecords } from "./guest/disk-records.ts";
export type { GuestLoad, GuestStatus } from "./guest/status.ts";
export { findKernel } from "./guest-image/kernel-modules.ts";
export type { GuestKernel } from "./guest-image/kernel-modules.ts";
export { labFabric } from "./fabric.ts";
export type { GatewayEnd } from "./gateway/gateways.ts";
export type { Traffic, TrafficCount } from "./guest/traffic.ts";
export { labInventory, openLab } from "./lab.ts";
export type { Lab } from "./lab.ts";
export { LabError } from "./lab-error.ts";
export type { LabErrorCode } from "./lab-error.ts";
export type { LabNetwork } from "./network.ts";
export { labStatus, listLabs } from "./status.ts";
export type { LabOptions, LabStatus } from "./status.ts";
export { labUp } from "./up.ts";
export type { LabUpOptions } from "./up.ts";
export type { FilterKind, FilterPlan, LabPlan } from "./topology/lab-plan.ts";
export type { Counter, EndCounters, LinkCounters, MacEntry } from "./world/counters.ts";
export type { VlanCounter } from "./world/vlan-counters.ts";
export type { SanSession } from "./world/tgt-show.ts";
