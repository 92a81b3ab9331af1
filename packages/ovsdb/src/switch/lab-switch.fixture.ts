/**
 * A real switch for lab tests: a network namespace with its own ovsdb-server and ovs-vswitchd (userspace datapath, which
 * needs no kernel module). Everything is in one folder and one namespace, and `remove` takes both away again.
 */
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const schema = "/usr/share/openvswitch/vswitch.ovsschema";
const startAttempts = 100;
const attemptIntervalMs = 50;

export interface LabSwitch {
  readonly database: string;
  readonly control: string;
  /** Runs ovs-vsctl against this switch: a witness that shares no code with this package. */
  vsctl(...args: readonly string[]): Promise<string>;
  appctl(...args: readonly string[]): Promise<string>;
  /** Runs a command inside the namespace. */
  inside(...command: readonly string[]): Promise<string>;
  killDatabase(): Promise<void>;
  /** Stops ovs-vswitchd without ending it, as a hung daemon would, until the returned function is called. */
  pauseSwitch(): () => void;
  remove(): Promise<void>;
}

export async function startLabSwitch(name: string): Promise<LabSwitch> {
  const namespace = `tl-ovsdbtest-${name}-${process.pid}`;
  const folder = await mkdtemp(path.join(tmpdir(), "tl-ovsdbtest-"));
  const file = (base: string): string => path.join(folder, base);
  const database = `unix:${file("db.sock")}`;
  const daemons: ChildProcess[] = [];
  const [enter, ...enterArgs] = ["ip", "netns", "exec", namespace] as const;
  const inside = async (...command: readonly string[]): Promise<string> =>
    (await run(enter, [...enterArgs, ...command])).stdout;
  const start = async (socket: string, ...command: readonly string[]): Promise<ChildProcess> => {
    // `ip netns exec` replaces itself by the daemon, so the child is the daemon.
    const daemon = spawn(enter, [...enterArgs, ...command, "--log-file=/dev/null"], {
      stdio: "ignore",
      env: { ...process.env, OVS_RUNDIR: folder, OVS_DBDIR: folder, OVS_LOGDIR: folder },
    });
    daemons.push(daemon);
    for (let attempt = 0; attempt < startAttempts; attempt++) {
      if (
        await access(file(socket)).then(
          () => true,
          () => false,
        )
      )
        return daemon;
      await sleep(attemptIntervalMs);
    }
    throw new Error(`${command[0] ?? ""} did not open ${socket}`);
  };
  const remove = async (): Promise<void> => {
    for (const daemon of daemons.toReversed()) await end(daemon);
    await run("ip", ["netns", "del", namespace]);
    await rm(folder, { recursive: true });
  };
  try {
    await run("ip", ["netns", "add", namespace]);
    await inside("ip", "link", "set", "lo", "up");
    await run("ovsdb-tool", ["create", file("conf.db"), schema]);
    const server = await start(
      "db.sock",
      "ovsdb-server",
      file("conf.db"),
      `--remote=punix:${file("db.sock")}`,
      `--unixctl=${file("db.ctl")}`,
    );
    const vsctl = async (...args: readonly string[]): Promise<string> =>
      (await run("ovs-vsctl", [`--db=${database}`, "--timeout=20", ...args])).stdout.trim();
    await vsctl("--no-wait", "init");
    const vswitchd = await start("vs.ctl", "ovs-vswitchd", database, `--unixctl=${file("vs.ctl")}`);
    return {
      database,
      control: `unix:${file("vs.ctl")}`,
      vsctl,
      appctl: async (...args) => (await run("ovs-appctl", ["-t", file("vs.ctl"), ...args])).stdout,
      inside,
      killDatabase: async () => {
        server.kill("SIGKILL");
        if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
      },
      pauseSwitch: () => {
        vswitchd.kill("SIGSTOP");
        return () => vswitchd.kill("SIGCONT");
      },
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const exited = once(daemon, "exit");
  daemon.kill("SIGTERM");
  daemon.kill("SIGCONT");
  const timer = setTimeout(() => daemon.kill("SIGKILL"), startAttempts * attemptIntervalMs);
  await exited;
  clearTimeout(timer);
}
