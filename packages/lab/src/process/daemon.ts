/**
 * Starts a daemon that outlives this process, and knows it again later. The daemon stays in the foreground of its own
 * process group, so its pid is known and written down at once; what it prints goes to a log file of the lab.
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import type { LabContext } from "../context.ts";
import { LabError } from "../lab-error.ts";
import { DAEMON_START_TIMEOUT_MS, LOG_TAIL_BYTES, LOG_TAIL_LINES } from "../limits.ts";
import { identify, isAlive } from "./identity.ts";
import { toolEnvironment } from "./run.ts";
import { waitFor } from "./wait.ts";

export type DaemonSpec = {
  readonly node: string;
  readonly role: string;
  readonly command: readonly string[];
  readonly logFile: string;
  /** The daemon's own log, when it keeps one beside what it prints. */
  readonly ownLogFile?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** True as soon as the daemon answers. */
  readonly isReady: () => Promise<boolean>;
};

/** Keeps a living daemon, starts a missing one, and returns when it answers. True when it had to be started. */
export async function ensureDaemon(context: LabContext, spec: DaemonSpec): Promise<boolean> {
  const known = context.state.process(spec.node, spec.role);
  const wasAlive = known !== undefined && isAlive(known);
  if (!wasAlive) {
    context.log(`${spec.node}: starting ${spec.role}`);
    startDaemon(context, spec);
  }
  const ready = await waitFor(
    async () => {
      if (await spec.isReady()) return "ready" as const;
      const started = context.state.process(spec.node, spec.role);
      return started !== undefined && isAlive(started) ? undefined : ("dead" as const);
    },
    { timeoutMs: DAEMON_START_TIMEOUT_MS, signal: context.signal },
  );
  if (ready === "ready") return !wasAlive;
  const logs = [spec.logFile, spec.ownLogFile].filter((file) => file !== undefined);
  const what = ready === "dead" ? "ended at once" : `gave no answer within ${DAEMON_START_TIMEOUT_MS} ms`;
  const tail = logs.map(tailOf).join("\n").trim();
  throw new LabError("lab.daemon", `${spec.role} of ${spec.node} ${what}. The end of its log:\n${tail}`, {
    hint: `Read ${logs.join(" and ")}, then \`trunkline lab down\` removes what was built so far.`,
    details: { node: spec.node, role: spec.role, logs },
  });
}

function startDaemon(context: LabContext, spec: DaemonSpec): void {
  const [file = "", ...argv] = spec.command;
  const log = openSync(spec.logFile, "a", 0o600);
  try {
    const child = spawn(file, argv, {
      detached: true,
      stdio: ["ignore", log, log],
      env: toolEnvironment(spec.environment),
    });
    // A missing program shows up as a daemon that ended at once, with its own message.
    child.once("error", () => undefined);
    child.unref();
    const identity = child.pid === undefined ? undefined : identify(child.pid);
    if (identity !== undefined) context.state.recordProcess(spec.node, spec.role, identity);
  } finally {
    closeSync(log);
  }
}

export function tailOf(file: string): string {
  if (!existsSync(file)) return "";
  const lines = readFileSync(file).subarray(-LOG_TAIL_BYTES).toString("utf8").trimEnd().split("\n");
  return lines.slice(-LOG_TAIL_LINES).join("\n");
}
