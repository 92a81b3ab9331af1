/**
 * From a topology to a plan: every namespace, port, address, target and machine that the lab will have, as data. Pure:
 * the same topology and names give the same plan, so a plan can be kept as a golden file, and so that what `up` builds
 * and what `down` removes follow from one document.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { LabError } from "../lab-error.ts";
import { SOCKET_PATH_BYTES } from "../limits.ts";
import { withPrefixLength } from "./ipv4.ts";
import { VLAN_ROLES } from "./schema.ts";
import type { HostSpec, LinkEndSpec, LinkSpec, Topology, VlanRole } from "./schema.ts";

export type NodePlan = {
  readonly name: string;
  readonly kind: "host" | "switch" | "san" | "client";
  readonly namespace: string;
  readonly folder: string;
};

/** How a port of an Open vSwitch bridge treats VLANs. */
export type PortPlan =
  | { readonly kind: "trunk"; readonly name: string; readonly vlanIds: readonly number[] }
  | { readonly kind: "access"; readonly name: string; readonly vlanId: number }
  | { readonly kind: "internal"; readonly name: string; readonly vlanId: number; readonly address: string };

export type BridgePlan = {
  readonly node: NodePlan;
  readonly ports: readonly PortPlan[];
  readonly database: string;
  readonly databaseSocket: string;
  readonly controlSocket: string;
};

export type CableEnd = { readonly node: NodePlan; readonly device: string; readonly address: string | undefined };
export type CablePlan = { readonly a: CableEnd; readonly b: CableEnd; readonly moveBudget: LinkSpec["moveBudget"] };

export type HostPlan = {
  readonly node: NodePlan;
  readonly bridge: BridgePlan;
  readonly uuid: string;
  readonly memoryMiB: number;
  readonly managementAddress: string;
  readonly migrationAddress: string;
  readonly migrationPort: string;
  readonly libvirtSocket: string;
  readonly moveBudget: HostSpec["moveBudget"];
};

export type SanTargetPlan = {
  readonly id: number;
  readonly iqn: string;
  readonly file: string;
  readonly sizeBytes: number;
};

export type SanPlan = {
  readonly node: NodePlan;
  readonly address: string;
  readonly targets: readonly SanTargetPlan[];
};

export type ClientPlan = {
  readonly node: NodePlan;
  readonly attachedTo: { readonly device: string; readonly port: string };
};

export type VmPlan = {
  readonly name: string;
  readonly uuid: string;
  readonly host: string;
  readonly memoryMiB: number;
  readonly vcpus: number;
  readonly address: string;
  readonly prefixedAddress: string;
  readonly mac: string;
  readonly target: SanTargetPlan;
  readonly definition: string;
  readonly console: string;
  readonly patrol: { readonly bufferMiB: number; readonly rateMiBps: number };
  readonly recordsPerSecond: number;
};

export type LabPlan = {
  readonly lab: string;
  readonly topology: string;
  readonly folder: string;
  readonly nodes: readonly NodePlan[];
  readonly bridges: readonly BridgePlan[];
  readonly cables: readonly CablePlan[];
  readonly hosts: readonly HostPlan[];
  readonly san: SanPlan;
  readonly clients: readonly ClientPlan[];
  readonly vms: readonly VmPlan[];
  readonly vlanIds: Readonly<Record<VlanRole, number>>;
};

export function compileTopology(topology: Topology, lab: string, folder: string): LabPlan {
  const nodeOf =
    (kind: NodePlan["kind"]) =>
    (spec: { readonly name: string }): NodePlan => ({
      name: spec.name,
      kind,
      namespace: `tl-${lab}-${spec.name}`,
      folder: join(folder, spec.name),
    });
  const nodes = [
    ...topology.hosts.map(nodeOf("host")),
    ...topology.switches.map(nodeOf("switch")),
    nodeOf("san")(topology.san),
    ...topology.clients.map(nodeOf("client")),
  ];
  const node = (name: string) =>
    known(
      nodes.find((candidate) => candidate.name === name),
      name,
    );
  const vlan = (name: string) => known(topology.vlans[name], name);

  const bridges = nodes
    .filter((candidate) => candidate.kind === "host" || candidate.kind === "switch")
    .map((candidate): BridgePlan => ({
      node: candidate,
      ports: [...uplinks(topology, candidate.name), ...internalPorts(topology, candidate.name)],
      database: join(candidate.folder, "ovs/conf.db"),
      databaseSocket: join(candidate.folder, "ovs/db.sock"),
      controlSocket: join(candidate.folder, "ovs/vs.ctl"),
    }));

  const endOf = (end: LinkEndSpec): CableEnd => {
    const plain = [
      { ...topology.san, role: "storage" as const },
      ...topology.clients.map((client) => ({ ...client, role: "tenant" as const })),
    ].find((candidate) => candidate.name === end.device);
    return {
      node: node(end.device),
      device: end.port,
      address: plain && withPrefixLength(plain.address, vlan(plain.role).subnet),
    };
  };
  const cables = topology.links.map((link) => ({
    a: endOf(link.a),
    b: endOf(link.b),
    moveBudget: link.moveBudget,
  }));

  const hosts = topology.hosts.map((spec): HostPlan => ({
    node: node(spec.name),
    bridge: known(
      bridges.find((bridge) => bridge.node.name === spec.name),
      spec.name,
    ),
    uuid: stableUuid(`${lab}/host/${spec.name}`),
    memoryMiB: spec.memoryMiB,
    managementAddress: spec.addresses.management,
    migrationAddress: spec.addresses.migration,
    migrationPort: internalPortName(vlan("migration").id),
    libvirtSocket: join(node(spec.name).folder, "run/libvirt/libvirt-sock"),
    moveBudget: spec.moveBudget,
  }));
  for (const socket of [
    ...hosts.map((host) => host.libvirtSocket),
    ...bridges.map((bridge) => bridge.databaseSocket),
  ]) {
    checkSocketPath(socket);
  }

  const sanNode = node(topology.san.name);
  const targets = topology.vms.map((vm, index): SanTargetPlan => ({
    id: index + 1,
    iqn: `iqn.2026-01.trunkline.lab:${lab}.${vm.name}`,
    file: join(sanNode.folder, "disks", `${vm.name}.img`),
    sizeBytes: vm.diskMiB * 1024 * 1024,
  }));

  return {
    lab,
    topology: topology.name,
    folder,
    nodes,
    bridges,
    cables,
    hosts,
    san: { node: sanNode, address: topology.san.address, targets },
    clients: topology.clients.map((client) => ({
      node: node(client.name),
      attachedTo: known(peerOf(topology, client.name), client.name),
    })),
    vms: topology.vms.map((vm, index): VmPlan => ({
      name: vm.name,
      uuid: stableUuid(`${lab}/vm/${vm.name}`),
      host: vm.host,
      memoryMiB: vm.memoryMiB,
      vcpus: vm.vcpus,
      address: vm.address,
      prefixedAddress: withPrefixLength(vm.address, vlan("tenant").subnet),
      mac: vm.mac,
      target: known(targets[index], vm.name),
      definition: join(folder, "vms", `${vm.name}.xml`),
      console: join(folder, "vms", `${vm.name}.console`),
      patrol: vm.patrol,
      recordsPerSecond: vm.recordsPerSecond,
    })),
    vlanIds: {
      management: vlan("management").id,
      migration: vlan("migration").id,
      storage: vlan("storage").id,
      tenant: vlan("tenant").id,
    },
  };
}

function uplinks(topology: Topology, device: string): PortPlan[] {
  return topology.links
    .flatMap((link) => [link.a, link.b])
    .filter((end) => end.device === device)
    .map((end): PortPlan =>
      end.access === undefined
        ? {
            kind: "trunk",
            name: end.port,
            vlanIds: (end.trunk ?? []).map((name) => known(topology.vlans[name], name).id),
          }
        : { kind: "access", name: end.port, vlanId: known(topology.vlans[end.access], end.access).id },
    );
}

/** A host has a port of its own in each VLAN it speaks in; its guests alone are in the tenant VLAN. */
function internalPorts(topology: Topology, device: string): PortPlan[] {
  const host = topology.hosts.find((candidate) => candidate.name === device);
  if (host === undefined) return [];
  return VLAN_ROLES.filter((role) => role !== "tenant").map((role): PortPlan => {
    const { id, subnet } = known(topology.vlans[role], role);
    const address = withPrefixLength(host.addresses[role], subnet);
    return { kind: "internal", name: internalPortName(id), vlanId: id, address };
  });
}

function internalPortName(vlanId: number): string {
  return `v${vlanId}`;
}

function peerOf(topology: Topology, device: string): { readonly device: string; readonly port: string } | undefined {
  for (const { a, b } of topology.links) {
    if (a.device === device) return { device: b.device, port: b.port };
    if (b.device === device) return { device: a.device, port: a.port };
  }
  return undefined;
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

/** The references of a topology were checked when it was read; a gap here is a defect of the lab itself. */
function known<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the topology was accepted although it lacks "${name}"`);
  return value;
}
