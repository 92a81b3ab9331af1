/** What a host hears by LLDP: its lldpd is asked, which has listened all along; where there is none, we listen ourselves. */
import type { Observation } from "@trunkline/fabric";
import { TrunklineError } from "@trunkline/model";
import type { HostName } from "@trunkline/model";
import { limits } from "../../limits.ts";
import { captureLive, lldpFilter } from "../capture/live-capture.ts";
import { commandShell } from "../system/command-shell.ts";
import { readLldpNeighbors } from "./lldp-neighbors.ts";

export async function hostNeighbours(
  host: HostName,
  prefix: readonly string[] | undefined,
  ports: readonly string[],
  listenMs: number,
  signal: AbortSignal,
): Promise<readonly Observation[]> {
  if (prefix === undefined)
    throw new TrunklineError("host.unreachable", `the inventory gives no way to run a command on ${host} (shell)`);
  const asked = await readLldpNeighbors(commandShell(host, prefix), { device: host, atMs: Date.now() }, signal);
  if (asked.kind === "read" && asked.observations.length > 0) return asked.observations;
  const heard = await Promise.all(
    ports.map(async (port) => {
      const bounds = { packets: limits.lldpPackets, ms: listenMs };
      const place = { device: host, port };
      return (await captureLive({ prefix, interface: port, place, filter: lldpFilter, bounds }, signal)).observations;
    }),
  );
  return heard.flat();
}
