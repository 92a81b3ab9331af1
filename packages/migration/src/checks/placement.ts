/** Is the VM where we think, and may the target be that host at all? */
import { isOlder, versionText } from "@trunkline/model";
import type { CheckResult, VmSummary } from "@trunkline/model";
import type { MoveFacts } from "./facts.ts";

export function vmLocation(facts: MoveFacts): CheckResult {
  const { vm, source, target, sourceSighting, targetSighting } = facts;
  const rule = "vm-location";
  const subject = vm.name;
  if (sourceSighting.kind === "unreachable")
    return {
      rule,
      severity: "block",
      subject,
      message: `${source} does not answer: ${sourceSighting.why}`,
      fix: `bring libvirtd on ${source} back, then try again`,
    };
  if (sourceSighting.kind === "absent")
    return {
      rule,
      severity: "block",
      subject,
      message: `${source} says it does not have ${vm.name}`,
      fix: "trunkline vm list shows where it is",
    };
  if (targetSighting.kind === "present" && targetSighting.power !== "shutoff")
    return {
      rule,
      severity: "block",
      subject,
      message: `${target} already has a ${targetSighting.power} copy of ${vm.name} (${targetSighting.reason})`,
      fix: `find out which copy is the true one before anything else: virsh domstate --reason ${vm.name} on both hosts`,
    };
  if (sourceSighting.power !== "running")
    return {
      rule,
      severity: "block",
      subject,
      message: `${vm.name} is ${sourceSighting.power} on ${source}, not running`,
      fix: "start or resume it first; a VM that does not run needs no live migration",
    };
  if (targetSighting.kind === "unreachable")
    return {
      rule,
      severity: "unknown",
      subject,
      message: `${vm.name} runs on ${source}, but ${target} could not be asked about copies`,
      fix: `bring libvirtd on ${target} back`,
    };
  return {
    rule,
    severity: "pass",
    subject,
    message: `${vm.name} runs on ${source} and ${target} has no copy; both were asked`,
  };
}

export function targetReachable(facts: MoveFacts): CheckResult {
  const rule = "target-reachable";
  const { target, targetHost, sourceHost } = facts;
  if (!targetHost.known)
    return {
      rule,
      severity: "block",
      subject: target,
      message: `libvirt on ${target} does not answer: ${targetHost.why}`,
      fix: `check that libvirtd runs on ${target} and that its URI opens: virsh -c URI list`,
    };
  if (sourceHost.known && sourceHost.value.hostUuid === targetHost.value.hostUuid)
    return {
      rule,
      severity: "block",
      subject: target,
      message: `${facts.source} and ${target} report the same host UUID, so libvirt takes them for one host`,
      fix: "give each host its own host_uuid in /etc/libvirt/libvirtd.conf and restart libvirtd",
    };
  const version = targetHost.value.libvirtVersion;
  if (sourceHost.known && isOlder(targetHost.value.hypervisorVersion, sourceHost.value.hypervisorVersion))
    return {
      rule,
      severity: "warn",
      subject: target,
      message: `QEMU on ${target} (${versionText(targetHost.value.hypervisorVersion)}) is older than on ${facts.source} (${versionText(sourceHost.value.hypervisorVersion)})`,
      fix: "moves to an older QEMU are not supported upstream; upgrade the target first",
    };
  return { rule, severity: "pass", subject: target, message: `libvirt ${versionText(version)} on ${target} answers` };
}

/** Name, UUID and MAC must be free on the target. */
export function identityCollisions(facts: MoveFacts): readonly CheckResult[] {
  const rule = "identity-collision";
  const { vm, target, targetHost } = facts;
  if (!targetHost.known)
    return [{ rule, severity: "unknown", subject: vm.name, message: `${target} could not be asked for its VMs` }];
  const results: CheckResult[] = [];
  for (const other of targetHost.value.vms) {
    if (other.id === vm.id) {
      if (other.power !== "shutoff")
        results.push({
          rule,
          severity: "block",
          subject: vm.name,
          message: `${target} already has a ${other.power} VM with the UUID of ${vm.name}, named ${other.name}`,
          fix: `find out which copy is the true one: virsh domstate --reason ${vm.id} on both hosts`,
        });
      else
        results.push({
          rule,
          severity: "warn",
          subject: vm.name,
          message: `${target} holds a stopped definition of ${vm.name} with the same UUID; the move replaces it`,
        });
      continue;
    }
    if (other.name === vm.name)
      results.push({
        rule,
        severity: "block",
        subject: vm.name,
        message: `${target} already has another VM named ${other.name} (UUID ${other.id})`,
        fix: renameCommand(other, target),
      });
    const shared = vm.nics.map((nic) => nic.mac).filter((mac) => other.macs.includes(mac));
    for (const mac of shared)
      results.push({
        rule,
        severity: "block",
        subject: `${vm.name}/${mac}`,
        message: `${other.name} on ${target} has the same MAC address ${mac}`,
        fix: `give one of the two NICs another MAC; on ${target}: virsh edit ${other.name}`,
      });
  }
  if (results.length > 0) return results;
  return [{ rule, severity: "pass", subject: vm.name, message: `name, UUID and MAC addresses are free on ${target}` }];
}

/** libvirt renames only what is off and defined; the new name is free for certain. */
function renameCommand(other: VmSummary, target: string): string {
  if (other.power === "shutoff") return `on ${target}: virsh domrename ${other.name} ${other.name}-${other.id}`;
  return `on ${target}: shut the other VM down, then: virsh domrename ${other.name} ${other.name}-${other.id}`;
}

export function jobsAndSnapshots(facts: MoveFacts): readonly CheckResult[] {
  const { vm, source } = facts;
  const results: CheckResult[] = [];
  if (vm.job === "none")
    results.push({ rule: "job-in-progress", severity: "pass", subject: vm.name, message: "no other job runs on it" });
  else
    results.push({
      rule: "job-in-progress",
      severity: "block",
      subject: vm.name,
      message: `libvirt already runs a job on it (${vm.job}): wait for its end, or end it`,
      fix: `on ${source}: virsh domjobabort ${vm.name}`,
    });
  if (vm.snapshotCount === 0)
    results.push({ rule: "snapshots", severity: "pass", subject: vm.name, message: "it has no snapshots" });
  else
    results.push({
      rule: "snapshots",
      severity: "block",
      subject: vm.name,
      message: `it has ${vm.snapshotCount} snapshot(s), whose metadata libvirt does not carry to another host: delete them, or let libvirt forget them`,
      fix: `on ${source}: for snapshot in $(virsh snapshot-list ${vm.name} --name); do virsh snapshot-delete ${vm.name} $snapshot --metadata; done`,
    });
  return results;
}
