/** The libvirt domain of a lab's VM. Values come from a checked topology; texts are escaped all the same. */
import type { GuestImage } from "../guest-image/build.ts";
import type { LabPlan, VmPlan } from "../topology/lab-plan.ts";
import type { Emulator } from "./emulator.ts";
import { localDiskPath } from "./local-disks.ts";
import { BRIDGE } from "./open-vswitch.ts";

/**
 * No cache on the host, because two hosts open the disk during a migration; no checksum offload, because nothing
 * behind the userspace switch would fill the checksums in; no reboot, so that a panic is an end and not a loop.
 */
export function domainXmlOf(plan: LabPlan, vm: VmPlan, emulator: Emulator, image: GuestImage): string {
  const options = [
    "console=ttyS0 quiet panic=-1",
    `lab.address=${vm.prefixedAddress}`,
    ...(vm.gateway === undefined ? [] : [`lab.gateway=${vm.gateway.address}`]),
    `lab.buffer=${vm.patrol.bufferMiB}`,
    `lab.rate=${vm.patrol.rateMiBps}`,
    `lab.records=${vm.recordsPerSecond}`,
  ];
  const cpu =
    emulator.domainType === "kvm"
      ? '<cpu mode="host-model"/>'
      : '<cpu mode="custom" match="exact"><model>qemu64</model></cpu>';
  return `<domain type="${emulator.domainType}">
  <name>${escape(vm.name)}</name>
  <uuid>${vm.uuid}</uuid>
  <memory unit="MiB">${vm.memoryMiB}</memory>
  <vcpu>${vm.vcpus}</vcpu>
  <os>
    <type arch="x86_64" machine="q35">hvm</type>
    <kernel>${escape(image.kernel)}</kernel>
    <initrd>${escape(image.initramfs)}</initrd>
    <cmdline>${escape(options.join(" "))}</cmdline>
  </os>
  <features><acpi/></features>
  ${cpu}
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>destroy</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>${escape(emulator.path)}</emulator>
    ${vm.disk === "san" ? sanDisk(plan, vm) : localDisk(vm)}
    <interface type="bridge">
      <mac address="${vm.mac}"/>
      <source bridge="${BRIDGE}"/>
      <vlan><tag id="${vm.segment.vlanId}"/></vlan>
      <virtualport type="openvswitch"/>
      <model type="virtio"/>
      <driver>
        <host csum="off" gso="off" tso4="off" tso6="off"/>
        <guest csum="off" tso4="off" tso6="off" ufo="off"/>
      </driver>
    </interface>
    <serial type="file"><source path="${escape(vm.console)}" append="on"/></serial>
    <controller type="usb" model="none"/>
    <memballoon model="virtio"/>
  </devices>
</domain>
`;
}

const sanDisk = (plan: LabPlan, vm: VmPlan): string => `<disk type="network" device="disk">
      <driver name="qemu" type="raw" cache="none"/>
      <source protocol="iscsi" name="${escape(vm.target.iqn)}/1">
        <host name="${plan.san.address}" port="3260"/>
      </source>
      <target dev="vda" bus="virtio"/>
    </disk>`;

/** What is zero is not allocated, here nor where it is copied to. */
const localDisk = (vm: VmPlan): string => `<disk type="file" device="disk">
      <driver name="qemu" type="raw" cache="none" discard="unmap" detect_zeroes="unmap"/>
      <source file="${escape(localDiskPath(vm))}"/>
      <target dev="vda" bus="virtio"/>
    </disk>`;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
