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
import type { HostPlan, LabPlan, VmPlan } from "../topology/lab-plan.ts";
import { domainXmlOf } from "../world/domain-xml.ts";
import { listDomains } from "../world/domains.ts";
import type { Emulator } from "../world/emulator.ts";
import { virsh } from "../world/hypervisor.ts";
import { ensureLocalDisk } from "../world/local-disks.ts";
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

/** The hosts of all VMs that run somewhere; one in mid-migration stands where it runs, and not where it is awaited. */
export async function placementOf(
  plan: LabPlan,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const seen = await Promise.all(
    plan.hosts.map(async (host) =>
      (await listDomains(host, signal)).map(({ name, state }) => ({ name, state, host: host.node.name })),
    ),
  );
  const running = seen
    .flat()
    .toSorted((one, other) => Number(one.state === "running") - Number(other.state === "running"));
  return new Map(running.map(({ name, host }) => [name, host]));
}

/** A transient domain: it is gone when it ends, which is what the lab's idea of "missing" rests on. */
export async function createDomain(host: HostPlan, vm: VmPlan, xml: string, signal?: AbortSignal): Promise<void> {
  for (const file of [vm.definition, vm.console]) mkdirSync(dirname(file), { recursive: true });
  writeFileSync(vm.definition, xml);
  if (vm.disk === "local") ensureLocalDisk(host, vm);
  await run(virsh(host, ["create", vm.definition]), { signal });
}

/** The beginning of a command line at the named client, or at the first one. */
export function clientCommandOf(plan: LabPlan, name?: string): readonly string[] {
  const client = name === undefined ? plan.clients[0] : plan.clients.find(({ node }) => node.name === name);
  if (client !== undefined) return inNamespace(client.node.namespace, []);
  throw new LabError("lab.not-found", `The lab ${plan.lab} has no client "${name}"`, {
    hint: `Its clients are ${plan.clients.map(({ node }) => node.name).join(", ")}.`,
  });
}

/**
 * Where a guest is asked from: the named client, else one in its own segment, which needs no gateway and crosses none, else
 * the first one.
 */
export function askingClientCommand(plan: LabPlan, vm: VmPlan, from?: string): readonly string[] {
  if (from !== undefined) return clientCommandOf(plan, from);
  const near = plan.clients.find(({ segment }) => segment.name === vm.segment.name);
  return clientCommandOf(plan, near?.node.name);
}

export function hostOf(plan: LabPlan, name: string): HostPlan {
  const host = plan.hosts.find((candidate) => candidate.node.name === name);
  if (host !== undefined) return host;
  throw new LabError("lab.not-found", `The lab ${plan.lab} has no host "${name}"`, {
    hint: `Its hosts are ${plan.hosts.map((candidate) => candidate.node.name).join(", ")}.`,
  });
}

async function waitForGuest(context: LabContext, vm: VmPlan): Promise<void> {
  const client = askingClientCommand(context.plan, vm);
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
    hint: `Read ${vm.console}; check with \`trunkline lab status\` that it runs, and that its VLAN reaches the client.`,
    details: { vm: vm.name, console: vm.console },
  });
}
