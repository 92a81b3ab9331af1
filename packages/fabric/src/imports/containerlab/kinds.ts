/**
 * What containerlab's kinds are to a fabric (containerlab.dev, manual, kinds): the long names and those of old releases.
 * A network operating system bridges and routes, so it is a switch unless its product only routes.
 */
import type { DeviceKind, Platform } from "../../fabric.ts";

export interface ContainerlabKind {
  readonly kind: DeviceKind;
  readonly platform?: Platform;
}

const table: readonly { readonly names: readonly string[]; readonly is: ContainerlabKind }[] = [
  { names: ["linux", "ext-container", "k8s-kind", "generic_vm"], is: { kind: "host" } },
  { names: ["bridge"], is: { kind: "switch", platform: "linux-bridge" } },
  { names: ["ovs-bridge"], is: { kind: "switch", platform: "open-vswitch" } },
  { names: ["host"], is: { kind: "external" } },
  {
    names: ["srl", "nokia_srlinux", "sonic-vs", "sonic-vm", "dell_sonic", "dell_ftosv", "vr-ftosv"],
    is: { kind: "switch" },
  },
  { names: ["ceos", "arista_ceos", "vr-veos", "arista_veos"], is: { kind: "switch", platform: "eos" } },
  { names: ["vr-n9kv", "cisco_n9kv", "vr-nxos", "cisco_nxos"], is: { kind: "switch", platform: "nx-os" } },
  { names: ["cisco_iol", "cisco_vios", "vr-cat9kv", "cisco_cat9kv"], is: { kind: "switch", platform: "ios" } },
  {
    names: ["vr-csr", "cisco_csr1000v", "cisco_c8000v", "vr-c8000v", "cisco_c8000"],
    is: { kind: "router", platform: "ios" },
  },
  { names: ["vr-vqfx", "juniper_vqfx", "juniper_vjunosswitch"], is: { kind: "switch", platform: "junos" } },
  {
    names: ["crpd", "juniper_crpd", "vr-vmx", "juniper_vmx", "juniper_vjunosrouter"],
    is: { kind: "router", platform: "junos" },
  },
  { names: ["vr-vsrx", "juniper_vsrx"], is: { kind: "firewall", platform: "junos" } },
  {
    names: [
      "sros",
      "vr-sros",
      "nokia_sros",
      "nokia_srsim",
      "vr-xrv9k",
      "cisco_xrv9k",
      "cisco_xrd",
      "rare",
      "vyosnetworks_vyos",
    ],
    is: { kind: "router" },
  },
  {
    names: ["vr-pan", "paloalto_panos", "fortinet_fortigate", "checkpoint_cloudguard", "cisco_asav"],
    is: { kind: "firewall" },
  },
  { names: ["f5_bigip-ve", "vr-f5bigipve"], is: { kind: "load-balancer" } },
];

const byName = new Map(table.flatMap(({ names, is }) => names.map((name) => [name, is] as const)));

export function containerlabKind(name: string): ContainerlabKind | undefined {
  return byName.get(name);
}
