/**
 * When did the network learn where the VM is? Every switch on the way from its peers is asked for its MAC table until it
 * forwards the VM's address to the port that leads to the target.
 */
import { vlanReach } from "@trunkline/fabric";
import type { FabricView } from "@trunkline/fabric";
import type { CheckResult, VmDescription } from "@trunkline/model";
import type { VirtualSwitch, World } from "@trunkline/ports";
import { limits } from "../limits.ts";

export interface Learning {
  /** From the call of `watchLearning` to the moment when the last switch had learned; undefined when one did not. */
  readonly learnedMs: number | undefined;
  readonly evidence: readonly CheckResult[];
}

interface Expectation {
  readonly device: VirtualSwitch;
  readonly vlan: number;
  readonly mac: string;
  /** Ports that are right; undefined where any port but the link towards the source would do. */
  readonly port: string;
}

export async function watchLearning(
  world: World,
  view: FabricView,
  vm: VmDescription,
  target: string,
  signal: AbortSignal,
): Promise<Learning> {
  const startedMs = world.clock.nowMs();
  const expectations = expectationsOf(world, view, vm, target);
  const results = await Promise.all(
    expectations.map(async (expectation) => await learn(world, expectation, startedMs, signal)),
  );
  const evidence = results.map((result) => result.check);
  const times = results.map((result) => result.learnedMs);
  const all = times.length > 0 && times.every((time) => time !== undefined);
  return { learnedMs: all ? Math.max(...times) : undefined, evidence };
}

function expectationsOf(world: World, view: FabricView, vm: VmDescription, target: string): readonly Expectation[] {
  const readable = world.virtualSwitches().filter((device) => device.canReadMacTable && device.name !== target);
  return vm.nics.flatMap((nic) =>
    nic.vlans.flatMap((vlan) =>
      readable.flatMap((device): Expectation[] => {
        const reach = vlanReach(view, vlan, device.name, target);
        const next = reach.kind === "disconnected" ? undefined : reach.path[1];
        const link = view.links.find(
          ({ a, b }) =>
            (a.device === device.name && b.device === next) || (b.device === device.name && a.device === next),
        );
        if (link === undefined) return [];
        const port = link.a.device === device.name ? link.a.port : link.b.port;
        return [{ device, vlan, mac: nic.mac, port }];
      }),
    ),
  );
}

async function learn(
  world: World,
  { device, vlan, mac, port }: Expectation,
  startedMs: number,
  signal: AbortSignal,
): Promise<{ learnedMs: number | undefined; check: CheckResult }> {
  const rule = "switch-learned";
  const subject = `${device.name}/${port}`;
  let seenOn = "nowhere";
  while (world.clock.nowMs() - startedMs < limits.learnMs) {
    try {
      const table = await device.macTable(signal);
      seenOn = table.find((entry) => entry.mac === mac && entry.vlan === vlan)?.port ?? "nowhere";
    } catch (error) {
      return { learnedMs: undefined, check: { rule, severity: "unknown", subject, message: String(error) } };
    }
    if (seenOn === port) {
      const learnedMs = Math.round(world.clock.nowMs() - startedMs);
      const message = `${device.name} forwards ${mac} in VLAN ${vlan} to ${port}, ${learnedMs} ms after the guest resumed`;
      return { learnedMs, check: { rule, severity: "pass", subject, message } };
    }
    await world.clock.sleep(limits.learnPauseMs, signal);
  }
  const message = `${device.name} still has ${mac} in VLAN ${vlan} on ${seenOn}, not on ${port}`;
  const fix = `announce it again: virsh qemu-monitor-command --hmp VM announce_self`;
  return { learnedMs: undefined, check: { rule, severity: "warn", subject, message, fix } };
}
