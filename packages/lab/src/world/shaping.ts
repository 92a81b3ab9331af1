/** Cables that carry no more than so much, both ways. */
import type { LabContext } from "../context.ts";
import { run } from "../process/run.ts";
import type { CableEnd, CablePlan } from "../topology/lab-plan.ts";
import { inNamespace } from "./namespaces.ts";
import { vsctl } from "./open-vswitch.ts";

/** To be called once the ports are in their bridges: a switch that takes a port over clears what was set on it before. */
export async function ensureCapacity(context: LabContext, cable: CablePlan): Promise<void> {
  if (cable.capacityBps === undefined) return;
  for (const end of [cable.a, cable.b]) {
    await leaveAlone(context, end);
    await shape(end, cable.capacityBps, context.signal);
  }
}

/**
 * Open vSwitch manages the queueing of all its ports, and removes what others set there; type `linux-noop` is its word
 * for a port whose queueing is left to others (ovs-vswitchd.conf.db(5), table QoS).
 */
async function leaveAlone({ plan, signal }: LabContext, { node, device }: CableEnd): Promise<void> {
  const bridge = plan.bridges.find((candidate) => candidate.node === node);
  if (bridge === undefined) return;
  const chosen = await run(vsctl(bridge, ["get", "port", device, "qos"]), { signal });
  if (chosen.trim() !== "[]") return;
  const commands = ["--id=@alone", "create", "qos", "type=linux-noop", "--", "set", "port", device, "qos=@alone"];
  await run(vsctl(bridge, commands), { signal });
}

/**
 * A bucket of a fiftieth of a second, so that slow clocks of the kernel do not hold the rate down, and a queue of a tenth,
 * so that whoever sends more loses packets as on a switch (tc-tbf(8)).
 */
async function shape({ node, device }: CableEnd, bps: number, signal: AbortSignal | undefined): Promise<void> {
  const burst = Math.max(32_768, Math.round(bps / 8 / 50));
  const bucket = ["tbf", "rate", `${Math.round(bps)}bit`, "burst", String(burst), "latency", "100ms"];
  await run(inNamespace(node.namespace, ["tc", "qdisc", "replace", "dev", device, "root", ...bucket]), { signal });
}
