/** One topology, brought up, walked through its placements, and taken down: each pair predicted and measured. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { flowPath, indexFabric, linkId } from "@trunkline/fabric";
import type { Fabric, FabricIndex } from "@trunkline/fabric";
import { labDown, labUp, openLab } from "@trunkline/lab";
import type { Lab } from "@trunkline/lab";
import { runCommand } from "../command.ts";
import { pairsOf, placementsOf } from "./cases.ts";
import type { Pair, Placement } from "./cases.ts";
import { electionsOf } from "./elections.ts";
import type { ElectionCase } from "./elections.ts";
import { compare, expectationOf } from "./expectation.ts";
import type { Verdict } from "./expectation.ts";
import { backgroundOf, measurePair } from "./measure.ts";
import type { Scope } from "./measure.ts";

export interface TruthCase extends Verdict {
  readonly topology: string;
  /** `web1 on h1, db1 on h2`. */
  readonly placement: string;
  readonly pair: string;
  /** The prediction left more than one way open. */
  readonly isOpen: boolean;
  readonly sent: number;
  readonly received: number;
}

export interface TruthOptions {
  readonly topology: string;
  readonly count: number;
  readonly intervalMs: number;
  /** Of the packets that were sent. */
  readonly tolerance: number;
  readonly placementsAtMost: number;
  readonly pairsAtMost: number;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface TruthOfLab {
  readonly cases: readonly TruthCase[];
  readonly elections: readonly ElectionCase[];
}

/** Long enough for several hellos. */
const backgroundMs = 3_000;

export async function truthOf(options: TruthOptions): Promise<TruthOfLab> {
  const { topology, log, signal } = options;
  const name = `ft${process.pid}`;
  const state = mkdtempSync(join(tmpdir(), "tl-truth-"));
  try {
    await labUp({ name, topology, signal, log });
    const lab = openLab(name, { signal });
    const cases: TruthCase[] = [];
    for (const placement of placementsOf(lab.plan).slice(0, options.placementsAtMost))
      cases.push(...(await casesOf(lab, placement, state, options)));
    return { cases, elections: await electionsOf(lab, options) };
  } finally {
    await labDown({ name });
    rmSync(state, { recursive: true, force: true });
  }
}

async function casesOf(
  lab: Lab,
  placement: Placement,
  state: string,
  options: TruthOptions,
): Promise<readonly TruthCase[]> {
  const { topology, pairsAtMost, log, signal } = options;
  if (placement.step !== undefined) await moveTo(lab, placement.step, state, signal);
  const fabric = await lab.fabric();
  const index = indexFabric(fabric);
  const scope = scopeOf(lab, fabric);
  const background = await backgroundOf(lab, scope, backgroundMs, signal);
  const where = [...placement.hosts].map(([vm, host]) => `${vm} on ${host}`).join(", ");
  log(`${topology}: ${where}`);
  const cases: TruthCase[] = [];
  for (const pair of pairsOf(lab.plan).slice(0, pairsAtMost)) {
    const measured = await measurePair(lab, pair, { ...options, scope, background });
    const found = {
      topology,
      placement: where,
      pair: `${pair.from.name} to ${pair.to.name}`,
      ...judge(index, pair, measured, options),
    };
    if (!found.agrees) log(`  ${found.pair}: ${found.differing.join("; ")}`);
    cases.push(found);
  }
  return cases;
}

type Judged = Omit<TruthCase, "topology" | "placement" | "pair">;

function judge(
  index: FabricIndex,
  { from, to }: Pair,
  { sent, received, frames }: Awaited<ReturnType<typeof measurePair>>,
  { count, tolerance }: TruthOptions,
): Judged {
  const path = flowPath(index, { name: "measured", from: from.name, to: to.name, rateBps: 0 });
  const expectation = expectationOf(path, count);
  const figures = { sent, received, isOpen: false };
  switch (expectation.kind) {
    case "none":
      return { ...figures, agrees: false, worstRatio: 1, differing: [`nothing was predicted: ${expectation.why}`] };
    case "lost": {
      const agrees = received === 0;
      const differing = agrees ? [] : [`${received} answers came, none was predicted: ${expectation.why}`];
      return { ...figures, agrees, worstRatio: received / count, differing };
    }
    case "arrives": {
      const verdict = compare(expectation.alternatives, frames, count, tolerance);
      const lost = received < count * (1 - tolerance) ? [`${received} of ${sent} were answered`] : [];
      const isOpen = expectation.alternatives.length > 1;
      return {
        ...figures,
        isOpen,
        ...verdict,
        agrees: verdict.agrees && lost.length === 0,
        differing: [...verdict.differing, ...lost],
      };
    }
  }
}

function scopeOf(lab: Lab, fabric: Fabric): Scope {
  const tenants = [...lab.plan.vms, ...lab.plan.clients].map(({ segment }) => segment.vlanId);
  // Routers reach each other over segments of their own.
  const transits = fabric.devices.flatMap((device) => (device.interfaces ?? []).map(({ segment }) => segment));
  const vlans = fabric.segments.filter(({ name }) => transits.includes(name)).map(({ vlan }) => vlan);
  return { links: new Set(fabric.links.map(linkId)), vlans: new Set([...tenants, ...vlans]) };
}

/** By the product itself; where the topology announces single addresses, the route follows the VM. */
async function moveTo(
  lab: Lab,
  { vm, target }: { vm: string; target: string },
  state: string,
  signal: AbortSignal,
): Promise<void> {
  const words = ["migrate", vm, "--to", target, "--json", "--lab", lab.name, "--state", state];
  await runCommand([launcher, ...words], signal);
  if ((await lab.fabric()).hostRoutes.some((policy) => policy.mode !== "prefix")) await lab.setHostRoute(vm, target);
}

const launcher = fileURLToPath(new URL("../../../trunkline", import.meta.url));
