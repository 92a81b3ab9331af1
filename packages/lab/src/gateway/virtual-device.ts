/**
 * The interface that bears a gateway's address and virtual MAC: a macvlan over the device's own interface. Whoever has it
 * with the address on it answers ARP for the gateway and forwards what is sent to the virtual MAC.
 *
 * Checksum offload cannot be turned off on a macvlan and need not be: the interface below has none, and the kernel fills
 * the checksum in when a packet passes from one to the other.
 */
import { z } from "zod";
import { LabError } from "../lab-error.ts";
import { run, runUnchecked } from "../process/run.ts";
import type { GatewayMemberPlan } from "../topology/lab-plan.ts";
import { inNamespace } from "../world/namespaces.ts";

const shownSchema = z.array(
  z.object({ addr_info: z.array(z.object({ local: z.string().optional() })).default([]) }).loose(),
);

export async function hasDevice(namespace: string, device: string, signal: AbortSignal | undefined): Promise<boolean> {
  return (await runUnchecked(["ip", "-n", namespace, "link", "show", "dev", device], { signal })).exitCode === 0;
}

/** Asked of the kernel, whoever put the address there. */
export async function bearsAddress(
  { node, virtualDevice }: GatewayMemberPlan,
  address: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const command = ["ip", "-n", node.namespace, "-json", "address", "show", "dev", virtualDevice, "up"];
  const { exitCode, stdout } = await runUnchecked(command, { signal });
  if (exitCode !== 0) return false;
  // A device that is down is printed as an empty object.
  const shown = shownSchema.safeParse(JSON.parse(stdout === "" ? "[]" : stdout));
  if (shown.success) return shown.data.some(({ addr_info }) => addr_info.some(({ local }) => local === address));
  throw new LabError("lab.command", `\`${command.join(" ")}\` printed something else than addresses`, {
    hint: "Run the command by hand; the lab needs iproute2 with JSON output.",
    details: { stdout },
  });
}

export async function ensureVirtualDevice(
  { node, device, virtualDevice }: GatewayMemberPlan,
  gateway: { readonly address: string; readonly mac: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  const { namespace } = node;
  if (!(await hasDevice(namespace, virtualDevice, signal))) {
    const macvlan = ["address", gateway.mac, "type", "macvlan", "mode", "private"];
    await run(["ip", "-n", namespace, "link", "add", virtualDevice, "link", device, ...macvlan], { signal });
  }
  // The kernel announces the address by gratuitous ARP when the interface comes up.
  await run(inNamespace(namespace, ["sysctl", "-qw", `net.ipv4.conf.${virtualDevice}.arp_notify=1`]), { signal });
  const lines = [`address replace ${gateway.address}/32 dev ${virtualDevice}`, `link set ${virtualDevice} up`];
  await run(["ip", "-n", namespace, "-batch", "-"], { input: `${lines.join("\n")}\n`, signal });
}

export async function removeVirtualDevice(
  { node, virtualDevice }: GatewayMemberPlan,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!(await hasDevice(node.namespace, virtualDevice, signal))) return;
  await run(["ip", "-n", node.namespace, "link", "delete", "dev", virtualDevice], { signal });
}
