/** What the machine must have before anything is built; all that is missing is named at once. */
import { existsSync } from "node:fs";
import { LabError } from "./lab-error.ts";
import { toolEnvironment } from "./process/run.ts";
import type { LabPlan } from "./topology/lab-plan.ts";

/** Each program with the Debian and Ubuntu package that brings it. */
const TOOLS: Readonly<Record<string, string>> = {
  "qemu-system-x86_64": "qemu-system-x86",
  libvirtd: "libvirt-daemon-system",
  virsh: "libvirt-clients",
  "ovs-vsctl": "openvswitch-switch",
  "ovs-vswitchd": "openvswitch-switch",
  "ovs-appctl": "openvswitch-common",
  "ovs-ofctl": "openvswitch-common",
  "ovsdb-tool": "openvswitch-switch",
  "ovsdb-server": "openvswitch-switch",
  tgtd: "tgt",
  tgtadm: "tgt",
  ip: "iproute2",
  ethtool: "ethtool",
  busybox: "busybox-static",
  gcc: "gcc libc6-dev",
  openssl: "openssl",
  sysctl: "procps",
  unshare: "util-linux",
  nsenter: "util-linux",
};

/** QEMU's iSCSI initiator is a module of its own package on Debian, and part of the base on Ubuntu. */
const ISCSI_MODULES = ["/usr/lib/x86_64-linux-gnu/qemu/block-iscsi.so"];

/** What only some topologies need. */
function toolsOf(plan: LabPlan): Readonly<Record<string, string>> {
  return plan.gateways.some(({ kind }) => kind === "vrrp") ? { ...TOOLS, keepalived: "keepalived" } : TOOLS;
}

export function checkRequirements(plan: LabPlan): void {
  if (process.getuid?.() !== 0) {
    throw new LabError("lab.not-root", "A lab makes network namespaces and runs daemons in them, which needs root", {
      hint: "Run the same command with sudo.",
    });
  }
  const folders = (toolEnvironment()["PATH"] ?? "").split(":");
  const tools = Object.entries(toolsOf(plan));
  const missing = tools.filter(([tool]) => !folders.some((folder) => existsSync(`${folder}/${tool}`)));
  const packages = new Set(missing.flatMap(([, names]) => names.split(" ")));
  const names = missing.map(([tool]) => tool);
  if (!ISCSI_MODULES.some((module) => existsSync(module))) {
    packages.add("qemu-block-extra");
    names.push("QEMU's iSCSI driver");
  }
  if (names.length === 0) return;
  throw new LabError("lab.tool-missing", `The lab needs ${names.join(", ")}, which this machine does not have`, {
    hint: `Run: apt-get install --no-install-recommends ${[...packages].join(" ")}`,
    details: { missing: names, packages: [...packages] },
  });
}
