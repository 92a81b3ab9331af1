/** A move that nothing speaks against: web1 from h1 to h2, its peers behind sw1. Tests change one fact at a time. */
import { emptyFabric } from "@trunkline/fabric";
import type { Device, Fabric, PortVlans } from "@trunkline/fabric";
import { hostName, vmId } from "@trunkline/model";
import type { HostFacts, VmDescription, VmDisk, VmNic, VmSummary } from "@trunkline/model";
import { known } from "./facts.ts";
import type { MoveFacts } from "./facts.ts";

export const facts = (change: Partial<MoveFacts> = {}): MoveFacts => ({
  vm: vm(),
  source: "h1",
  target: "h2",
  driver: "client",
  sourceSighting: { kind: "present", power: "running", reason: "booted", job: "none" },
  targetSighting: { kind: "absent" },
  sourceHost: known(host({ host: hostName("h1"), hostname: "h1", hostUuid: "a" })),
  targetHost: known(host()),
  targetMachines: known({ machines: ["q35", "pc-q35-7.2"], accelerators: ["kvm", "qemu"] }),
  cpu: known({ verdict: "compatible", why: "the host offers a superset" }),
  targetMemoryMiB: known(8192),
  inFlight: [],
  disks: [{ target: "vda", opens: known(true), why: "opened" }],
  hostFiles: [{ role: "firmware", path: "/usr/share/OVMF/OVMF_CODE.fd", isThere: known(true) }],
  targetBridges: known([{ name: "br0", mtu: 1500 }]),
  sourceMtus: { "52:54:00:00:00:01": 1500 },
  fabric: fabric(),
  migrationNetwork: { sourceAddress: "10.20.0.1", targetAddress: "10.20.0.2", vlan: 20, reaches: known(true) },
  ...change,
});

export const vm = (change: Partial<VmDescription> = {}): VmDescription => ({
  id: vmId("6f1d9d1e-1111-4222-8333-abcdefabcdef"),
  name: "web1",
  accelerator: "kvm",
  arch: "x86_64",
  machine: "pc-q35-7.2",
  emulator: "/usr/bin/qemu-system-x86_64",
  memoryMiB: 1024,
  vcpus: 2,
  cpuXml: undefined,
  cpuModel: "Skylake-Server",
  disks: [disk()],
  nics: [nic()],
  hostDevices: [],
  hostFiles: [{ role: "firmware", path: "/usr/share/OVMF/OVMF_CODE.fd" }],
  firmwarePath: "/usr/share/OVMF/OVMF_CODE.fd",
  snapshotCount: 0,
  job: "none",
  memoryInUseBytes: 300 * 1024 * 1024,
  ramBlockBytes: undefined,
  ...change,
});

export const disk = (change: Partial<VmDisk> = {}): VmDisk => ({
  target: "vda",
  device: "disk",
  backing: {
    kind: "network",
    protocol: "iscsi",
    name: "iqn.2026-11.org.example:san/1",
    hosts: [{ name: "10.30.0.9", port: 3260 }],
    hasSecret: false,
  },
  format: "raw",
  isReadOnly: false,
  ...change,
});

export const nic = (change: Partial<VmNic> = {}): VmNic => ({
  mac: "52:54:00:00:00:01",
  port: "vnet0",
  bridge: "br0",
  vlans: [10],
  isTrunk: false,
  mtu: 1500,
  kind: "bridge",
  ...change,
});

export const host = (change: Partial<HostFacts> = {}): HostFacts => ({
  host: hostName("h2"),
  hostname: "h2",
  hostUuid: "b",
  hypervisorVersion: { major: 7, minor: 2, patch: 22 },
  libvirtVersion: { major: 9, minor: 0, patch: 0 },
  memoryMiB: 8192,
  memoryFreeMiB: 6000,
  arch: "x86_64",
  vms: [],
  ...change,
});

export const otherVm = (change: Partial<VmSummary> = {}): VmSummary => ({
  id: vmId("00000000-0000-4000-8000-000000000002"),
  name: "db1",
  host: hostName("h2"),
  power: "running",
  reason: "booted",
  memoryMiB: 2048,
  macs: ["52:54:00:00:00:02"],
  persistent: true,
  ...change,
});

/** h1 and h2 hang on sw1, a client of VLAN 10 as well; `ports` replaces what a port carries. */
export function fabric(ports: Readonly<Record<string, PortVlans>> = {}): Fabric {
  const trunk: PortVlans = { kind: "trunk", trunks: [10, 20] };
  const access: PortVlans = { kind: "access", tag: 10 };
  const device = (name: string, vlans: Readonly<Record<string, PortVlans>>): Device => ({
    name,
    kind: name.startsWith("h") ? "host" : "switch",
    ovsdb: `unix:/run/${name}.sock`,
    ports: Object.entries(vlans).map(([port, usual]) => ({ name: port, vlans: ports[`${name}/${port}`] ?? usual })),
  });
  return {
    ...emptyFabric,
    devices: [
      device("h1", { uplink: trunk, vnet0: access, migration: { kind: "access", tag: 20 } }),
      device("h2", { uplink: trunk, migration: { kind: "access", tag: 20 } }),
      device("sw1", { p1: trunk, p2: trunk, client: access }),
    ],
    links: [
      { a: { device: "h1", port: "uplink" }, b: { device: "sw1", port: "p1" } },
      { a: { device: "h2", port: "uplink" }, b: { device: "sw1", port: "p2" } },
    ],
  };
}
