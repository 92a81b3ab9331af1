/**
 * Which emulator guests run on and how: with hardware acceleration where a Linux guest really boots under it, else
 * with QEMU's own translator, and then through a wrapper where that QEMU would lose guest writes in migrations.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LabContext } from "../context.ts";
import type { GuestImage } from "../guest-image/build.ts";
import { ACCELERATION_PROBE_TIMEOUT_MS, BUILD_TIMEOUT_MS, TOOL_TIMEOUT_MS } from "../limits.ts";
import { run, runUnchecked } from "../process/run.ts";
import type { LabPlan } from "../topology/compile.ts";
import { inNamespace } from "./namespaces.ts";

const QEMU = "/usr/bin/qemu-system-x86_64";
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
  if (acceleration === "kvm") return { path: QEMU, domainType: "kvm" };
  const version = parseVersion(await run([QEMU, "--version"], { signal: context.signal }));
  return { path: losesGuestWrites(version) ? installWrapper(context.plan) : QEMU, domainType: "qemu" };
}

/** The emulator chosen by the last `up`. */
export function chosenEmulator(plan: LabPlan, acceleration: "kvm" | "tcg" | undefined): Emulator {
  const wrapper = wrapperPath(plan);
  return { path: existsSync(wrapper) ? wrapper : QEMU, domainType: acceleration === "kvm" ? "kvm" : "qemu" };
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

function installWrapper(plan: LabPlan): string {
  const path = wrapperPath(plan);
  mkdirSync(join(plan.folder, "host"), { recursive: true });
  if (!existsSync(path)) {
    copyFileSync(join(HOST_FILES, "emulator.sh"), path);
    chmodSync(path, 0o755);
  }
  return path;
}

function wrapperPath(plan: LabPlan): string {
  return join(plan.folder, "host/qemu-system-x86_64");
}
