/** The lab's VMs: each is started where the topology places it, unless some host has it already. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { LabContext } from "../context.ts";
import type { GuestImage } from "../guest-image/build.ts";
import { LabError } from "../lab-error.ts";
import { GUEST_START_TIMEOUT_MS } from "../limits.ts";
import { tailOf } from "../process/daemon.ts";
import { run } from "../process/run.ts";
import { forEachInParallel, waitFor } from "../process/wait.ts";
import type { HostPlan, LabPlan, VmPlan } from "../topology/compile.ts";
import { domainXmlOf } from "../world/domain-xml.ts";
import { listDomains } from "../world/domains.ts";
import type { Emulator } from "../world/emulator.ts";
import { virsh } from "../world/hypervisor.ts";
import { inNamespace } from "../world/namespaces.ts";
import { askGuest } from "./status.ts";

/**
 * Every host is asked before any VM is started, and a host that does not answer ends the attempt: a VM that moved
 * must not be started a second time on its disk.
 */
export async function ensureGuests(context: LabContext, emulator: Emulator, image: GuestImage): Promise<void> {
  const { plan, signal } = context;
  const present = (await Promise.all(plan.hosts.map((host) => listDomains(host, signal)))).flat();
  const missing = plan.vms.filter((vm) => !present.some((domain) => domain.name === vm.name));
  await forEachInParallel(missing, async (vm) => {
    context.log(`${vm.name}: starting on ${vm.host}`);
    await createDomain(hostOf(plan, vm.host), vm, domainXmlOf(plan, vm, emulator, image), signal);
  });
  const paused = present.filter((domain) => domain.state !== "running").map((domain) => domain.name);
  const running = plan.vms.filter((vm) => !paused.includes(vm.name));
  await forEachInParallel(running, (vm) => waitForGuest(context, vm));
}

/** A transient domain: it is gone when it ends, which is what the lab's idea of "missing" rests on. */
export async function createDomain(host: HostPlan, vm: VmPlan, xml: string, signal?: AbortSignal): Promise<void> {
  for (const file of [vm.definition, vm.console]) mkdirSync(dirname(file), { recursive: true });
  writeFileSync(vm.definition, xml);
  await run(virsh(host, ["create", vm.definition]), { signal });
}

export function clientCommandOf(plan: LabPlan): readonly string[] {
  const [client] = plan.clients;
  if (client === undefined) throw new Error("a topology without a client was accepted");
  return inNamespace(client.node.namespace, []);
}

export function hostOf(plan: LabPlan, name: string): HostPlan {
  const host = plan.hosts.find((candidate) => candidate.node.name === name);
  if (host !== undefined) return host;
  throw new LabError("lab.not-found", `The lab ${plan.lab} has no host "${name}"`, {
    hint: `Its hosts are ${plan.hosts.map((candidate) => candidate.node.name).join(", ")}.`,
  });
}

async function waitForGuest(context: LabContext, vm: VmPlan): Promise<void> {
  const client = clientCommandOf(context.plan);
  const answer = await waitFor(() => askGuest(client, vm, { signal: context.signal }), {
    timeoutMs: GUEST_START_TIMEOUT_MS,
    signal: context.signal,
  });
  if (answer !== undefined) {
    context.log(`${vm.name}: answers at ${vm.address}`);
    return;
  }
  const said = tailOf(vm.console);
  throw new LabError("lab.guest", `The guest ${vm.name} does not answer at ${vm.address}. Its console says:\n${said}`, {
    hint: `Read ${vm.console}; check with \`trunkline lab status\` that it runs, and that its VLAN is trunked to the client.`,
    details: { vm: vm.name, console: vm.console },
  });
}
