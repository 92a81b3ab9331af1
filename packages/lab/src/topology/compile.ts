/**
 * From a topology to a plan: every namespace, port, address, target and machine that the lab will have, as data. Pure:
 * the same topology and names give the same plan, so a plan can be kept as a golden file, and so that what `up` builds
 * and what `down` removes follow from one document.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { LabError } from "../lab-error.ts";
import { SOCKET_PATH_BYTES } from "../limits.ts";
import { attachmentOf, compileBridges, compileCables } from "./compile-network.ts";
import { compileGateways, compileHostRoutes, compileRouters, nicGateway } from "./compile-routing.ts";
import { withPrefixLength } from "./ipv4.ts";
import type { BridgePlan, ClientPlan, GatewayPlan, HostPlan, LabPlan, SanTargetPlan, VmPlan } from "./lab-plan.ts";
import { internalPortName, known, lookupOf } from "./lookup.ts";
import type { Lookup } from "./lookup.ts";
import type { Topology } from "./schema.ts";

export function compileTopology(topology: Topology, lab: string, folder: string): LabPlan {
  const lookup = lookupOf(topology, lab, folder);
  const bridges = compileBridges(lookup);
  const hosts = compileHosts(lookup, bridges);
  for (const socket of [
    ...hosts.map((host) => host.libvirtSocket),
    ...bridges.map((bridge) => bridge.databaseSocket),
  ]) {
    checkSocketPath(socket);
  }
  const sanNode = lookup.node(topology.san.name);
  const targets = topology.vms.map((vm, index): SanTargetPlan => ({
    id: index + 1,
    iqn: `iqn.2026-01.trunkline.lab:${lab}.${vm.name}`,
    file: join(sanNode.folder, "disks", `${vm.name}.img`),
    sizeBytes: vm.diskMiB * 1024 * 1024,
  }));
  const routers = compileRouters(lookup);
  const gateways = compileGateways(lookup, routers);
  return {
    lab,
    topology: topology.name,
    folder,
    sites: topology.sites,
    segments: Object.keys(topology.vlans).map(lookup.segment),
    nodes: lookup.nodes,
    mlagDomains: Object.fromEntries(
      topology.switches.flatMap(({ name, mlag }) => (mlag === undefined ? [] : [[name, mlag]])),
    ),
    bridges,
    cables: compileCables(lookup),
    hosts,
    san: {
      node: sanNode,
      address: topology.san.address,
      targets,
      attachedTo: attachmentOf(lookup, topology.san.name),
    },
    clients: compileClients(lookup, gateways),
    routers,
    gateways,
    hostRoutes: compileHostRoutes(lookup, routers),
    vms: compileVms(lookup, gateways, targets, folder),
    migrationVlanId: lookup.segment("migration").vlanId,
  };
}

function compileHosts(lookup: Lookup, bridges: readonly BridgePlan[]): readonly HostPlan[] {
  return lookup.topology.hosts.map((spec): HostPlan => {
    const node = lookup.node(spec.name);
    const bridge = bridges.find((candidate) => candidate.node.name === spec.name);
    return {
      node,
      bridge: known(bridge, spec.name),
      uuid: stableUuid(`${lookup.lab}/host/${spec.name}`),
      memoryMiB: spec.memoryMiB,
      cpuThreads: spec.cpuThreads,
      managementAddress: spec.addresses.management,
      migrationAddress: spec.addresses.migration,
      migrationPort: internalPortName(lookup.segment("migration").vlanId),
      libvirtSocket: join(node.folder, "run/libvirt/libvirt-sock"),
      moveBudget: spec.moveBudget,
    };
  });
}

function compileClients(lookup: Lookup, gateways: readonly GatewayPlan[]): readonly ClientPlan[] {
  return lookup.topology.clients.map((client): ClientPlan => {
    const gateway = nicGateway(gateways, client);
    return {
      node: lookup.node(client.name),
      address: client.address,
      segment: lookup.segment(client.segment),
      ...(gateway === undefined ? {} : { gateway }),
      attachedTo: attachmentOf(lookup, client.name),
    };
  });
}

function compileVms(
  lookup: Lookup,
  gateways: readonly GatewayPlan[],
  targets: readonly SanTargetPlan[],
  folder: string,
): readonly VmPlan[] {
  return lookup.topology.vms.map((vm, index): VmPlan => {
    const segment = lookup.segment(vm.segment);
    const gateway = nicGateway(gateways, vm);
    return {
      name: vm.name,
      uuid: stableUuid(`${lookup.lab}/vm/${vm.name}`),
      host: vm.host,
      memoryMiB: vm.memoryMiB,
      vcpus: vm.vcpus,
      segment,
      address: vm.address,
      prefixedAddress: withPrefixLength(vm.address, segment.subnet),
      ...(gateway === undefined ? {} : { gateway }),
      mac: vm.mac,
      disk: vm.disk,
      target: known(targets[index], vm.name),
      definition: join(folder, "vms", `${vm.name}.xml`),
      console: join(folder, "vms", `${vm.name}.console`),
      patrol: vm.patrol,
      recordsPerSecond: vm.recordsPerSecond,
    };
  });
}

/** The same names give the same UUID, so that a lab that comes up again holds the machines it held before. */
function stableUuid(name: string): string {
  const hex = createHash("sha256").update(`trunkline-lab/${name}`).digest("hex");
  // Version and variant bits of a name-based UUID (RFC 9562, 5.8: version 8, vendor specific).
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}

function checkSocketPath(path: string): void {
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES) return;
  throw new LabError(
    "lab.path-too-long",
    `The socket path ${path} is longer than the kernel's ${SOCKET_PATH_BYTES} bytes`,
    {
      hint: "Set TRUNKLINE_LAB_ROOT to a shorter folder, or give the lab a shorter name.",
    },
  );
}
