/**
 * The words of a topology for everything above plain switching: routed interfaces, gateways, filters, sites. They are the
 * words of packages/fabric's `Fabric`, so that what a lab builds and what is reasoned about it read alike; what a lab
 * cannot build (GLBP, LISP, load balancers) is missing here.
 */
import { z } from "zod";
import { VLAN_ID_MAX } from "../limits.ts";

/** Letters and digits only: a namespace is called tl-LAB-NODE and must be read back without doubt. */
export const nodeName = z
  .string()
  .regex(/^[a-z][a-z0-9]{0,11}$/, "must be 1 to 12 lower-case letters or digits, a letter first");
export const wordName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}$/, "must be 1 to 31 lower-case letters, digits or hyphens");
export const address = z.ipv4("must be an IPv4 address");
export const subnet = z.cidrv4("must be an IPv4 subnet such as 10.77.5.0/24");

/** The address without its prefix length: the segment's subnet has that. */
export const interfaceSchema = z.strictObject({ segment: z.string(), address });
export const routeSchema = z.strictObject({ prefix: subnet, via: address, metric: z.int().min(0).optional() });

export const routerSchema = z.strictObject({
  name: nodeName,
  site: z.string().optional(),
  interfaces: z.array(interfaceSchema).min(1),
  routes: z.array(routeSchema).default([]),
});

const yesOrNo = z.enum(["yes", "no"], 'must be "yes" or "no"');
export const filtersSchema = z.strictObject({
  hello: yesOrNo.optional(),
  virtualMac: yesOrNo.optional(),
  gatewayArp: yesOrNo.optional(),
  gateways: z.array(z.string()).min(1).optional(),
});

/** VXLAN's network identifier has 24 bits (RFC 7348, 5). */
const VNI_MAX = 0xff_ffff;
/** Below it the tenants' own 1500 bytes do not fit; that too is a fault one may want to show. */
const UNDERLAY_MTU_MIN = 1280;
export const interconnectSchema = z.strictObject({
  vni: z
    .int()
    .min(1)
    .max(VNI_MAX)
    .default(VLAN_ID_MAX + 2),
  underlayMtu: z.int().min(UNDERLAY_MTU_MIN).max(9000).default(1600),
});

const memberSchema = z.strictObject({
  device: z.string(),
  priority: z.int().min(1).max(254).optional(),
  preempts: z.boolean().optional(),
});
const gatewayCommon = { name: wordName, segment: z.string(), address, intendedActive: z.string().optional() };
const members = z.array(memberSchema).min(1);
const group = z.int().min(1, "must be 1 to 255").max(255, "must be 1 to 255");

export const gatewaySchema = z.discriminatedUnion(
  "kind",
  [
    // VRRP version 3 counts in hundredths of a second, in twelve bits (RFC 9568, 5.2.7).
    z.strictObject({
      kind: z.literal("vrrp"),
      ...gatewayCommon,
      members,
      group,
      helloMs: z.int().min(10).max(40_950).multipleOf(10).default(1000),
    }),
    // HSRP version 1 counts in seconds, in one byte (RFC 2281, 5.1).
    z.strictObject({
      kind: z.literal("hsrp"),
      ...gatewayCommon,
      members,
      group,
      helloMs: z.int().min(1000).max(255_000).multipleOf(1000).default(3000),
      holdMs: z.int().min(2000).max(255_000).multipleOf(1000).default(10_000),
    }),
    z.strictObject({
      kind: z.enum(["mlag", "anycast"]),
      ...gatewayCommon,
      members,
      mac: z.string().regex(/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/, "must be a lower-case unicast MAC address"),
    }),
    z.strictObject({ kind: z.literal("static"), ...gatewayCommon, members: members.max(1) }),
  ],
  "kind must be vrrp, hsrp, mlag, anycast or static",
);

export const hostRoutesSchema = z.strictObject({
  segment: z.string(),
  mode: z.enum(["prefix", "route-injection"]),
  ingress: z.array(z.strictObject({ site: z.string(), metric: z.int().min(0).optional() })).min(1),
});

export type InterfaceSpec = z.output<typeof interfaceSchema>;
export type RouteSpec = z.output<typeof routeSchema>;
export type RouterSpec = z.output<typeof routerSchema>;
export type FiltersSpec = z.output<typeof filtersSchema>;
export type GatewaySpec = z.output<typeof gatewaySchema>;
export type HostRoutesSpec = z.output<typeof hostRoutesSchema>;
