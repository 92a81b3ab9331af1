/** Network namespaces by their names, as iproute2 keeps them (ip-netns(8)). */
import { existsSync, rmSync, statSync } from "node:fs";
import { run, runUnchecked } from "../process/run.ts";

const NAMESPACES = "/run/netns";

export function inNamespace(namespace: string, command: readonly string[]): readonly string[] {
  return ["ip", "netns", "exec", namespace, ...command];
}

export function namespaceExists(namespace: string): boolean {
  return existsSync(`${NAMESPACES}/${namespace}`);
}

export async function ensureNamespace(namespace: string, signal: AbortSignal | undefined): Promise<void> {
  const bringUp = ["ip", "-n", namespace, "link", "set", "lo", "up"];
  if (namespaceExists(namespace)) {
    if ((await runUnchecked(bringUp, { signal })).exitCode === 0) return;
    // `ip netns add` was killed between making the file and mounting the namespace on it.
    await removeNamespace(namespace);
  }
  await run(["ip", "netns", "add", namespace], { signal });
  await run(bringUp, { signal });
  await run(inNamespace(namespace, ["sysctl", "-qw", `net.ipv4.tcp_wmem=${SEND_BUFFER_BYTES}`]), { signal });
}

/**
 * Least, usual and most (tcp(7)). A port of a switch in userspace holds no more than its packet socket does: some 90 frames of
 * 1514 bytes (net.core.rmem_default, 212 992 bytes with the kernel's own). A stream with more than that on its way loses its
 * own frames there and everybody else's, as it would on no cable of a data centre; so it has less.
 */
const SEND_BUFFER_BYTES = "4096 16384 131072";

/** All processes in the namespace, whoever started them. */
export async function namespacePids(namespace: string): Promise<readonly number[]> {
  if (!namespaceExists(namespace)) return [];
  const { stdout } = await runUnchecked(["ip", "netns", "pids", namespace]);
  return stdout.split("\n").filter(Boolean).map(Number);
}

/** A pid read from a file may have been reused by a process of somebody else: nobody signals it before asking this. */
export function isInNamespace(pid: number, namespace: string): boolean {
  const [own, wanted] = [`/proc/${pid}/ns/net`, `${NAMESPACES}/${namespace}`].map((path) => {
    try {
      return statSync(path).ino;
    } catch {
      return undefined;
    }
  });
  return own !== undefined && own === wanted;
}

export async function removeNamespace(namespace: string): Promise<void> {
  if (!namespaceExists(namespace)) return;
  await runUnchecked(["ip", "netns", "del", namespace]);
  rmSync(`${NAMESPACES}/${namespace}`, { force: true });
}
