/**
 * `trunkline doctor`: everything asked at once, each question with a deadline, so that the whole takes no longer than
 * its slowest answer may. It changes nothing, here or on a host.
 */
import { readConfig, realWorld } from "@trunkline/controller";
import { TrunklineError } from "@trunkline/model";
import type { HostFacts, Inventory } from "@trunkline/model";
import type { World } from "@trunkline/ports";
import { journalPath, resolveInventory } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { limits } from "../limits.ts";
import { areas, askAll } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { compareVersions, hostQuestions } from "./hosts.ts";
import { machineQuestions } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { stateQuestions } from "./state.ts";

export interface ExamineOptions extends GlobalOptions {
  /** The service's configuration, whose inventory and state folder count where no flag names others. */
  readonly config?: string;
  readonly server?: string;
}

export async function examine(
  options: ExamineOptions,
  machine: Machine,
  deadlineMs: number = limits.doctorQuestionMs,
): Promise<readonly Finding[]> {
  const { findings: configFindings, resolved } = withConfig(options);
  const { findings: inventoryFindings, inventory } = findInventory(resolved);
  const world = inventory === undefined ? undefined : realWorld(inventory);
  const seen: HostFacts[] = [];
  try {
    const findings = await askAll(
      [
        ...machineQuestions(machine),
        ...stateQuestions(journalPath(resolved), options.server),
        ...(world === undefined ? [] : hostQuestions(world, seen)),
      ],
      deadlineMs,
    );
    const all = [...configFindings, ...findings, ...inventoryFindings, ...compareVersions(seen)];
    return all.toSorted((a, b) => areas.indexOf(a.area) - areas.indexOf(b.area));
  } finally {
    await closeWorld(world);
  }
}

function withConfig(options: ExamineOptions): { findings: readonly Finding[]; resolved: GlobalOptions } {
  if (options.config === undefined) return { findings: [], resolved: options };
  const about = { area: "service", name: "configuration", isNeeded: true } as const;
  try {
    const { stateFolder, inventory } = readConfig(options.config);
    const resolved = {
      ...(stateFolder === undefined ? {} : { state: stateFolder }),
      ...(inventory === undefined ? {} : { inventory }),
      ...options,
    };
    return { findings: [{ ...about, state: "ok", message: options.config }], resolved };
  } catch (error) {
    return { findings: [problemOf(about, error, "trunkline serve does not start with it")], resolved: options };
  }
}

function findInventory(options: GlobalOptions): { findings: readonly Finding[]; inventory?: Inventory } {
  const about = { area: "hosts", name: "inventory", isNeeded: true } as const;
  try {
    const inventory = resolveInventory(options);
    return { findings: [], inventory };
  } catch (error) {
    const isNamed = (options.inventory ?? options.lab ?? process.env["TRUNKLINE_INVENTORY"]) !== undefined;
    if (!isNamed && error instanceof TrunklineError && error.code === "inventory.missing")
      return { findings: [{ ...about, state: "unknown", message: error.message, isNeeded: false, fix: error.hint }] };
    return { findings: [problemOf(about, error, "no host is known, so no VM is moved")] };
  }
}

function problemOf(about: Pick<Finding, "area" | "name" | "isNeeded">, error: unknown, consequence: string): Finding {
  const { message, hint } =
    error instanceof TrunklineError ? error : { message: String(error), hint: "see what the message names" };
  return { ...about, state: "missing", message, consequence, fix: hint };
}

/** A host that does not answer does not hang up either: it is not waited for. */
async function closeWorld(world: World | undefined): Promise<void> {
  if (world === undefined) return;
  const enough = AbortSignal.timeout(limits.closeMs);
  await Promise.race([
    world.close().catch(() => undefined),
    new Promise<void>((resolve) => {
      enough.addEventListener("abort", () => {
        resolve();
      });
    }),
  ]);
}
