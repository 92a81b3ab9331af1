/**
 * A host's own libvirt: a mount namespace in which the folders that libvirt writes to are the lab's, and a libvirtd
 * inside it. A keeper process holds that namespace, so it survives the death of libvirtd, as a real host does.
 *
 * libvirtd runs under a child subreaper of a few lines of C (host/reaper.c): the guest's workload needs a C compiler
 * anyway, while Debian's tini would be one more package, and would end with libvirtd and leave the QEMUs orphaned.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabContext } from "../context.ts";
import { LIBVIRT_ANONYMOUS_CLIENTS_MAX, LIBVIRT_CLIENTS_MAX, LIBVIRT_WORKERS_MAX } from "../limits.ts";
import { ensureDaemon } from "../process/daemon.ts";
import { run, runUnchecked } from "../process/run.ts";
import type { HostPlan, LabPlan } from "../topology/lab-plan.ts";
import type { Emulator } from "./emulator.ts";
import { reaperPath } from "./emulator.ts";
import { inNamespace, isInNamespace } from "./namespaces.ts";
import { STREAM_CERTIFICATES } from "./pki.ts";

/** The folders that libvirtd writes to, and what stands in for them. */
const PRIVATE_FOLDERS = {
  run: "/run",
  lib: "/var/lib/libvirt",
  etc: "/etc/libvirt",
  log: "/var/log/libvirt",
  cache: "/var/cache/libvirt",
} as const;

/** $1 is the host's folder, $2 its name. The last mount shows that all is prepared: nobody enters before it. */
const KEEPER_SCRIPT = `
set -e
hostname "$2"
mount --make-rprivate /
${Object.entries(PRIVATE_FOLDERS)
  .map(([own, system]) => `mount --bind "$1/${own}" ${system}`)
  .join("\n")}
mount --bind "$1/hosts" /etc/hosts
exec sleep infinity
`;

export function libvirtUri(host: HostPlan): string {
  return `qemu+unix:///system?socket=${host.libvirtSocket}`;
}

export function virsh(host: HostPlan, command: readonly string[]): readonly string[] {
  return ["virsh", "-c", libvirtUri(host), "--quiet", ...command];
}

/** The mount namespace with its keeper. */
export async function ensureKeeper(context: LabContext, host: HostPlan): Promise<void> {
  const { folder, name, namespace } = host.node;
  prepareFolders(context.plan, host);
  await ensureDaemon(context, {
    node: name,
    role: "keeper",
    command: inNamespace(namespace, ["unshare", "--mount", "--uts", "sh", "-c", KEEPER_SCRIPT, "keeper", folder, name]),
    logFile: join(folder, "keeper.log"),
    isReady: async () => isPrepared(context, host),
  });
}

/** Starts libvirtd when it is not there; QEMUs that outlived a former one are found by it and kept. */
export async function ensureLibvirtd(context: LabContext, host: HostPlan): Promise<void> {
  if (livingLibvirtd(host) === undefined) {
    // The recorded process is the reaper, which lives on as long as a guest does; libvirtd itself is gone.
    context.state.forgetProcess(host.node.name, "libvirtd");
  }
  const enter = ["nsenter", "-t", String(keeperPid(context, host)), "--net", "--mount", "--uts", "--"];
  await ensureDaemon(context, {
    node: host.node.name,
    role: "libvirtd",
    command: [...enter, reaperPath(context.plan), "libvirtd", "--listen", "--pid-file", "/run/libvirtd.pid"],
    logFile: join(host.node.folder, "libvirtd.out"),
    ownLogFile: join(host.node.folder, "log/libvirtd.log"),
    isReady: async () =>
      livingLibvirtd(host) !== undefined &&
      (await runUnchecked(virsh(host, ["list", "--name"]), { signal: context.signal })).exitCode === 0,
  });
}

/** Asking once makes libvirtd probe the emulator now (5 s) and not in the first migration. */
export async function warmCapabilities(context: LabContext, host: HostPlan, emulator: Emulator): Promise<void> {
  const question = ["domcapabilities", "--emulatorbin", emulator.path, "--virttype", emulator.domainType];
  await run(virsh(host, [...question, "--machine", "q35"]), { signal: context.signal });
}

/** The same emulators on the same machine: what one host has probed, the others need not probe again. */
export function shareCapabilities(from: HostPlan, to: HostPlan): void {
  const cache = (host: HostPlan) => join(host.node.folder, "cache/qemu/capabilities");
  if (!existsSync(cache(from)) || existsSync(cache(to))) return;
  cpSync(cache(from), cache(to), { recursive: true, preserveTimestamps: true });
}

export function keeperPid(context: Pick<LabContext, "state">, host: HostPlan): number {
  const keeper = context.state.process(host.node.name, "keeper");
  if (keeper === undefined) throw new Error(`the host ${host.node.name} has no keeper`);
  return keeper.pid;
}

/** The pid of the host's libvirtd, undefined when none lives. */
export function livingLibvirtd(host: HostPlan): number | undefined {
  try {
    const pid = Number(readFileSync(join(host.node.folder, "run/libvirtd.pid"), "utf8"));
    const isOurs = pid > 0 && isInNamespace(pid, host.node.namespace);
    return isOurs && readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "libvirtd" ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** True when the keeper sees the lab's file where the machine sees its own. */
function isPrepared(context: LabContext, host: HostPlan): boolean {
  const seen = statSync(`/proc/${keeperPid(context, host)}/root/etc/hosts`, { throwIfNoEntry: false });
  return seen !== undefined && seen.ino === statSync(join(host.node.folder, "hosts")).ino;
}

function prepareFolders(plan: LabPlan, host: HostPlan): void {
  const { folder } = host.node;
  for (const own of Object.keys(PRIVATE_FOLDERS)) mkdirSync(join(folder, own), { recursive: true });
  // Hosts know each other by name without asking a name server that is out of reach in here.
  const names = plan.hosts.map((other) => `${other.managementAddress} ${other.node.name}`);
  writeFileSync(join(folder, "hosts"), `127.0.0.1 localhost\n${names.join("\n")}\n`);
  mkdirSync(join(folder, "run/openvswitch"), { recursive: true });
  const socketLink = join(folder, "run/openvswitch/db.sock");
  if (!existsSync(socketLink)) {
    rmSync(socketLink, { force: true });
    symlinkSync(host.bridge.databaseSocket, socketLink);
  }
  writeFileSync(join(folder, "etc/libvirtd.conf"), libvirtdConfiguration(host));
  writeFileSync(join(folder, "etc/qemu.conf"), qemuConfiguration(host));
}

/** Without authentication: both doors lead only into the lab's own folder (mode 0700) and namespaces. */
function libvirtdConfiguration(host: HostPlan): string {
  return `listen_tls = 0
listen_tcp = 1
listen_addr = "${host.managementAddress}"
tcp_port = "16509"
auth_tcp = "none"
auth_unix_ro = "none"
auth_unix_rw = "none"
host_uuid = "${host.uuid}"
max_clients = ${LIBVIRT_CLIENTS_MAX}
max_anonymous_clients = ${LIBVIRT_ANONYMOUS_CLIENTS_MAX}
max_workers = ${LIBVIRT_WORKERS_MAX}
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
`;
}

/** No control groups, no private device folders, no hugepages: each reaches outside the lab's own folders. */
function qemuConfiguration(host: HostPlan): string {
  return `user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
hugetlbfs_mount = [ ]
stdio_handler = "file"
migration_host = "${host.migrationAddress}"
migrate_tls_x509_cert_dir = "${STREAM_CERTIFICATES}"
migrate_tls_x509_verify = 1
`;
}
