/** The cables: veth pairs between namespaces. Nothing of them ever stands in the machine's own namespace. */
import { run, runUnchecked } from "../process/run.ts";
import type { CablePlan } from "../topology/lab-plan.ts";
import { inNamespace } from "./namespaces.ts";

export async function ensureCable(cable: CablePlan, signal: AbortSignal | undefined): Promise<void> {
  const { a, b } = cable;
  const look = ["ip", "-n", a.node.namespace, "link", "show", "dev", a.device];
  if ((await runUnchecked(look, { signal })).exitCode !== 0) {
    const peer = ["type", "veth", "peer", "name", b.device, "netns", b.node.namespace];
    await run(["ip", "-n", a.node.namespace, "link", "add", a.device, ...peer], { signal });
  }
  for (const end of [a, b]) {
    const lines = [`link set ${end.device} ${cable.mtu === undefined ? "" : `mtu ${cable.mtu} `}up`];
    if (end.address !== undefined) lines.push(`address replace ${end.address} dev ${end.device}`);
    await run(["ip", "-n", end.node.namespace, "-batch", "-"], { input: `${lines.join("\n")}\n`, signal });
    await turnOffloadOff(end.node.namespace, end.device, signal);
  }
}

/** With the userspace datapath TCP dies on checksums left to hardware that is not there, while ping works. */
export async function turnOffloadOff(
  namespace: string,
  device: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await run(inNamespace(namespace, ["ethtool", "-K", device, "tx", "off"]), { signal });
}

export async function setLink(namespace: string, device: string, state: "up" | "down"): Promise<void> {
  await run(["ip", "-n", namespace, "link", "set", "dev", device, state]);
}
