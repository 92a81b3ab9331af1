/**
 * The SAN: tgtd in a namespace of its own, one iSCSI target per VM disk, reachable in the storage VLAN only. The
 * control socket lies in the lab's folder, so a tgtd that the machine runs for itself is never spoken to.
 */
import { existsSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { LabContext } from "../context.ts";
import { ensureDaemon } from "../process/daemon.ts";
import { run, runUnchecked } from "../process/run.ts";
import type { SanPlan, SanTargetPlan } from "../topology/lab-plan.ts";
import { inNamespace } from "./namespaces.ts";
import { parseTargets } from "./tgt-show.ts";
import type { ShownTarget } from "./tgt-show.ts";

export async function ensureSan(context: LabContext): Promise<void> {
  const { san } = context.plan;
  mkdirSync(san.node.folder, { recursive: true });
  await ensureDaemon(context, {
    node: san.node.name,
    role: "tgtd",
    command: inNamespace(san.node.namespace, ["tgtd", "-f", "--iscsi", `portal=${san.address}:3260`]),
    logFile: join(san.node.folder, "tgtd.log"),
    environment: environmentOf(san),
    isReady: async () =>
      (await runUnchecked(tgtadm("show", "sys"), { environment: environmentOf(san) })).exitCode === 0,
  });
  const shown = await showTargets(san, context.signal);
  for (const target of san.targets) await ensureTarget(context, target, shown);
}

export async function showTargets(san: SanPlan, signal: AbortSignal | undefined): Promise<readonly ShownTarget[]> {
  return parseTargets(await run(tgtadm("show", "target"), { signal, environment: environmentOf(san) }));
}

async function ensureTarget(context: LabContext, target: SanTargetPlan, shown: readonly ShownTarget[]): Promise<void> {
  const { san } = context.plan;
  const options = { signal: context.signal, environment: environmentOf(san) };
  if (!existsSync(target.file)) {
    mkdirSync(dirname(target.file), { recursive: true });
    writeFileSync(target.file, "", { mode: 0o600 });
  }
  // A sparse file; growing an existing one to its own size changes nothing.
  truncateSync(target.file, target.sizeBytes);
  const tid = ["--tid", String(target.id)];
  const present = shown.find((candidate) => candidate.iqn === target.iqn);
  if (present === undefined) await run([...tgtadm("new", "target"), ...tid, "-T", target.iqn], options);
  if (present?.backingFiles.includes(target.file) !== true) {
    await run([...tgtadm("new", "logicalunit"), ...tid, "--lun", "1", "-b", target.file], options);
  }
  if (present?.acl.includes("ALL") !== true) await run([...tgtadm("bind", "target"), ...tid, "-I", "ALL"], options);
}

function tgtadm(operation: string, mode: string): readonly string[] {
  return ["tgtadm", "--lld", "iscsi", "--op", operation, "--mode", mode];
}

function environmentOf(san: SanPlan): Readonly<Record<string, string>> {
  return { TGT_IPC_SOCKET: join(san.node.folder, "tgtd.ipc") };
}
