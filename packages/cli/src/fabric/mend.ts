/**
 * Repairs of the fabric that Open vSwitch takes: worked out from the findings, shown, confirmed, applied by the controller
 * (which reads each back, and takes all back when one fails), and judged anew afterwards.
 */
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline/promises";
import { renderChange, vlansAfter } from "@trunkline/fabric";
import type { ConfigChange, Fabric, PlannedMove, PortVlans, VlanChange } from "@trunkline/fabric";
import { TrunklineError } from "@trunkline/model";
import { askSignal } from "../access/ask-signal.ts";
import { withClient } from "../access/open-client.ts";
import type { Access } from "../access/open-client.ts";
import type { GlobalOptions } from "../context.ts";
import { exitCode, note, printJson, printText } from "../output/print.ts";
import { findingsOf } from "./findings-of.ts";
import { movesOf } from "./open-fabric.ts";

export interface MendOptions extends GlobalOptions {
  readonly move?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

type PortChange = {
  readonly device: string;
  readonly port: string;
  readonly before: PortVlans;
  readonly after: PortVlans;
};

export async function mend(options: MendOptions): Promise<void> {
  await withClient(options, { acts: options.dryRun !== true }, async (access) => {
    const fabric = await fabricOf(access);
    const moves = movesOf(options.move, fabric);
    const { changes, left } = repairsOf(fabric, moves);
    const lines = changes.flatMap(({ change }) => renderChange(fabric, change));
    if (options.json !== true) showPlan(lines, left);
    if (options.dryRun === true || changes.length === 0) {
      if (options.json === true)
        printJson({ changes: changes.map(({ port }) => port), commands: lines, left, applied: [] });
      return;
    }
    await confirm(options, lines.length);
    const { applied } = await access.client.call(
      "fabric.change",
      { body: { changes: mergedByPort(changes.map(({ port }) => port)) } },
      { signal: askSignal(), idempotencyKey: randomUUID() },
    );
    const after = await fabricOf(access);
    const blocking = findingsOf(after, moves).filter(({ severity }) => severity === "block");
    if (options.json === true)
      printJson({ changes: changes.map(({ port }) => port), commands: lines, left, applied, blocking });
    else
      printText(
        [
          `${applied.length} port(s) changed and read back`,
          blocking.length === 0
            ? "nothing blocks any longer"
            : `${blocking.length} finding(s) still block: trunkline fabric check`,
        ].join("; "),
      );
    if (blocking.length > 0) process.exitCode = exitCode.failed;
  });
}

async function fabricOf({ client }: Access): Promise<Fabric> {
  return (await client.call("fabric.show", {}, { signal: askSignal() })).fabric;
}

interface Repairs {
  readonly changes: readonly { readonly change: ConfigChange; readonly port: PortChange }[];
  /** What has to be typed by hand, in the words of its device. */
  readonly left: readonly string[];
}

function repairsOf(fabric: Fabric, moves: readonly PlannedMove[]): Repairs {
  const wanted = findingsOf(fabric, moves)
    .filter(({ severity, certainty }) => severity === "block" && certainty === "yes")
    .flatMap(({ changes }) => changes);
  const seen = new Set<string>();
  const once = wanted.filter((change) => {
    const key = JSON.stringify(change);
    return seen.has(key) ? false : seen.add(key);
  });
  const changes: { change: ConfigChange; port: PortChange }[] = [];
  const left: string[] = [];
  for (const change of once) {
    const platform = fabric.devices.find(
      ({ name }) => name === ("port" in change ? change.port.device : change.device),
    )?.platform;
    if (!isVlanChange(change) || platform !== "open-vswitch" || change.before.kind === "unknown") {
      left.push(...renderChange(fabric, change));
      continue;
    }
    const { device, port } = change.port;
    changes.push({ change, port: { device, port, before: change.before, after: vlansAfter(change) } });
  }
  return { changes, left };
}

/** What a port of Open vSwitch can be given over its database. */
const isVlanChange = (change: ConfigChange): change is VlanChange =>
  ["allow-vlan", "remove-vlans", "set-native", "set-vlans"].includes(change.kind);

/** Two changes of one port, worked out from the same state, become one: a trunk that lacks two VLANs gets both. */
function mergedByPort(changes: readonly PortChange[]): readonly PortChange[] {
  const byPort = new Map<string, PortChange>();
  for (const change of changes) {
    const key = `${change.device}/${change.port}`;
    const former = byPort.get(key);
    byPort.set(key, former === undefined ? change : { ...change, after: joined(former.after, change.after) });
  }
  return [...byPort.values()];
}

function joined(left: PortChange["after"], right: PortChange["after"]): PortChange["after"] {
  if (left.kind !== "trunk" || right.kind !== "trunk" || left.trunks === "all" || right.trunks === "all") return right;
  return { ...right, trunks: [...new Set([...left.trunks, ...right.trunks])].sort((a, b) => a - b) };
}

function showPlan(lines: readonly string[], left: readonly string[]): void {
  if (lines.length === 0 && left.length === 0) printText("nothing blocks: there is nothing to mend");
  if (lines.length > 0) printText(["to be applied:", ...lines.map((line) => `  ${line}`)].join("\n"));
  if (left.length > 0) printText(["to be typed by hand:", ...left.map((line) => `  ${line}`)].join("\n"));
}

async function confirm(options: MendOptions, count: number): Promise<void> {
  if (options.yes === true) return;
  if (options.json === true || !process.stdin.isTTY)
    throw new TrunklineError("usage.invalid", "nobody is there to confirm", {
      hint: "Add --yes, or --dry-run to look.",
    });
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`apply ${count} change(s)? [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    prompt.close();
  }
  note("nothing was changed");
  throw new TrunklineError("usage.invalid", "not confirmed");
}
