/**
 * Which emulator guests run on and how: with hardware acceleration where a Linux guest really boots under it, else
 * with QEMU's own translator, and then through a wrapper where that QEMU would lose guest writes in migrations.
 */
import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { LabContext } from "../context.ts";
import type { GuestImage } from "../guest-image/build.ts";
import { ACCELERATION_PROBE_TIMEOUT_MS, BUILD_TIMEOUT_MS, TOOL_TIMEOUT_MS } from "../limits.ts";
import { run, runUnchecked } from "../process/run.ts";
import type { LabPlan } from "../topology/lab-plan.ts";
import { inNamespace } from "./namespaces.ts";

const QEMU = "/usr/bin/qemu-system-x86_64";

/**
 * As the hosts see it: their /etc/libvirt is the lab's. AppArmor's profile of libvirtd (Debian, Ubuntu) lets it execute
 * in this folder and not in the lab's own; libvirt itself runs only files here that bear a driver's name.
 */
const WRAPPER = "/etc/libvirt/hooks/trunkline-emulator";
const HOST_FILES = fileURLToPath(new URL("../../host/", import.meta.url));

export type Emulator = { readonly path: string; readonly domainType: "kvm" | "qemu" };

export function reaperPath(plan: LabPlan): string {
  return join(plan.folder, "host/reaper");
}

/** Built inside a namespace of the lab, so that `down` finds the compiler too. */
export async function buildReaper(context: LabContext): Promise<void> {
  const path = reaperPath(context.plan);
  if (existsSync(path)) return;
  mkdirSync(join(context.plan.folder, "host"), { recursive: true });
  const compile = ["gcc", "-O2", "-o", `${path}.new`, join(HOST_FILES, "reaper.c")];
  const namespace = context.plan.san.node.namespace;
  await run(inNamespace(namespace, compile), { signal: context.signal, timeoutMs: BUILD_TIMEOUT_MS });
  await run(["mv", `${path}.new`, path], { signal: context.signal });
}

export async function chooseEmulator(context: LabContext, image: GuestImage): Promise<Emulator> {
  const acceleration = context.state.state.acceleration ?? (await probeAcceleration(context, image));
  context.state.update({ acceleration });
  if (acceleration === "tcg") {
    const version = parseVersion(await run([QEMU, "--version"], { signal: context.signal }));
    if (losesGuestWrites(version)) installWrapper(context.plan);
  }
  return chosenEmulator(context.plan, acceleration);
}

/** What the last `up` chose. */
export function chosenEmulator(plan: LabPlan, acceleration: "kvm" | "tcg" | undefined): Emulator {
  if (acceleration === "kvm") return { path: QEMU, domainType: "kvm" };
  return { path: wrapperFiles(plan).every((file) => existsSync(file)) ? WRAPPER : QEMU, domainType: "qemu" };
}

/** Fixed upstream in 8.2.2 and 9.0: before, the dirty-bitmap synchronisation's fast path forgot the TCG TLB. */
export function losesGuestWrites(version: readonly [number, number, number]): boolean {
  const fixed = [8, 2, 2];
  for (const [index, part] of version.entries()) {
    const bound = fixed[index] ?? 0;
    if (part !== bound) return part < bound;
  }
  return false;
}

export function parseVersion(text: string): readonly [number, number, number] {
  const match = /version (\d+)\.(\d+)\.(\d+)/.exec(text);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0), Number(match?.[3] ?? 0)];
}

/** The node /dev/kvm proves nothing: inside some virtual machines it opens, and no guest ever reaches user space. */
async function probeAcceleration(context: LabContext, image: GuestImage): Promise<"kvm" | "tcg"> {
  if (!existsSync("/dev/kvm")) return "tcg";
  context.log("trying a guest under hardware acceleration");
  const seconds = String(ACCELERATION_PROBE_TIMEOUT_MS / 1000);
  const machine = "-accel kvm -machine q35 -m 128 -nodefaults -display none -no-reboot -serial stdio".split(" ");
  const boot = [
    "-kernel",
    image.kernel,
    "-initrd",
    image.initramfs,
    "-append",
    "console=ttyS0 quiet panic=-1 lab.probe",
  ];
  const guest = [QEMU, ...machine, ...boot];
  // `timeout` bounds the probe's life even when this process is killed meanwhile.
  const command = inNamespace(context.plan.san.node.namespace, ["timeout", "-s", "KILL", seconds, ...guest]);
  const { stdout } = await runUnchecked(command, { signal: context.signal, timeoutMs: TOOL_TIMEOUT_MS });
  const acceleration = stdout.includes("LAB-PROBE-OK") ? "kvm" : "tcg";
  context.log(acceleration === "kvm" ? "guests run under KVM" : "no guest boots under KVM here: guests are emulated");
  return acceleration;
}

/** One file under a name per host: libvirt's capability cache, shared between hosts, holds its change time. */
function installWrapper(plan: LabPlan): void {
  const [first, ...others] = wrapperFiles(plan);
  if (first === undefined || [first, ...others].every((file) => existsSync(file))) return;
  for (const file of [first, ...others]) {
    mkdirSync(dirname(file), { recursive: true });
    rmSync(file, { force: true });
  }
  copyFileSync(join(HOST_FILES, "emulator.sh"), first);
  chmodSync(first, 0o755);
  for (const file of others) linkSync(first, file);
}

function wrapperFiles(plan: LabPlan): readonly string[] {
  return plan.hosts.map((host) => join(host.node.folder, "etc", relative("/etc/libvirt", WRAPPER)));
}
