/** Counted traffic between two endpoints of a lab, and the frames that each link carried because of it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab, VlanCounter } from "@trunkline/lab";
import type { Pair } from "./cases.ts";
import { directionKey } from "./expectation.ts";
import type { Frames } from "./expectation.ts";

export interface Measured {
  readonly sent: number;
  readonly received: number;
  readonly frames: Frames;
}

/** Before the counted packets: they resolve addresses and let switches learn, which floods. */
const warmUpPackets = 3;

/** Frames that go by anyway, each millisecond. */
export type Background = ReadonlyMap<string, number>;

/** What is looked at: links between devices that forward, and the VLANs of tenants. */
export interface Scope {
  readonly links: ReadonlySet<string>;
  readonly vlans: ReadonlySet<number>;
}

export async function backgroundOf(lab: Lab, scope: Scope, windowMs: number, signal: AbortSignal): Promise<Background> {
  const began = performance.now();
  const before = await arrivals(lab);
  await sleep(windowMs, undefined, { signal });
  const grown = growth(lab, before, await arrivals(lab), scope);
  const elapsedMs = performance.now() - began;
  return new Map([...grown].map(([key, frames]) => [key, frames / elapsedMs]));
}

export async function measurePair(
  lab: Lab,
  { from, to }: Pair,
  options: {
    readonly count: number;
    readonly intervalMs: number;
    readonly scope: Scope;
    readonly background: Background;
  },
): Promise<Measured> {
  const { count, intervalMs, scope, background } = options;
  const ping = async (packets: number): Promise<{ readonly sent: number; readonly received: number } | undefined> => {
    const traffic = { kind: "ping", to: to.address, count: packets, intervalMs } as const;
    return from.kind === "vm" ? await lab.sendFromVm(from.name, traffic) : await lab.sendFromClient(traffic, from.name);
  };
  await ping(warmUpPackets);
  const began = performance.now();
  const before = await arrivals(lab);
  const counted = await ping(count);
  const after = await arrivals(lab);
  const elapsedMs = performance.now() - began;
  const grown = growth(lab, before, after, scope);
  const frames = new Map(
    [...grown].map(([key, all]) => [key, Math.max(0, all - (background.get(key) ?? 0) * elapsedMs)]),
  );
  return { sent: counted?.sent ?? 0, received: counted?.received ?? 0, frames };
}

/** Frames that came in at an end of a link, by VLAN. A router has no bridge that counts: its cables bear one VLAN each. */
async function arrivals(lab: Lab): Promise<readonly VlanCounter[]> {
  const [byVlan, byCable] = await Promise.all([lab.vlanCounters(), lab.linkCounters()]);
  const bridged = new Set(lab.plan.bridges.map(({ node }) => node.name));
  const atRouters = byCable.flatMap(({ link, a, b }) =>
    [a, b]
      .filter(({ device }) => !bridged.has(device))
      .flatMap(({ device, port, received }): readonly VlanCounter[] => {
        const vlanId = vlanOfCable(lab, device, port);
        return vlanId === undefined ? [] : [{ link, device, port, vlanId, received }];
      }),
  );
  return [...byVlan, ...atRouters];
}

function vlanOfCable(lab: Lab, device: string, port: string): number | undefined {
  for (const { a, b } of lab.plan.cables)
    for (const [near, far] of [
      [a, b],
      [b, a],
    ] as const)
      if (near.node.name === device && near.port === port)
        for (const { vlans } of [near, far]) if (vlans?.kind === "access") return vlans.vlanId;
  return undefined;
}

/** What arrived at one end of a link was sent by the other. */
function growth(
  lab: Lab,
  before: readonly VlanCounter[],
  after: readonly VlanCounter[],
  { links, vlans }: Scope,
): Frames {
  const keyOf = ({ link, device, vlanId }: VlanCounter): string =>
    directionKey(link, otherEnd(lab, link, device), device, vlanId);
  const first = new Map(before.map((counter) => [keyOf(counter), counter.received.packets]));
  return new Map(
    after
      .filter(({ link, vlanId }) => links.has(link) && vlans.has(vlanId))
      .map((counter) => [keyOf(counter), counter.received.packets - (first.get(keyOf(counter)) ?? 0)]),
  );
}

function otherEnd(lab: Lab, link: string, device: string): string {
  const ends = lab.plan.cables.map(({ a, b }) => [a, b] as const);
  const found = ends.find(([a, b]) => {
    const names = [`${a.node.name}/${a.port}`, `${b.node.name}/${b.port}`];
    return link === names.toSorted().join("--");
  });
  const [a, b] = found ?? [];
  return (a?.node.name === device ? b?.node.name : a?.node.name) ?? "?";
}
