/**
 * A libvirtd of the test's own: a mount namespace with private folders over all that libvirtd writes to, so that it
 * meets no other libvirt of the machine. Needs root, unshare and libvirtd. Speaks on a unix socket, which is seen from
 * outside because the private /run is a plain folder.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface PrivateLibvirtd {
  readonly uri: string;
  readonly socket: string;
  /** kill -9 of libvirtd itself. */
  kill(): void;
  /** Ends libvirtd and every process it left in its namespace, and removes its folders. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;

export const canRunLibvirtd = process.getuid?.() === 0 && existsSync("/usr/sbin/libvirtd");

export async function startLibvirtd(): Promise<PrivateLibvirtd> {
  const folder = mkdtempSync(join(tmpdir(), "libvirt-client-"));
  for (const name of ["run", "lib", "etc", "log", "cache"]) mkdirSync(join(folder, name));
  if (existsSync("/etc/libvirt")) cpSync("/etc/libvirt", join(folder, "etc"), { recursive: true });
  writeFileSync(join(folder, "etc/libvirtd.conf"), daemonConfiguration());
  writeFileSync(join(folder, "etc/qemu.conf"), emulatorConfiguration);
  const binds = [
    [join(folder, "lib"), "/var/lib/libvirt"],
    [join(folder, "etc"), "/etc/libvirt"],
    [join(folder, "log"), "/var/log/libvirt"],
    [join(folder, "cache"), "/var/cache/libvirt"],
    [join(folder, "run"), "/run"],
  ];
  const script = [
    "mount --make-rprivate /",
    ...binds.map(([inside, outside]) => `mkdir -p ${outside} && mount --bind ${inside} ${outside}`),
    "exec libvirtd",
  ].join(" && ");
  const daemon = spawn("unshare", ["-m", "sh", "-c", script], { stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  daemon.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const namespace = mountNamespaceOf("self");
  const socket = join(folder, "run/libvirt/libvirt-sock");
  for (let waitedMs = 0; !existsSync(socket); waitedMs += POLL_INTERVAL_MS) {
    if (waitedMs > START_TIMEOUT_MS || daemon.exitCode !== null) {
      daemon.kill("SIGKILL");
      throw new Error(`libvirtd did not start: ${log}`);
    }
    await sleep(POLL_INTERVAL_MS);
  }
  const own = mountNamespaceOf(String(daemon.pid));
  if (own === undefined || own === namespace) throw new Error("libvirtd has no mount namespace of its own");
  return {
    socket,
    uri: `qemu+unix:///system?socket=${socket}`,
    kill: () => {
      daemon.kill("SIGKILL");
    },
    stop: async () => {
      daemon.kill("SIGTERM");
      await gone(daemon);
      for (const pid of processesIn(own)) process.kill(pid, "SIGKILL");
      for (let waitedMs = 0; processesIn(own).length > 0 && waitedMs < END_TIMEOUT_MS; waitedMs += POLL_INTERVAL_MS) {
        await sleep(POLL_INTERVAL_MS);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
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
function daemonConfiguration(): string {
  return `listen_tls = 0
auth_unix_ro = "none"
auth_unix_rw = "none"
host_uuid = "${randomUUID()}"
`;
}

const emulatorConfiguration = `user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
`;
