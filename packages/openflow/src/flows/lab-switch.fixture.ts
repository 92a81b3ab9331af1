/**
 * A real switch for lab tests: ovsdb-server and ovs-vswitchd (userspace datapath, which needs no kernel module) in a
 * network namespace, and hosts in namespaces of their own behind veth pairs. `remove` takes everything away again.
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
const ip = "ip";
const schema = "/usr/share/openvswitch/vswitch.ovsschema";
const attempts = 200;
const attemptIntervalMs = 50;

export interface LabSwitch {
  /** Where bridge br0 takes service connections. */
  readonly address: string;
  vsctl(...args: readonly string[]): Promise<string>;
  /** Flows as ovs-ofctl prints them: a witness that shares no code with this package. */
  flows(): Promise<readonly string[]>;
  /** Adds a host behind port NAME of a bridge, and returns its namespace. */
  addHost(name: string, bridge: string, ...portSettings: readonly string[]): Promise<string>;
  /** Runs a command inside the switch's namespace, or another one. */
  inside(command: readonly string[], namespace?: string): Promise<string>;
  remove(): Promise<void>;
}

export async function startLabSwitch(): Promise<LabSwitch> {
  const prefix = `tl-oftest-${process.pid}`;
  const home = `${prefix}-switch`;
  const namespaces: string[] = [];
  const folder = await mkdtemp(path.join(tmpdir(), "tl-oftest-"));
  const file = (base: string): string => path.join(folder, base);
  const database = `unix:${file("db.sock")}`;
  const address = `unix:${file("br0.mgmt")}`;
  const daemons: ChildProcess[] = [];
  const inside = async (command: readonly string[], namespace = home): Promise<string> =>
    (await run(ip, ["netns", "exec", namespace, ...command])).stdout;
  const addNamespace = async (name: string): Promise<void> => {
    await run(ip, ["netns", "add", name]);
    namespaces.push(name);
    await inside(["ip", "link", "set", "lo", "up"], name);
  };
  const start = async (socket: string, ...command: readonly string[]): Promise<void> => {
    // `ip netns exec` replaces itself by the daemon, so the child is the daemon.
    const daemon = spawn(ip, ["netns", "exec", home, ...command, "--log-file=/dev/null"], {
      stdio: "ignore",
      env: { ...process.env, OVS_RUNDIR: folder, OVS_DBDIR: folder, OVS_LOGDIR: folder },
    });
    daemons.push(daemon);
    await until(async () => exists(file(socket)), `${command[0] ?? ""} opens ${socket}`);
  };
  const remove = async (): Promise<void> => {
    for (const daemon of daemons.toReversed()) await end(daemon);
    for (const namespace of namespaces.toReversed()) await run(ip, ["netns", "del", namespace]);
    await rm(folder, { recursive: true });
  };
  const vsctl = async (...args: readonly string[]): Promise<string> =>
    (await run("ovs-vsctl", [`--db=${database}`, "--timeout=20", ...args])).stdout.trim();
  try {
    await addNamespace(home);
    await run("ovsdb-tool", ["create", file("conf.db"), schema]);
    const serverOptions = [`--remote=punix:${file("db.sock")}`, `--unixctl=${file("db.ctl")}`];
    await start("db.sock", "ovsdb-server", file("conf.db"), ...serverOptions);
    await vsctl("--no-wait", "init");
    await start("vs.ctl", "ovs-vswitchd", database, `--unixctl=${file("vs.ctl")}`);
    await vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev");
    await until(async () => exists(file("br0.mgmt")), "br0 takes service connections");
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    address,
    vsctl,
    inside,
    remove,
    flows: async () => {
      const { stdout } = await run("ovs-ofctl", ["-O", "OpenFlow13", "--timeout=20", "dump-flows", address]);
      return stdout.split("\n").filter((line) => line.includes("cookie="));
    },
    addHost: async (name, bridge, ...portSettings) => {
      const namespace = `${prefix}-${name}`;
      await addNamespace(namespace);
      const peer = ["peer", "name", "eth0", "netns", namespace];
      await inside(["ip", "link", "add", name, "type", "veth", ...peer]);
      await inside(["ip", "link", "set", name, "up"]);
      await inside(["ip", "link", "set", "eth0", "up"], namespace);
      await vsctl("add-port", bridge, name, ...portSettings);
      return namespace;
    },
  };
}

/** Asks again and again, for ten seconds, until it is so. */
export async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await isSo()) return;
    await sleep(attemptIntervalMs);
  }
  throw new Error(`waited in vain until ${what}`);
}

async function exists(name: string): Promise<boolean> {
  return access(name).then(
    () => true,
    () => false,
  );
}

async function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const exited = once(daemon, "exit");
  daemon.kill("SIGTERM");
  const timer = setTimeout(() => daemon.kill("SIGKILL"), attempts * attemptIntervalMs);
  await exited;
  clearTimeout(timer);
}
