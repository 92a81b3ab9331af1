/** Can the target run this guest: CPU, machine type, firmware, memory, emulator? */
import { isOlder, versionText } from "@trunkline/model";
import type { CheckResult } from "@trunkline/model";
import type { MoveFacts } from "./facts.ts";

export function cpuCompatible(facts: MoveFacts): CheckResult {
  const rule = "cpu-compatible";
  const { vm, target, cpu } = facts;
  const subject = `${vm.name}/cpu`;
  if (!cpu.known) return { rule, severity: "unknown", subject, message: `the CPU could not be compared: ${cpu.why}` };
  if (cpu.value.verdict === "compatible")
    return {
      rule,
      severity: "pass",
      subject,
      message: `${target} offers ${vm.cpuModel ?? "the default CPU"}: ${cpu.value.why}`,
    };
  return {
    rule,
    severity: "block",
    subject,
    message: `${target} cannot offer the guest's CPU ${vm.cpuModel ?? ""}: ${cpu.value.why}`,
    fix: "use a CPU model that both hosts offer: virsh hypervisor-cpu-baseline with the domcapabilities of both",
  };
}

export function machineOffered(facts: MoveFacts): readonly CheckResult[] {
  const rule = "machine-type";
  const { vm, target, targetMachines } = facts;
  if (!targetMachines.known)
    return [
      {
        rule,
        severity: "unknown",
        subject: vm.machine,
        message: `${target} could not be asked for its machine types: ${targetMachines.why}`,
      },
    ];
  const { machines, accelerators } = targetMachines.value;
  const results: CheckResult[] = [];
  if (machines.includes(vm.machine))
    results.push({
      rule,
      severity: "pass",
      subject: vm.machine,
      message: `${target} offers the machine type ${vm.machine}`,
    });
  else
    results.push({
      rule,
      severity: "block",
      subject: vm.machine,
      message: `${target} does not offer the machine type ${vm.machine} for ${vm.arch}`,
      fix: `upgrade QEMU on ${target}, or give the VM an older machine type at its next cold start`,
    });
  if (!accelerators.includes(vm.accelerator))
    results.push({
      rule,
      severity: "block",
      subject: vm.accelerator,
      message: `${target} cannot run VMs of type ${vm.accelerator} (it offers ${accelerators.join(", ")})`,
      fix:
        vm.accelerator === "kvm"
          ? `enable virtualisation and load kvm on ${target}`
          : `install the emulator on ${target}`,
    });
  return results;
}

export function memoryFits(facts: MoveFacts): CheckResult {
  const rule = "memory-fits";
  const { vm, target, targetHost, targetMemoryMiB, inFlight } = facts;
  if (!targetHost.known || !targetMemoryMiB.known)
    return { rule, severity: "unknown", subject: target, message: `${target} could not be asked for its memory` };
  const placed = targetHost.value.vms
    .filter((other) => other.id !== vm.id && (other.power === "running" || other.power === "paused"))
    .reduce((sum, other) => sum + other.memoryMiB, 0);
  const coming = inFlight.reduce((sum, move) => sum + move.memoryMiB, 0);
  const budget = targetMemoryMiB.value;
  const after = placed + coming + vm.memoryMiB;
  const sum = `${placed} MiB placed + ${coming} MiB on the way + ${vm.memoryMiB} MiB for ${vm.name} = ${after} of ${budget} MiB`;
  if (after > budget)
    return {
      rule,
      severity: "block",
      subject: target,
      message: `${target} would be ${after - budget} MiB over: ${sum}`,
      fix: `move something away from ${target} first, or choose another target`,
    };
  if (targetHost.value.memoryFreeMiB < vm.memoryMiB)
    return {
      rule,
      severity: "block",
      subject: target,
      message: `only ${targetHost.value.memoryFreeMiB} MiB are free on ${target}, ${vm.name} may use ${vm.memoryMiB} MiB`,
      fix: `free memory on ${target}, or choose another target`,
    };
  return { rule, severity: "pass", subject: target, message: sum };
}

/**
 * QEMU before 8.2.2 loses guest writes when it migrates a guest under TCG (software emulation) whose RAM block is a
 * multiple of 256 KiB: the fast path of the dirty-bitmap synchronisation forgets the emulator's translation cache.
 */
export function emulationIsSafe(facts: MoveFacts): readonly CheckResult[] {
  const rule = "tcg-dirty-bitmap";
  const { vm, sourceHost } = facts;
  if (vm.accelerator !== "qemu") return [];
  if (!sourceHost.known)
    return [
      {
        rule,
        severity: "unknown",
        subject: vm.name,
        message: `${facts.source} could not be asked for its QEMU, which before 8.2.2 can corrupt guests under software emulation: ${sourceHost.why}`,
        fix: "use KVM, or QEMU 8.2.2 or later",
      },
    ];
  const version = sourceHost.value.hypervisorVersion;
  if (!isOlder(version, { major: 8, minor: 2, patch: 2 })) return [];
  const emulator = `QEMU ${versionText(version)} under software emulation`;
  if (vm.ramBlockBytes === undefined)
    return [
      {
        rule,
        severity: "unknown",
        subject: vm.name,
        message: `${emulator} can corrupt guests that it migrates, and the size of the RAM block could not be asked`,
        fix: "use KVM, or QEMU 8.2.2 or later",
      },
    ];
  if (vm.ramBlockBytes % tcgFastPathBytes === 0)
    return [
      {
        rule,
        severity: "block",
        subject: vm.name,
        message: `${emulator} loses guest writes in migration when the RAM block (${vm.ramBlockBytes} bytes) is a multiple of 256 KiB`,
        fix: "use KVM or QEMU 8.2.2 or later, or start the VM with a RAM block that is 8 KiB smaller (docs/lab.md shows the emulator wrapper)",
      },
    ];
  return [
    {
      rule,
      severity: "pass",
      subject: vm.name,
      message: `${emulator}: the RAM block of ${vm.ramBlockBytes} bytes avoids the fast path that loses writes`,
    },
  ];
}

const tcgFastPathBytes = 256 * 1024;
