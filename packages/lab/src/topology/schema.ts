/**
 * The words of a topology file, each part with its own schema so that one bad part does not hide the errors of the
 * others. What the parts owe each other (a link names a device that exists, an address lies in its VLAN) is checked
 * in check.ts.
 */
import { z } from "zod";
import { INTERFACE_NAME_BYTES, VLAN_ID_MAX } from "../limits.ts";
import {
  address,
  filtersSchema,
  interconnectSchema,
  interfaceSchema,
  nodeName,
  routeSchema,
  subnet,
  wordName,
} from "./routing-schema.ts";
import type { GatewaySpec, HostRoutesSpec, RouterSpec } from "./routing-schema.ts";

const interfaceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]*$/, "must be lower-case letters, digits and hyphens")
  .max(INTERFACE_NAME_BYTES, `must have at most ${INTERFACE_NAME_BYTES} characters, the kernel's limit`);
const site = z.string().optional();
/** The VLAN of a VM or client that names none. */
export const DEFAULT_SEGMENT = "tenant";

export const siteSchema = wordName;

export const vlanSchema = z.strictObject({ id: z.int().min(1).max(VLAN_ID_MAX), subnet });

export const hostSchema = z.strictObject({
  name: nodeName,
  site,
  memoryMiB: z.int().min(64),
  /** Said of it in the inventory: all hosts of a lab share the machine's processors, and each would report all of them. */
  cpuThreads: z.int().min(1).optional(),
  addresses: z.strictObject({ management: address, migration: address, storage: address }),
  moveBudget: z.strictObject({ in: z.int().min(1).optional(), out: z.int().min(1).optional() }).optional(),
});

/** With interfaces it is a layer-3 switch. */
export const switchSchema = z.strictObject({
  name: nodeName,
  site,
  mlag: wordName.optional(),
  interfaces: z.array(interfaceSchema).default([]),
  routes: z.array(routeSchema).default([]),
});

export const sanSchema = z.strictObject({ name: nodeName, address });

export const clientSchema = z.strictObject({
  name: nodeName,
  address,
  segment: z.string().default(DEFAULT_SEGMENT),
  gateway: z.string().optional(),
});

const endSchema = z.strictObject({
  device: z.string(),
  port: interfaceName,
  trunk: z.array(z.string()).min(1).optional(),
  access: z.string().optional(),
});
export const linkSchema = z.strictObject({
  a: endSchema,
  b: endSchema,
  kind: z.enum(["wire", "peer-link", "dci"], "must be wire, peer-link or dci").default("wire"),
  dci: interconnectSchema.optional(),
  filters: filtersSchema.optional(),
  capacityBps: z.number().min(1_000_000, "must be at least 1 Mbit/s, in bits per second").optional(),
  moveBudget: z
    .strictObject({ moves: z.int().min(1).optional(), rateBps: z.number().positive().optional() })
    .optional(),
});

export const vmSchema = z.strictObject({
  name: wordName,
  host: z.string(),
  memoryMiB: z.int().min(96, "must be at least 96, or the guest's kernel does not boot"),
  vcpus: z.int().min(1).max(8).default(1),
  address,
  segment: z.string().default(DEFAULT_SEGMENT),
  gateway: z.string().optional(),
  mac: z.string().regex(/^52:54:00(:[0-9a-f]{2}){3}$/, "must be a lower-case MAC address that begins with 52:54:00"),
  diskMiB: z.int().min(1).max(65_536).default(256),
  disk: z.enum(["san", "local"]).default("san"),
  patrol: z
    .strictObject({
      bufferMiB: z.int().min(0).default(32),
      rateMiBps: z.int().min(0).default(8),
    })
    .default({ bufferMiB: 32, rateMiBps: 8 }),
  recordsPerSecond: z.int().min(0).max(1000).default(20),
});

/** The networks of the hosts themselves, which every lab has; their ids and subnets are the document's. */
export const VLAN_ROLES = ["management", "migration", "storage"] as const;

export type VlanSpec = z.output<typeof vlanSchema>;
export type HostSpec = z.output<typeof hostSchema>;
export type SwitchSpec = z.output<typeof switchSchema>;
export type SanSpec = z.output<typeof sanSchema>;
export type ClientSpec = z.output<typeof clientSchema>;
export type LinkSpec = z.output<typeof linkSchema>;
export type LinkEndSpec = LinkSpec["a"];
export type VmSpec = z.output<typeof vmSchema>;

export type Topology = {
  readonly name: string;
  readonly sites: readonly string[];
  readonly vlans: Readonly<Record<string, VlanSpec>>;
  readonly hosts: readonly HostSpec[];
  readonly switches: readonly SwitchSpec[];
  readonly routers: readonly RouterSpec[];
  readonly san: SanSpec;
  readonly clients: readonly ClientSpec[];
  readonly links: readonly LinkSpec[];
  readonly gateways: readonly GatewaySpec[];
  readonly hostRoutes: readonly HostRoutesSpec[];
  readonly vms: readonly VmSpec[];
};
