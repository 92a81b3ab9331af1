/** Asks a host's lldpd for its neighbours, where it is installed. It has listened all along, so nobody waits for a frame. */
import type { NeighborSeen } from "@trunkline/fabric";
import { messageOf } from "@trunkline/model";
import type { HostShell } from "@trunkline/ports";
import { limits } from "../../limits.ts";
import { lldpcliNeighbors } from "./lldpcli-json.ts";
import type { LldpdPlace } from "./lldpcli-json.ts";

export type LldpdReading =
  | { readonly kind: "read"; readonly observations: readonly NeighborSeen[] }
  /** No lldpd there, or none that runs: listen with a capture instead. */
  | { readonly kind: "unavailable"; readonly why: string };

/** The format that does not change with the number of neighbours (lldpcli(8)). */
const question = ["lldpcli", "-f", "json0", "show", "neighbors", "details"];

export async function readLldpNeighbors(
  shell: HostShell,
  place: LldpdPlace,
  signal: AbortSignal,
): Promise<LldpdReading> {
  let answer: string;
  try {
    const { status, stdout, stderr } = await shell.run(question, { timeoutMs: limits.shellMs, signal });
    if (status !== 0) return unavailable(stderr.trim() === "" ? `lldpcli ended with status ${status}` : stderr.trim());
    answer = stdout;
  } catch (error) {
    signal.throwIfAborted();
    return unavailable(messageOf(error));
  }
  const observations = lldpcliNeighbors(parsed(answer), place);
  return observations === undefined
    ? unavailable("lldpcli's answer is not in the form json0")
    : { kind: "read", observations };
}

function unavailable(why: string): LldpdReading {
  return { kind: "unavailable", why };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
