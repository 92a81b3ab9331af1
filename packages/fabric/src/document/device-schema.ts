/** The shape of a device with its ports, as it is written. What each field means is told in fabric.ts. */
import { z } from "zod";
import { entry, list, orUnknown, table } from "./entry.ts";
import { notA } from "./lesson.ts";
import {
  address,
  addressWithPrefix,
  flag,
  mac,
  name,
  oneOf,
  portName,
  rate,
  subnet,
  text,
  tri,
  whole,
} from "./scalars.ts";
import { vlanItem, vlanItems } from "./vlan-list.ts";

/** From the least that IPv4 allows (RFC 791) to the most that its length field can say. */
export const mtu = whole("MTU in bytes", 68, 65_535);

const trunk = z.union([z.literal("all"), vlanItems], {
  error: ({ input }) => notA(input, "list of VLANs", "Write all, or a list such as [10, 100-199, web]."),
});

const port = entry("port", {
  name: portName,
  trunk: trunk.optional(),
  native: vlanItem.optional(),
  access: vlanItem.optional(),
  unread: text.optional(),
  mtu: orUnknown("MTU in bytes", mtu).optional(),
  enabled: flag.optional(),
  lag: name.optional(),
  knowledge: oneOf("way of knowing", ["config", "observed", "assumed"]).optional(),
});

/** IEEE 802.1D-2004, 9.2.5: 16 bits, of which switches with one tree for each VLAN let only steps of 4096 be set. */
const bridgePriority = whole("bridge priority", 0, 65_535);

const treeMode = oneOf("mode of spanning tree", ["off", "rstp", "rpvst", "mst"]);

const wholeTree = entry("spanning tree", {
  mode: treeMode,
  priority: bridgePriority.optional(),
  priorityByVlan: table("priorities by VLAN", bridgePriority).optional(),
  instances: list(
    "MST instances",
    entry("MST instance", {
      // IEEE 802.1Q-2018, 13.8: identifiers have twelve bits, 0 is the common tree, 4095 is not used.
      id: whole("MST instance", 0, 4094),
      vlans: vlanItems,
      priority: bridgePriority.optional(),
    }),
  ).optional(),
  mac: mac.optional(),
});

const spanningTree = z.union([treeMode.transform((mode): z.output<typeof wholeTree> => ({ mode })), wholeTree], {
  error: ({ input }) =>
    notA(input, "spanning tree", "Write off, rstp, rpvst or mst, or a mapping such as { mode: rstp, priority: 4096 }."),
});

export const trafficClass = oneOf("traffic class", ["migration", "vm", "storage", "management"]);

/** Values of a port group's policy: whatever is written is compared as text. */
const policyValue = z.union([text, z.boolean(), z.number()]).transform(String);

export const device = entry("device", {
  name,
  kind: oneOf("kind of device", ["host", "switch", "router", "firewall", "load-balancer", "external"]),
  site: name.optional(),
  platform: oneOf("platform", ["open-vswitch", "linux-bridge", "ios", "nx-os", "eos", "junos"]).optional(),
  bridge: text.optional(),
  ovsdb: text.optional(),
  vlans: vlanItems.optional(),
  mlag: name.optional(),
  spanningTree: spanningTree.optional(),
  ports: list("ports", port).optional(),
  interfaces: list(
    "interfaces",
    entry("interface", { segment: name, address: addressWithPrefix, mac: mac.optional() }),
  ).optional(),
  routes: list(
    "routes",
    entry("route", { prefix: subnet, via: address, metric: whole("metric", 0, 4_294_967_295).optional() }),
  ).optional(),
  vtep: entry("tunnel endpoint", {
    address,
    irb: oneOf("way of routing between segments", ["asymmetric", "symmetric"]).optional(),
  }).optional(),
  migration: entry("foot in the migration network", { segment: name, address }).optional(),
  networks: list(
    "networks",
    entry("network", {
      name,
      vlan: vlanItem,
      bridge: text.optional(),
      policy: table("settings", policyValue).optional(),
    }),
  ).optional(),
  announces: tri.optional(),
  shaping: list(
    "traffic classes",
    entry("traffic class", {
      class: trafficClass,
      reservation: rate.optional(),
      shares: z
        .number({ error: ({ input }) => notA(input, "weight", "Write a number above 0.") })
        .positive({ error: ({ input }) => notA(input, "weight", "Write a number above 0.") })
        .optional(),
      limit: rate.optional(),
    }),
  ).optional(),
});

export type DevicePart = z.output<typeof device>;
export type PortPart = z.output<typeof port>;
