/**
 * Builds a lab, or mends the one that is there: what lives is kept, what is missing is made. The order is that of the
 * needs: namespaces, switches, cables, ports, then SAN and hypervisors, then guests; what does not wait for each other
 * runs side by side.
 *
 * Invariant: everything that `down` must remove is in the state file before it exists (state-file.ts).
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LabContext } from "./context.ts";
import { writeFabric } from "./fabric.ts";
import { awaitGateways, gatewayNodes, startGateways } from "./gateway/gateways.ts";
import { buildGuestImage } from "./guest-image/build.ts";
import type { GuestImage } from "./guest-image/build.ts";
import { ensureGuests, placementOf } from "./guest/guests.ts";
import { writeInventory } from "./inventory.ts";
import { LabError } from "./lab-error.ts";
import { throwIfCancelled } from "./process/run.ts";
import { forEachInParallel, together } from "./process/wait.ts";
import { checkRequirements } from "./requirements.ts";
import { labFolder } from "./state/lab-folder.ts";
import { withLock } from "./state/lock.ts";
import { StateFile } from "./state/state-file.ts";
import { compileTopology } from "./topology/compile.ts";
import type { LabPlan } from "./topology/lab-plan.ts";
import { findTopology } from "./topology/find.ts";
import { readTopology } from "./topology/read.ts";
import { buildReaper, chooseEmulator } from "./world/emulator.ts";
import type { Emulator } from "./world/emulator.ts";
import { ensureFilters } from "./world/filters.ts";
import { setHostRoute } from "./world/host-routes.ts";
import { ensureKeeper, ensureLibvirtd, shareCapabilities, warmCapabilities } from "./world/hypervisor.ts";
import { ensureCable } from "./world/links.ts";
import { ensurePool } from "./world/local-disks.ts";
import { ensurePki } from "./world/pki.ts";
import { ensureNamespace, namespaceExists } from "./world/namespaces.ts";
import { ensurePorts, ensureSwitch, probeDatapath } from "./world/open-vswitch.ts";
import { ensureDefaultRoute, ensureRoutes, makeForwarding } from "./world/routing.ts";
import { ensureSan } from "./world/san.ts";
import { ensureCapacity } from "./world/shaping.ts";

export type LabUpOptions = {
  readonly name: string;
  /** A name among lab/topologies, or the path of a YAML file. */
  readonly topology: string;
  readonly root?: string | undefined;
  readonly log?: (line: string) => void;
  readonly signal?: AbortSignal;
};

/**
 * An aborted signal is always honoured: whenever it fires before this returns, the promise is rejected with
 * "lab.cancelled", also when the last step had been taken already or when a step failed of its own accord at that moment.
 */
export async function labUp(options: LabUpOptions): Promise<void> {
  const folder = labFolder(options.root, options.name);
  const { file, name } = findTopology(options.topology);
  const topologyText = readFileSync(file, "utf8");
  const plan = compileTopology(readTopology(topologyText, name, file), options.name, folder);
  checkRequirements(plan);
  throwIfCancelled(options.signal);
  await withLock(folder, async () => {
    const state = openState(plan, name, topologyText);
    try {
      await build({ plan, state, log: options.log ?? (() => undefined), signal: options.signal });
    } catch (error) {
      throwIfCancelled(options.signal);
      throw error;
    }
  });
  throwIfCancelled(options.signal);
}

function openState(plan: LabPlan, topology: string, topologyText: string): StateFile {
  const existing = StateFile.open(plan.folder);
  if (existing !== undefined) {
    if (existing.state.topologyText === topologyText) return existing;
    throw new LabError("lab.topology-changed", `The lab ${plan.lab} was built from another version of a topology`, {
      hint: "Take it down first, or give the new one another name.",
      details: { built: existing.state.topology, asked: topology },
    });
  }
  const namespaces = plan.nodes.map((node) => node.namespace);
  const taken = namespaces.filter(namespaceExists);
  if (taken.length > 0) {
    throw new LabError("lab.namespace-taken", `There are namespaces that this lab did not make: ${taken.join(", ")}`, {
      hint: "A lab of the same name may live under another TRUNKLINE_LAB_ROOT: take that one down, or choose another name.",
      details: { namespaces: taken },
    });
  }
  return StateFile.create(plan.folder, { name: plan.lab, topology, topologyText, namespaces, folders: [plan.folder] });
}

async function build(context: LabContext): Promise<void> {
  const { plan, state, log, signal } = context;
  await forEachInParallel(plan.nodes, async (node) => {
    await ensureNamespace(node.namespace, signal);
    mkdirSync(node.folder, { recursive: true });
  });
  await forEachInParallel(plan.routers, (router) => makeForwarding(router, signal));
  const guestParts = prepareGuests(context);
  await together([guestParts, buildHosts(context, guestParts)]);
  const { image, emulator } = await guestParts;
  await ensureGuests(context, emulator, image);
  await awaitGateways(context);
  const placement = await placementOf(plan, signal);
  for (const vm of plan.vms) await setHostRoute(context, vm, siteOf(plan, placement.get(vm.name)));
  writeInventory(plan, state);
  writeFabric(plan, placement);
  log(`the lab ${plan.lab} is up: ${join(plan.folder, "inventory.yaml")}`);
}

function siteOf(plan: LabPlan, host: string | undefined): string | undefined {
  return plan.hosts.find(({ node }) => node.name === host)?.node.site;
}

type GuestParts = { readonly image: GuestImage; readonly emulator: Emulator };

async function prepareGuests(context: LabContext): Promise<GuestParts> {
  const image = await buildGuestImage(context);
  return { image, emulator: await chooseEmulator(context, image) };
}

async function buildHosts(context: LabContext, guestParts: Promise<GuestParts>): Promise<void> {
  await together([
    buildNetwork(context),
    forEachInParallel(context.plan.hosts, (host) => ensureKeeper(context, host)),
    buildReaper(context),
    ensurePki(context),
  ]);
  await together([ensureSan(context), startHypervisors(context, guestParts)]);
}

/** Switches, cables and ports. A port needs its bridge and its cable, an address its port. */
async function buildNetwork(context: LabContext): Promise<void> {
  const { plan, state, signal } = context;
  const [probing] = plan.nodes;
  const datapath = state.state.datapath ?? (probing ? await probeDatapath(probing, signal) : "netdev");
  state.update({ datapath });
  context.log(`laying cables and switches (${datapath === "system" ? "kernel" : "userspace"} datapath)`);
  await together([
    forEachInParallel(plan.bridges, (bridge) => ensureSwitch(context, bridge, datapath)),
    forEachInParallel(plan.cables, (cable) => ensureCable(cable, signal)),
  ]);
  await forEachInParallel(plan.bridges, (bridge) => ensurePorts(context, bridge));
  await forEachInParallel(plan.cables, (cable) => ensureCapacity(context, cable));
  // Filters before gateways: no hello passes a link that is meant to keep it back.
  await forEachInParallel(plan.cables, (cable) => ensureFilters(context, cable));
  await forEachInParallel(plan.routers, (router) => ensureRoutes(context, router));
  await forEachInParallel(plan.clients, (client) => ensureDefaultRoute(context, client));
  await forEachInParallel(gatewayNodes(plan.gateways), (node) => startGateways(context, node));
}

/** The first host probes the emulators, the others take over what it found. */
async function startHypervisors(context: LabContext, guestParts: Promise<GuestParts>): Promise<void> {
  const [first, ...others] = context.plan.hosts;
  if (first === undefined) return;
  await ensureLibvirtd(context, first);
  await ensurePool(context, first);
  const { emulator } = await guestParts;
  await warmCapabilities(context, first, emulator);
  await forEachInParallel(others, async (host) => {
    shareCapabilities(first, host);
    await ensureLibvirtd(context, host);
    await ensurePool(context, host);
    await warmCapabilities(context, host, emulator);
  });
}
