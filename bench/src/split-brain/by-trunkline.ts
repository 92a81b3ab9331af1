/**
 * Our way: Confirm is withheld until the target has answered. The command is killed too, while it still asks, so that
 * nothing it remembers can help: the next one has the journal and both hosts, and no more.
 */
import { fileURLToPath } from "node:url";
import { start, until } from "./command.ts";
import type { Ended, Running } from "./command.ts";
import { vm } from "./stage.ts";
import type { Damage, Stage } from "./stage.ts";

export interface TrunklineRun {
  /** The target's libvirtd died with Finish unanswered: the source still keeps its copy, paused. */
  readonly hasStruck: boolean;
  /** The most copies whose guest progressed in one watch: target silent, command dead, target back, settled. */
  readonly copies: number;
  /** The VM runs on the target alone, virsh agrees, and the broken move's record says so. */
  readonly isSettled: boolean;
  readonly damage: Damage;
}

export async function runByTrunkline(stage: Stage, stateFolder: string): Promise<TrunklineRun> {
  const { source, target } = await stage.ends();
  const trunkline = (...words: readonly string[]): Running =>
    start([launcher, ...words, "--json", "--lab", stage.lab.name, "--state", stateFolder], stage.signal);
  const seen: number[] = [];
  const look = async (): Promise<void> => void seen.push((await stage.copies()).length);

  const trap = await stage.trap(target);
  const broken = trunkline("migrate", vm, "--to", target);
  await broken.says(/the target does not answer/);
  await trap.disarm();
  const hasStruck = trap.hasSprung() && (await stage.stateOn(source)).startsWith("paused");
  await look();
  await broken.kill();
  await look();
  await stage.lab.startLibvirtd(target);
  await look();
  const said = documentOf(await trunkline("migrate", vm, "--to", target).ended) as Said;
  await look();

  await until(async () => (await stage.lab.qemuPids(source, vm)).length === 0, "the old copy has ended", stage.signal);
  const { moves } = documentOf(await trunkline("move", "list").ended) as Moves;
  const isSettled =
    said.outcome === "completed" &&
    said.runsOn === target &&
    moves[0]?.report?.outcome === "completed" &&
    moves[0].report.runsOn === target &&
    (await stage.stateOn(target)).startsWith("running") &&
    (await stage.stateOn(source)) === "none";
  return { hasStruck, copies: Math.max(...seen), isSettled, damage: await stage.damage() };
}

/** What it prints when it fails has none of these. */
interface Said {
  readonly outcome?: string;
  readonly runsOn?: string;
}

interface Moves {
  readonly moves: readonly { readonly report: { readonly outcome: string; readonly runsOn: string | null } | null }[];
}

function documentOf({ stdout, stderr }: Ended): unknown {
  try {
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`the command printed no document, but: ${stdout}${stderr}`, { cause });
  }
}

const launcher = fileURLToPath(new URL("../../../trunkline", import.meta.url));
