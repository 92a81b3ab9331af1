/**
 * Who is the gateway, predicted and asked: as built, with the active one dead, with it back, with hellos filtered between
 * the two, and with the virtual MAC filtered as well.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { electGateway, indexFabric } from "@trunkline/fabric";
import type { Fabric, Gateway } from "@trunkline/fabric";
import type { FilterPlan, Lab } from "@trunkline/lab";

export interface ElectionCase {
  readonly topology: string;
  readonly situation: string;
  readonly gateway: string;
  readonly predicted: readonly string[];
  readonly seen: readonly string[];
  readonly agrees: boolean;
}

interface ElectionOptions {
  readonly topology: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Two hold times of the slowest protocol here (HSRP's default: 10 s) and the time to speak. */
const settleAtMostMs = 25_000;
const pauseMs = 250;

export async function electionsOf(lab: Lab, options: ElectionOptions): Promise<readonly ElectionCase[]> {
  const fabric = await lab.fabric();
  const elected = fabric.gateways.filter(
    ({ kind, members }) => (kind === "vrrp" || kind === "hsrp") && members.length > 1,
  );
  if (elected.length === 0) return [];
  const cases: ElectionCase[] = [];
  // Where nobody preempts, whoever was active stays.
  const incumbents = new Map<string, readonly string[]>();
  const look = async (situation: string, assumed: Fabric): Promise<void> => {
    for (const { name } of elected) {
      const predicted = activesOf(assumed, name, incumbents.get(name));
      incumbents.set(name, predicted);
      cases.push(await askAbout(lab, name, predicted, situation, options));
    }
  };
  await look("as built", fabric);

  const [victim] = activesOf(fabric, elected[0]?.name ?? "");
  if (victim !== undefined) {
    await lab.stopGateways(victim, "crash");
    await look(`${victim} is dead`, withMember(fabric, victim, false));
    await lab.startGateways(victim);
    await look(`${victim} is back`, fabric);
  }
  const between = linkBetweenMembers(fabric, elected[0]);
  if (between === undefined) return cases;
  const { device, port } = between.a;
  const before = between.filters;
  for (const drops of [["hello"], ["hello", "virtualMac", "gatewayArp"]] as const) {
    await lab.setFilters(device, port, { drops });
    await look(`${drops.join(" and ")} filtered`, withFilters(fabric, between, drops));
  }
  await lab.setFilters(device, port, planOf(before));
  return cases;
}

/** Waits until what is seen is what was predicted, or long enough. */
async function askAbout(
  lab: Lab,
  name: string,
  predicted: readonly string[],
  situation: string,
  options: ElectionOptions,
): Promise<ElectionCase> {
  const deadline = performance.now() + settleAtMostMs;
  let seen = await lab.activeGateways(name);
  while (!isSame(seen, predicted) && performance.now() < deadline) {
    await sleep(pauseMs, undefined, { signal: options.signal });
    seen = await lab.activeGateways(name);
  }
  const found = {
    topology: options.topology,
    situation,
    gateway: name,
    predicted,
    seen: seen.toSorted(),
    agrees: isSame(seen, predicted),
  };
  options.log(
    `${options.topology}: ${name}, ${situation}: predicted ${predicted.join(" and ")}, seen ${found.seen.join(" and ")}`,
  );
  return found;
}

function activesOf(fabric: Fabric, name: string, incumbents?: readonly string[]): readonly string[] {
  const index = indexFabric(fabric);
  const gateway = index.gateway(name);
  if (gateway === undefined) return [];
  const election = electGateway(index, gateway, incumbents === undefined ? undefined : { incumbents });
  return (election?.components ?? []).flatMap((component) => component.active ?? []).toSorted();
}

const isSame = (left: readonly string[], right: readonly string[]): boolean =>
  left.toSorted().join(" ") === right.toSorted().join(" ");

const withMember = (fabric: Fabric, device: string, isUp: boolean): Fabric => ({
  ...fabric,
  gateways: fabric.gateways.map((gateway) => ({
    ...gateway,
    members: gateway.members.map((member) => (member.device === device ? { ...member, isUp } : member)),
  })),
});

type FabricLink = Fabric["links"][number];

const withFilters = (
  fabric: Fabric,
  changed: FabricLink,
  drops: readonly ("hello" | "virtualMac" | "gatewayArp")[],
): Fabric => ({
  ...fabric,
  links: fabric.links.map((link) =>
    link === changed ? { ...link, filters: Object.fromEntries(drops.map((what) => [what, "yes"])) } : link,
  ),
});

function linkBetweenMembers(fabric: Fabric, gateway: Gateway | undefined): FabricLink | undefined {
  const members = new Set(gateway?.members.map(({ device }) => device));
  return fabric.links.find(({ a, b }) => members.has(a.device) && members.has(b.device));
}

function planOf(filters: FabricLink["filters"]): FilterPlan | undefined {
  if (filters === undefined) return undefined;
  const drops = (["hello", "virtualMac", "gatewayArp"] as const).filter((what) => filters[what] === "yes");
  if (drops.length === 0) return undefined;
  return filters.gateways === undefined ? { drops } : { drops, gateways: filters.gateways };
}
