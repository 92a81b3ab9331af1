/**
 * Frames by VLAN at each port between switching devices: on a link that carries storage and memory as well, the frames of a
 * few tenants are not to be told apart by the counters of the cable.
 *
 * The bridges count: for each port and VLAN there is a rule that does what the bridge does anyway and has a counter. It is
 * made when somebody counts for the first time, bears a mark of its own, and lies below the filters: what a filter drops is
 * not counted here.
 */
import type { LabContext } from "../context.ts";
import { run } from "../process/run.ts";
import type { BridgePlan, CableEnd } from "../topology/lab-plan.ts";
import type { Counter } from "./counters.ts";
import { idOf } from "./counters.ts";
import { managementSocket } from "./filters.ts";

/** Frames that came over the link to this end, in this VLAN. */
export type VlanCounter = {
  readonly link: string;
  readonly device: string;
  readonly port: string;
  readonly vlanId: number;
  readonly received: Counter;
};

/** "tlvlan" as bytes. */
const COOKIE = "0x746c766c616e";
/** Between the bridge's own rule (0) and the filters. */
const PRIORITY = 10;

export async function readVlanCounters(context: LabContext): Promise<readonly VlanCounter[]> {
  const { bridges, cables } = context.plan;
  const counted = await Promise.all(
    bridges.map(async (bridge) => {
      const ends = cables.flatMap((cable) =>
        [cable.a, cable.b].filter((end) => end.node === bridge.node).map((end) => ({ link: idOf(cable), end })),
      );
      const counters = await countersOf(
        bridge,
        ends.map(({ end }) => end),
        context.signal,
      );
      return ends.flatMap(({ link, end }) =>
        vlansOf(end).map((vlanId): VlanCounter => {
          const received = counters.get(matchOf(end, vlanId)) ?? { packets: 0, bytes: 0 };
          return { link, device: end.node.name, port: end.port, vlanId, received };
        }),
      );
    }),
  );
  return counted.flat();
}

async function countersOf(
  bridge: BridgePlan,
  ends: readonly CableEnd[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Counter>> {
  const socket = `unix:${managementSocket(bridge)}`;
  // What the datapath has counted reaches the rules when its flows are looked over; this waits for one such round.
  await run(["ovs-appctl", "-t", bridge.controlSocket, "revalidator/wait"], { signal });
  const ofctl = ["ovs-ofctl", "-O", "OpenFlow14"];
  const dump = [...ofctl, "--names", "dump-flows", socket, `cookie=${COOKIE}/-1`];
  const counters = parseFlows(await run(dump, { signal }));
  const matches = ends.flatMap((end) => vlansOf(end).map((vlanId) => matchOf(end, vlanId)));
  const missing = matches.filter((match) => !counters.has(match));
  if (missing.length > 0) {
    const lines = missing.map((match) => `add cookie=${COOKIE},priority=${PRIORITY},${match},actions=NORMAL`);
    await run([...ofctl, "--bundle", "add-flows", socket, "-"], { input: `${lines.join("\n")}\n`, signal });
  }
  return counters;
}

/** On an access port frames bear no tag, and belong to its VLAN. */
function matchOf({ port, vlans }: CableEnd, vlanId: number): string {
  return vlans?.kind === "access" ? `in_port=${port}` : `in_port=${port},dl_vlan=${vlanId}`;
}

function vlansOf({ vlans }: CableEnd): readonly number[] {
  if (vlans === undefined) return [];
  return vlans.kind === "access" ? [vlans.vlanId] : vlans.vlanIds;
}

/** Lines such as ` cookie=…, n_packets=3, n_bytes=180, priority=10,in_port="up0",dl_vlan=110 actions=NORMAL`. */
export function parseFlows(text: string): ReadonlyMap<string, Counter> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const packets = /n_packets=(\d+)/.exec(line)?.[1];
      const bytes = /n_bytes=(\d+)/.exec(line)?.[1];
      const port = /in_port="?([^",\s]+)"?/.exec(line)?.[1];
      if (packets === undefined || bytes === undefined || port === undefined) return [];
      const vlan = /dl_vlan=(\d+)/.exec(line)?.[1];
      const match = vlan === undefined ? `in_port=${port}` : `in_port=${port},dl_vlan=${vlan}`;
      return [[match, { packets: Number(packets), bytes: Number(bytes) }] as const];
    }),
  );
}
