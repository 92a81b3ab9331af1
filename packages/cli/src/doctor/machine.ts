/** This machine: what the product needs, and what the lab needs besides. */
import { constants } from "node:fs";
import { access, open } from "node:fs/promises";
import { findKernel } from "@trunkline/lab";
import { messageOf } from "@trunkline/model";
import { limits } from "../limits.ts";
import type { Finding, Question } from "./finding.ts";
import { findTool, isStatic, runTool } from "./tool.ts";

export interface Machine {
  readonly nodeVersion: string;
  readonly toolFolders: readonly string[];
  readonly isRoot: boolean;
  readonly kvmDevice: string;
}

/** The first 20.x in which require() of an ES module needs no flag; package.json says the same under "engines". */
const nodeNeeded = [20, 19] as const;

interface Tool {
  readonly name: string;
  readonly package: string;
  readonly asks: readonly string[];
  readonly consequence: string;
}

const version = ["--version"];
const noLab = "the lab cannot be built";

/** What the lab is made of; of a production machine only ssh is asked, and only where hosts are reached by it. */
const tools: readonly Tool[] = [
  { name: "qemu-system-x86_64", package: "qemu-system-x86", asks: version, consequence: noLab },
  { name: "qemu-img", package: "qemu-utils", asks: version, consequence: noLab },
  { name: "libvirtd", package: "libvirt-daemon-system", asks: version, consequence: noLab },
  { name: "ovs-vswitchd", package: "openvswitch-switch", asks: version, consequence: noLab },
  { name: "ovsdb-server", package: "openvswitch-switch", asks: version, consequence: noLab },
  { name: "ovs-vsctl", package: "openvswitch-switch", asks: version, consequence: noLab },
  { name: "tgtd", package: "tgt", asks: version, consequence: `${noLab}: it has no SAN` },
  {
    name: "tcpdump",
    package: "tcpdump",
    asks: version,
    consequence: "announcements of moved guests are not seen as packets",
  },
  {
    name: "ssh",
    package: "openssh-client",
    asks: ["-V"],
    consequence: "hosts with qemu+ssh:// URIs cannot be reached",
  },
];

export function machineQuestions(machine: Machine): readonly Question[] {
  return [
    { area: "machine", name: "node", ask: async () => [nodeFinding(machine.nodeVersion)] },
    ...tools.map((tool) => toolQuestion(tool, machine)),
    { area: "lab", name: "busybox", ask: async () => [await busyboxFinding(machine)] },
    { area: "lab", name: "guest kernel", ask: async () => [kernelFinding()] },
    { area: "lab", name: "rights", ask: async (signal) => [await rightsFinding(machine, signal)] },
    { area: "lab", name: "kvm", ask: async () => [await kvmFinding(machine)] },
  ];
}

function nodeFinding(running: string): Finding {
  const [major = 0, minor = 0] = running.split(".").map(Number);
  const [neededMajor, neededMinor] = nodeNeeded;
  const about = { area: "machine", name: "node", isNeeded: true } as const;
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor))
    return { ...about, state: "ok", message: running };
  return {
    ...about,
    state: "missing",
    message: `${running} is older than ${neededMajor}.${neededMinor}`,
    consequence: "parts of Trunkline do not load",
    fix: "install Node 20.19 or newer: https://nodejs.org",
  };
}

function toolQuestion(tool: Tool, machine: Machine): Question {
  const { name, consequence } = tool;
  const about = { area: name === "ssh" ? "machine" : "lab", name, isNeeded: false } as const;
  const fix = `apt-get install --no-install-recommends ${tool.package}`;
  return {
    ...about,
    ask: async (signal) => {
      const path = await findTool(name, machine.toolFolders);
      if (path === undefined) return [{ ...about, state: "missing", message: "not installed", consequence, fix }];
      const { status, output } = await runTool(path, tool.asks, signal);
      const [number] = /\d+\.\d+(?:\.\d+)?\w*/.exec(output) ?? [];
      if (status === 0) return [{ ...about, state: "ok", message: `${number ?? "version not said"} (${path})` }];
      const why = (output.split("\n")[0] ?? "").slice(0, limits.toolMessageLength);
      const message = `${path} does not run: ${why === "" ? `status ${status}` : why}`;
      return [{ ...about, state: "degraded", message, consequence, fix: `${fix} --reinstall` }];
    },
  };
}

async function busyboxFinding(machine: Machine): Promise<Finding> {
  const about = {
    area: "lab",
    name: "busybox",
    isNeeded: false,
    consequence: `${noLab}: it is the guests' user space`,
  } as const;
  const fix = "apt-get install --no-install-recommends busybox-static";
  const path = await findTool("busybox", machine.toolFolders);
  if (path === undefined) return { ...about, state: "missing", message: "not installed", fix };
  const { consequence: _, ...fine } = about;
  if ((await isStatic(path)) === true) return { ...fine, state: "ok", message: `static (${path})` };
  return { ...about, state: "missing", message: `${path} is not linked statically`, fix };
}

function kernelFinding(): Finding {
  const about = { area: "lab", name: "guest kernel", isNeeded: false } as const;
  try {
    const kernel = findKernel();
    return { ...about, state: "ok", message: `${kernel.version} (${kernel.image})` };
  } catch (error) {
    return {
      ...about,
      state: "missing",
      message: messageOf(error),
      consequence: noLab,
      fix: "apt-get install --no-install-recommends linux-image-cloud-amd64 (Ubuntu: linux-image-virtual)",
    };
  }
}

/** Root is not enough: a container's root may lack the right to make namespaces. */
async function rightsFinding(machine: Machine, signal: AbortSignal): Promise<Finding> {
  const about = { area: "lab", name: "rights", isNeeded: false } as const;
  if (!machine.isRoot)
    return {
      ...about,
      state: "missing",
      message: "not root",
      consequence: `${noLab}; moves between your own hosts need no root here`,
      fix: "run the lab's commands with sudo",
    };
  const path = await findTool("unshare", machine.toolFolders);
  if (path === undefined)
    return { ...about, state: "unknown", message: "unshare is not installed, so namespaces were not tried" };
  const { status, output } = await runTool(path, ["--net", "--mount", "true"], signal);
  if (status === 0) return { ...about, state: "ok", message: "root, and namespaces can be made" };
  return {
    ...about,
    state: "missing",
    message: `root, but namespaces cannot be made: ${output.split("\n")[0] ?? ""}`,
    consequence: noLab,
    fix: "in a container: start it with --privileged",
  };
}

async function kvmFinding({ kvmDevice }: Machine): Promise<Finding> {
  const about = { area: "lab", name: "kvm", isNeeded: false } as const;
  const consequence =
    "guests of the lab run on QEMU's translator (TCG): all works, some ten times slower; your own hosts are not concerned";
  const isThere = await access(kvmDevice, constants.F_OK).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const fix = "load kvm_intel or kvm_amd, or switch nested virtualisation on where this is a VM";
    return { ...about, state: "degraded", message: `${kvmDevice} is not there`, consequence, fix };
  }
  try {
    await (await open(kvmDevice, "r+")).close();
  } catch (error) {
    return { ...about, state: "degraded", message: messageOf(error), consequence, fix: "usermod -aG kvm $USER" };
  }
  // Seen inside VMs without nested virtualisation: the device opens and no guest ever boots.
  return {
    ...about,
    state: "ok",
    message: `${kvmDevice} opens; the lab tries a guest under it before it relies on it`,
  };
}
