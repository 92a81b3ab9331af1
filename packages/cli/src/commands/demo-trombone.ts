/**
 * The trombone, in real packets: two VMs that talk to each other move to the other data centre, and their traffic goes back
 * to the old one and returns, because their gateway stayed there. Then it is mended: gateway hellos and the virtual MAC are
 * kept from crossing, and each site has a gateway of its own.
 *
 * Each step is predicted from the lab's fabric first, then measured by counting frames on the link between the sites.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { flowPath, indexFabric, linkId } from "@trunkline/fabric";
import type { Fabric, Way } from "@trunkline/fabric";
import { openLab } from "@trunkline/lab";
import type { FilterPlan, Lab } from "@trunkline/lab";
import { TrunklineError, hostName } from "@trunkline/model";
import { withClient } from "../access/open-client.ts";
import type { GlobalOptions } from "../context.ts";
import { requestAndFollow } from "../follow/follow-move.ts";
import { note, printText } from "../output/print.ts";
import { progressPrinter } from "../output/progress.ts";

export interface TromboneStep {
  readonly step: "before" | "after" | "mended";
  readonly packets: number;
  readonly answered: number;
  /** Frames of these packets and their answers on the link between the sites, both directions together. */
  readonly predictedFrames: number;
  readonly measuredFrames: number;
  /** Which devices the packets were predicted to come by. */
  readonly there: readonly string[];
  readonly back: readonly string[];
  readonly agrees: boolean;
}

const story = { topology: "two-dc-stretched", from: "web1", to: "db1", target: "h2" } as const;
const packets = 100;
const intervalMs = 10;
/** Hellos and what else goes by meanwhile. */
const tolerance = 0.05;
/** An active router is missed after three hellos and a bit (RFC 9568, 6.1), and a VM's ARP cache is told at once. */
const takeOverMs = 30_000;
const pauseMs = 500;

export const tromboneTopology = story.topology;

export async function runTrombone(
  options: GlobalOptions & { readonly lab: string },
  signal: AbortSignal,
): Promise<readonly TromboneStep[]> {
  const lab = openLab(options.lab, { signal });
  const steps: TromboneStep[] = [];
  const tell = async (step: TromboneStep["step"], title: string): Promise<void> => {
    const found = await measure(lab, step);
    steps.push(found);
    if (options.json !== true) printText(textOf(title, found));
  };

  await tell("before", `${story.from} and ${story.to} are both in the first data centre`);
  for (const vm of [story.from, story.to]) await moveThere(options, vm);
  await tell("after", "both have moved to the second one; their gateway has not");

  const crossing = await interconnectOf(lab);
  const drops: FilterPlan["drops"] = ["hello", "virtualMac", "gatewayArp"];
  const { a } = crossing;
  await lab.setFilters(a.device, a.port, { drops });
  note(`hellos, the virtual MAC and ARP of gateways no longer cross ${linkId(crossing)}`);
  try {
    await bothActive(lab, signal);
    await tell("mended", "each site has a gateway of its own");
  } finally {
    await lab.setFilters(a.device, a.port, undefined);
  }
  return steps;
}

async function moveThere(options: GlobalOptions, vm: string): Promise<void> {
  note(`\n${vm} moves to ${story.target}`);
  const printer = progressPrinter({ stream: process.stderr, showAllChecks: false, now: () => performance.now() });
  const never = new AbortController().signal;
  const report = await withClient(
    options,
    { acts: true },
    async ({ client }) => await requestAndFollow(client, { vm, target: hostName(story.target) }, printer, never),
  );
  printer.end();
  if (report.outcome === "completed") return;
  throw new TrunklineError("move.failed", `${vm} did not move: ${report.failure?.message ?? report.outcome}`);
}

async function interconnectOf(lab: Lab): Promise<Fabric["links"][number]> {
  const link = (await lab.fabric()).links.find(({ kind }) => kind === "dci");
  if (link !== undefined) return link;
  throw new TrunklineError("lab.failed", `the lab ${lab.name} has no link between sites`, {
    hint: `Build it with: trunkline lab up ${story.topology} --lab ${lab.name}`,
  });
}

async function measure(lab: Lab, step: TromboneStep["step"]): Promise<TromboneStep> {
  const fabric = await lab.fabric();
  const assumed = step === "mended" ? withFilters(fabric) : fabric;
  const path = flowPath(indexFabric(assumed), { name: "talk", from: story.from, to: story.to, rateBps: 0 });
  const between = linkId(await interconnectOf(lab));
  const crossings = [path.forward, path.reverse].flatMap(linksOf).filter((link) => link === between).length;
  const to = lab.plan.vms.find(({ name }) => name === story.to)?.address ?? "";
  const traffic = { kind: "ping", to, intervalMs } as const;
  // Addresses are resolved and MAC tables filled before anything is counted.
  await lab.sendFromVm(story.from, { ...traffic, count: 5 });
  const vlans = new Set(lab.plan.vms.map(({ segment }) => segment.vlanId));
  const count = async (): Promise<number> =>
    (await lab.vlanCounters())
      .filter(({ link, vlanId }) => link === between && vlans.has(vlanId))
      .reduce((sum, { received }) => sum + received.packets, 0);
  const first = await count();
  const counted = await lab.sendFromVm(story.from, { ...traffic, count: packets });
  const measuredFrames = (await count()) - first;
  const predictedFrames = crossings * packets;
  const answered = counted?.received ?? 0;
  return {
    step,
    packets,
    answered,
    predictedFrames,
    measuredFrames,
    there: devicesOf(path.forward),
    back: devicesOf(path.reverse),
    agrees:
      Math.abs(measuredFrames - predictedFrames) <= 4 * tolerance * packets && answered > packets * (1 - tolerance),
  };
}

/** The lab's document is that of its topology; what this story filters besides is known here. */
const withFilters = (fabric: Fabric): Fabric => ({
  ...fabric,
  links: fabric.links.map((link) =>
    link.kind === "dci" ? { ...link, filters: { hello: "yes", virtualMac: "yes", gatewayArp: "yes" } } : link,
  ),
});

const linksOf = (way: Way): readonly string[] =>
  "legs" in way ? way.legs.flatMap((leg) => leg.crossings.map(({ link }) => link)) : [];

function devicesOf(way: Way): readonly string[] {
  if (!("legs" in way)) return [];
  const crossings = way.legs.flatMap((leg) => leg.crossings);
  return [...crossings.slice(0, 1).map(({ from }) => from), ...crossings.map(({ to }) => to)];
}

/** @throws lab.failed when the second router does not take over in its time. */
async function bothActive(lab: Lab, signal: AbortSignal): Promise<void> {
  const gateways = (await lab.fabric()).gateways.filter(({ members }) => members.length > 1);
  const deadline = performance.now() + takeOverMs;
  for (const { name, members } of gateways)
    while ((await lab.activeGateways(name)).length < members.length) {
      if (performance.now() > deadline)
        throw new TrunklineError("lab.failed", `the second router of ${name} did not become active`);
      await sleep(pauseMs, undefined, { signal });
    }
}

function textOf(title: string, found: TromboneStep): string {
  const verdict = found.agrees ? "as predicted" : "NOT as predicted";
  return [
    `\n${title}`,
    `  there      ${found.there.join(" > ")}`,
    `  back       ${found.back.join(" > ")}`,
    `  predicted  ${found.predictedFrames} frames between the sites for ${found.packets} packets and their answers`,
    `  counted    ${found.measuredFrames}: ${verdict}; ${found.answered} of ${found.packets} were answered`,
  ].join("\n");
}
