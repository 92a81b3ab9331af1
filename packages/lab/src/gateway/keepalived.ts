/**
 * VRRP version 3 by keepalived, one process for all groups of a device.
 *
 * Each group has an interface of its own with the virtual MAC (`use_vmac`, a macvlan). Advertisements leave by it, so they
 * bear the virtual MAC as sender (RFC 9568, 7.2) and keep the MAC tables of the switches fresh; `vmac_xmit_base` would send
 * them from the device's own MAC, and a switch would flood what goes to a gateway that has been silent for five minutes.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabContext } from "../context.ts";
import { ensureDaemon } from "../process/daemon.ts";
import type { GatewayPlan, NodePlan } from "../topology/lab-plan.ts";
import { inNamespace } from "../world/namespaces.ts";
import { memberOf } from "./member.ts";
import type { GatewayOf } from "./member.ts";
import { hasDevice } from "./virtual-device.ts";

export const KEEPALIVED = "keepalived";

export async function ensureKeepalived(
  context: LabContext,
  node: NodePlan,
  gateways: readonly GatewayOf<"vrrp">[],
): Promise<void> {
  const folder = join(node.folder, "gateway");
  mkdirSync(folder, { recursive: true });
  const configuration = join(folder, "keepalived.conf");
  writeFileSync(configuration, keepalivedConfiguration(node.name, gateways));
  const [pidFile = "", childPidFile = ""] = pidFiles(node);
  const files = ["-f", configuration, "-p", pidFile, "-r", childPidFile];
  await ensureDaemon(context, {
    node: node.name,
    role: KEEPALIVED,
    command: inNamespace(node.namespace, [KEEPALIVED, "--dont-fork", "--log-console", "--vrrp", ...files]),
    logFile: join(folder, "keepalived.log"),
    isReady: async () => {
      const devices = gateways.map((gateway) => memberOf(gateway, node.name).virtualDevice);
      const present = await Promise.all(devices.map((device) => hasDevice(node.namespace, device, context.signal)));
      return present.every(Boolean);
    },
  });
}

/**
 * Of a keepalived that was killed: it does not start while a process of that number exists, and a dead one that nobody has
 * reaped yet counts for it.
 */
export function removePidFiles(node: NodePlan): void {
  for (const file of pidFiles(node)) rmSync(file, { force: true });
}

const pidFiles = (node: NodePlan): readonly string[] =>
  ["keepalived.pid", "vrrp.pid"].map((file) => join(node.folder, "gateway", file));

/** One word a line: keepalived does not read braces that open and close on one. */
export function keepalivedConfiguration(device: string, gateways: readonly GatewayOf<"vrrp">[]): string {
  return [
    "global_defs {",
    `  router_id ${device}`,
    "  vrrp_version 3",
    "}",
    ...gateways.flatMap((gateway) => instance(gateway, device)),
    "",
  ].join("\n");
}

function instance(gateway: GatewayPlan & GatewayOf<"vrrp">, device: string): readonly string[] {
  const member = memberOf(gateway, device);
  return [
    `vrrp_instance ${gateway.name} {`,
    "  state BACKUP",
    `  interface ${member.device}`,
    `  virtual_router_id ${gateway.group}`,
    `  priority ${member.priority}`,
    `  advert_int ${gateway.helloMs / 1000}`,
    ...(member.preempts ? [] : ["  nopreempt"]),
    `  use_vmac ${member.virtualDevice}`,
    "  virtual_ipaddress {",
    // With the subnet's length there would be a second route to the subnet, through the virtual interface.
    `    ${gateway.address}/32`,
    "  }",
    "}",
  ];
}
