/** A domain's XML as the description that the checks read. */
import type { DomainDescription, DomainDisk, DomainNic } from "@trunkline/libvirt";
import { vmId } from "@trunkline/model";
import type { DiskBacking, VmDescription, VmDisk, VmNic } from "@trunkline/model";

/** What the XML does not say is asked separately. */
export type AskedSeparately = Pick<VmDescription, "snapshotCount" | "job" | "memoryInUseBytes" | "ramBlockBytes">;

export function describe(domain: DomainDescription, asked: AskedSeparately): VmDescription {
  return {
    id: vmId(domain.uuid),
    name: domain.name,
    accelerator: domain.type,
    arch: domain.arch,
    machine: domain.machine ?? "",
    emulator: domain.emulator ?? "",
    memoryMiB: domain.memoryMiB,
    vcpus: domain.maxVcpus,
    cpuXml: domain.cpu?.xml,
    cpuModel: domain.cpu?.model ?? domain.cpu?.mode,
    disks: domain.disks.map(diskOf),
    nics: domain.nics.map(nicOf),
    hostDevices: hostDevicesOf(domain),
    hostFiles: hostFilesOf(domain),
    firmwarePath: domain.loader?.path,
    ...asked,
  };
}

function diskOf(disk: DomainDisk): VmDisk {
  return {
    target: disk.target,
    device: disk.device,
    backing: backingOf(disk),
    format: disk.format ?? "raw",
    isReadOnly: disk.readonly,
  };
}

function backingOf({ source }: DomainDisk): DiskBacking {
  switch (source.kind) {
    case "none":
      return { kind: "empty" };
    case "file":
    case "block":
    case "volume":
      return source;
    case "network":
      return {
        kind: "network",
        protocol: source.protocol,
        name: source.name,
        hosts: source.hosts.map((host) => ({
          name: host.name ?? host.socket ?? "",
          ...(host.port === undefined ? {} : { port: host.port }),
        })),
        hasSecret: source.hasAuth,
      };
    case "other":
      return { kind: "file", path: `(${source.type})` };
  }
}

function nicOf(nic: DomainNic): VmNic {
  return {
    mac: nic.mac.toLowerCase(),
    kind: nic.kind,
    vlans: nic.vlanTags,
    isTrunk: nic.trunk,
    ...(nic.target === undefined ? {} : { port: nic.target }),
    ...(nic.bridge === undefined ? {} : { bridge: nic.bridge }),
    ...(nic.network === undefined ? {} : { network: nic.network }),
    ...(nic.mtu === undefined ? {} : { mtu: nic.mtu }),
  };
}

function hostDevicesOf(domain: DomainDescription): readonly string[] {
  const passedThrough = domain.hostDevices.map((device) => `${device.kind} ${device.address}`);
  const tpm = domain.tpm?.backend === "passthrough" ? [`tpm ${domain.tpm.devicePath ?? ""}`] : [];
  const filesystems = domain.filesystems.map((filesystem) => `${filesystem.kind} share ${filesystem.source ?? ""}`);
  return [...passedThrough, ...tpm, ...filesystems];
}

/** Files that QEMU opens on the target when it starts there. */
function hostFilesOf(domain: DomainDescription): VmDescription["hostFiles"] {
  const files = [
    { role: "emulator", path: domain.emulator },
    { role: "firmware", path: domain.loader?.path },
    { role: "kernel", path: domain.kernel },
    { role: "initrd", path: domain.initrd },
  ];
  return files.flatMap(({ role, path }) => (path === undefined ? [] : [{ role, path }]));
}
