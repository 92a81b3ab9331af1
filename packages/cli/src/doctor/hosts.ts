/** The hosts of the inventory: each asked by its own libvirt, and by its shell where the inventory has one. */
import { messageOf, isOlder, versionText } from "@trunkline/model";
import type { HostFacts, InventoryHost } from "@trunkline/model";
import type { HostShell, ShellResult, World } from "@trunkline/ports";
import { limits } from "../limits.ts";
import type { Finding, Question } from "./finding.ts";

/** `seen` collects what the hosts said, for the comparison afterwards. */
export function hostQuestions(world: World, seen: HostFacts[]): readonly Question[] {
  return world.inventory.hosts.flatMap((host): readonly Question[] => [
    { area: "hosts", name: host.name, ask: async (signal) => [await libvirtFinding(world, host, seen, signal)] },
    {
      area: "hosts",
      name: `${host.name} migration`,
      ask: async (signal) => [await migrationFinding(host, world.shell(host.name), signal)],
    },
    {
      area: "hosts",
      name: `${host.name} clock`,
      ask: async (signal) => [await clockFinding(host, world.shell(host.name), signal)],
    },
  ]);
}

/** A guest that was started on the newest QEMU may find no way back to an older one. */
export function compareVersions(seen: readonly HostFacts[]): readonly Finding[] {
  const [first, ...others] = seen.toSorted((a, b) =>
    isOlder(a.hypervisorVersion, b.hypervisorVersion) ? -1 : Number(isOlder(b.hypervisorVersion, a.hypervisorVersion)),
  );
  const last = others.at(-1);
  if (first === undefined || last === undefined) return [];
  const about = { area: "hosts", name: "versions", isNeeded: false } as const;
  const [oldest, newest] = [versionText(first.hypervisorVersion), versionText(last.hypervisorVersion)];
  if (oldest === newest) return [{ ...about, state: "ok", message: `QEMU ${oldest} on all ${seen.length}` }];
  return [
    {
      ...about,
      state: "degraded",
      message: `QEMU ${oldest} on ${first.host}, ${newest} on ${last.host}`,
      consequence: "VMs move to newer QEMU; the way back is open only to machine types that the older one knows",
      fix: `bring ${first.host} to QEMU ${newest}`,
    },
  ];
}

async function libvirtFinding(
  world: World,
  { name, uri }: InventoryHost,
  seen: HostFacts[],
  signal: AbortSignal,
): Promise<Finding> {
  const about = { area: "hosts", name, isNeeded: true } as const;
  try {
    const facts = await world.hypervisor(name).facts(signal);
    seen.push(facts);
    const versions = `libvirt ${versionText(facts.libvirtVersion)}, QEMU ${versionText(facts.hypervisorVersion)}`;
    return {
      ...about,
      state: "ok",
      message: `${versions}, ${facts.vms.length} VM${facts.vms.length === 1 ? "" : "s"}`,
    };
  } catch (error) {
    return {
      ...about,
      state: "missing",
      message: messageOf(error),
      consequence: "no VM is moved to it or from it",
      fix: `try the same by hand: virsh -c '${uri}' list`,
    };
  }
}

async function migrationFinding(
  host: InventoryHost,
  shell: HostShell | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  const about = { area: "hosts", name: `${host.name} migration`, isNeeded: false } as const;
  const address = host.migration?.address;
  if (address === undefined)
    return {
      ...about,
      state: "degraded",
      message: "no migration address in the inventory",
      consequence: "the memory goes, unencrypted, over whatever network the host's name leads to",
      fix: `add to ${host.name}: migration: { address: … } (docs/inventory.md)`,
    };
  const shown = await askShell(shell, ["ip", "-o", "addr", "show", "to", address], signal);
  if (typeof shown === "string") return { ...about, state: "unknown", message: `${address}; ${shown}` };
  // Nothing shown is an answer; a command that fails, be it ssh itself, is none.
  if (shown.status !== 0) return { ...about, state: "unknown", message: `${address}; not asked: ${whyOf(shown)}` };
  if (shown.stdout.trim() !== "") return { ...about, state: "ok", message: address };
  return {
    ...about,
    state: "degraded",
    message: `the host does not have the address ${address}`,
    consequence: "moves to it fail when its QEMU starts to listen there",
    fix: `put ${address} on its interface, or correct the inventory`,
  };
}

async function clockFinding(host: InventoryHost, shell: HostShell | undefined, signal: AbortSignal): Promise<Finding> {
  const about = { area: "hosts", name: `${host.name} clock`, isNeeded: false } as const;
  const askedAt = Date.now();
  const answer = await askShell(shell, ["date", "+%s%3N"], signal);
  const answeredAt = Date.now();
  if (typeof answer === "string") return { ...about, state: "unknown", message: answer };
  if (answer.status !== 0) return { ...about, state: "unknown", message: `not asked: ${whyOf(answer)}` };
  const theirs = Number(answer.stdout.trim());
  if (!Number.isSafeInteger(theirs) || theirs === 0) {
    const said = JSON.stringify(answer.stdout.slice(0, limits.toolMessageLength));
    return { ...about, state: "unknown", message: `its date command said ${said}` };
  }
  // The answer was given at some moment between the two readings of our own clock; only what lies outside is skew.
  const skewMs = Math.max(0, askedAt - theirs, theirs - answeredAt);
  const message = skewMs === 0 ? "agrees with this machine's" : `${skewMs} ms from this machine's`;
  if (skewMs <= limits.clockSkewMs) return { ...about, state: "ok", message };
  return {
    ...about,
    state: "degraded",
    message,
    consequence: "its logs and ours cannot be laid side by side; certificates may count as expired",
    fix: "timedatectl set-ntp true, on both",
  };
}

async function askShell(
  shell: HostShell | undefined,
  command: readonly string[],
  signal: AbortSignal,
): Promise<ShellResult | string> {
  if (shell === undefined) return "not asked: the inventory has no shell for it";
  try {
    return await shell.run(command, { timeoutMs: limits.doctorQuestionMs, signal });
  } catch (error) {
    return `not asked: ${messageOf(error)}`;
  }
}

function whyOf({ status, stderr }: ShellResult): string {
  const [first = ""] = stderr.trim().split("\n");
  return first === "" ? `its command ended with status ${status}` : first.slice(0, limits.toolMessageLength);
}
