/**
 * A libvirtd of the test's own: a UTS namespace with a host name, and a mount namespace with private folders over all
 * that libvirtd writes to, so that it meets no other libvirt of the machine. Needs root, unshare and libvirtd. Speaks on a unix socket, which is seen from
 * outside because the private /run is a plain folder.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface LibvirtdOptions {
  /** What it believes to be called: two with the same name refuse to migrate to each other. */
  readonly hostName?: string;
  /** More lines of libvirtd.conf. */
  readonly settings?: readonly string[];
  /** Listen on TCP and TLS, as far as the settings allow. */
  readonly isListening?: boolean;
}

export interface PrivateLibvirtd {
  /** Command words that run a program where this libvirtd runs. */
  readonly inside: readonly string[];
  readonly uri: string;
  readonly socket: string;
  /** kill -9 of libvirtd itself; its guests live on. */
  readonly kill: () => void;
  /** Starts it again after `kill`. */
  readonly restart: () => Promise<void>;
  /** Ends libvirtd and every process in its namespace, and removes its folders. */
  readonly stop: () => Promise<void>;
}

const START_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;

export const canRunLibvirtd = process.getuid?.() === 0 && existsSync("/usr/sbin/libvirtd");

/** Nothing outlives the test run, even one that is killed. */
const DIES_WITH_US = ["setpriv", "--pdeathsig", "KILL"];

export async function startLibvirtd(options: LibvirtdOptions = {}): Promise<PrivateLibvirtd> {
  const folder = mkdtempSync(join(tmpdir(), "libvirt-client-"));
  const socket = join(folder, "run/libvirt/libvirt-sock");
  const keeper = startKeeper(folder, options);
  const namespace = await ownNamespaceOf(keeper);
  const inside = ["nsenter", "-m", "-u", "-t", String(keeper.pid)];
  const command = [...DIES_WITH_US, ...inside, "libvirtd", ...(options.isListening === true ? ["--listen"] : [])];
  let daemon = start(command, "ignore");
  await until(() => existsSync(socket), START_TIMEOUT_MS, "libvirtd did not start");
  return {
    inside,
    socket,
    uri: `qemu+unix:///system?socket=${socket}`,
    kill: () => {
      daemon.kill("SIGKILL");
    },
    restart: async () => {
      await gone(daemon);
      rmSync(socket, { force: true });
      daemon = start(command, "ignore");
      await until(() => existsSync(socket), START_TIMEOUT_MS, "libvirtd did not start again");
    },
    stop: async () => {
      daemon.kill("SIGTERM");
      await gone(daemon);
      for (const pid of processesIn(namespace)) process.kill(pid, "SIGKILL");
      await until(() => processesIn(namespace).length === 0, END_TIMEOUT_MS, "processes of libvirtd do not end");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The process that holds the namespace, so that it survives the death of libvirtd, as a real host does. */
function startKeeper(folder: string, { settings = [], hostName = "private" }: LibvirtdOptions): ChildProcess {
  for (const name of ["run", "lib", "etc", "log", "cache"]) mkdirSync(join(folder, name));
  if (existsSync("/etc/libvirt")) cpSync("/etc/libvirt", join(folder, "etc"), { recursive: true });
  writeFileSync(join(folder, "etc/libvirtd.conf"), daemonConfiguration(settings));
  writeFileSync(join(folder, "etc/qemu.conf"), emulatorConfiguration);
  const binds = [
    [join(folder, "lib"), "/var/lib/libvirt"],
    [join(folder, "etc"), "/etc/libvirt"],
    [join(folder, "log"), "/var/log/libvirt"],
    [join(folder, "cache"), "/var/cache/libvirt"],
    [join(folder, "run"), "/run"],
  ];
  const mounts = binds.map(([inside, outside]) => `mkdir -p ${outside} && mount --bind ${inside} ${outside}`);
  const script = [
    `hostname ${hostName}`,
    "mount --make-rprivate /",
    ...mounts,
    "echo ready",
    "exec sleep infinity",
  ].join(" && ");
  return start([...DIES_WITH_US, "unshare", "-m", "-u", "sh", "-c", script], "pipe");
}

async function ownNamespaceOf(keeper: ChildProcess): Promise<string> {
  let said = "";
  keeper.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await until(() => said.includes("ready"), START_TIMEOUT_MS, "no mount namespace could be made");
  const namespace = mountNamespaceOf(String(keeper.pid));
  if (namespace === undefined || namespace === mountNamespaceOf("self")) throw new Error("libvirtd has no namespace");
  return namespace;
}

function start([program = "", ...args]: readonly string[], output: "pipe" | "ignore"): ChildProcess {
  return spawn(program, args, { stdio: ["ignore", output, "ignore"] });
}

async function until(isTrue: () => boolean, timeoutMs: number, otherwise: string): Promise<void> {
  for (let waitedMs = 0; !isTrue(); waitedMs += POLL_INTERVAL_MS) {
    if (waitedMs > timeoutMs) throw new Error(otherwise);
    await sleep(POLL_INTERVAL_MS);
  }
}

async function gone(daemon: ChildProcess): Promise<void> {
  for (let waitedMs = 0; daemon.exitCode === null && daemon.signalCode === null; waitedMs += POLL_INTERVAL_MS) {
    if (waitedMs > END_TIMEOUT_MS) daemon.kill("SIGKILL");
    await sleep(POLL_INTERVAL_MS);
  }
}

/** Processes that live in this mount namespace: only those that this libvirtd started. */
function processesIn(namespace: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && mountNamespaceOf(name) === namespace)
    .map(Number)
    .filter((pid) => !isZombie(pid));
}

function mountNamespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/\(.*\)/, "()"));
  } catch {
    return true;
  }
}

/** A host without D-Bus has no polkit; root alone can reach the socket, whose folder is private. */
function daemonConfiguration(settings: readonly string[]): string {
  return `auth_unix_ro = "none"
auth_unix_rw = "none"
host_uuid = "${randomUUID()}"
${settings.join("\n")}
`;
}

const emulatorConfiguration = `user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
`;
