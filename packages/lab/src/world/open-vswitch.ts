/**
 * One Open vSwitch per host and per switch: a database, a switch daemon and the bridge br0, in the node's namespace.
 *
 * Ports in VLANs of the node itself are its feet: a host's addresses, or the SVIs of a layer-3 switch. A link between
 * sites is a VXLAN port over an underlay bridge.
 *
 * The kernel's datapath is used where it exists, else the userspace one, which carries VLANs just as well. The latter
 * delivers packets whose checksum nobody has filled in, so checksum offload is off on every port (see links.ts).
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { LabContext } from "../context.ts";
import { ensureDaemon } from "../process/daemon.ts";
import { run, runUnchecked } from "../process/run.ts";
import type { BridgePlan, NodePlan, PortPlan, UnderlayPlan } from "../topology/lab-plan.ts";
import { turnOffloadOff } from "./links.ts";
import { inNamespace } from "./namespaces.ts";

export const BRIDGE = "br0";
const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
/** As ovs-ctl(8) starts both daemons: a switch in userspace that waits for guests to let it run loses everybody's frames. */
const PRIORITY = ["nice", "-n", "-10"];

/** Tries what only a kernel with the module can do; the attempt loads the module where it is installed. */
export async function probeDatapath(node: NodePlan, signal: AbortSignal | undefined): Promise<"system" | "netdev"> {
  const dpctl = (verb: string) =>
    runUnchecked(inNamespace(node.namespace, ["ovs-dpctl", verb, "system@tlprobe"]), { signal });
  const made = (await dpctl("add-dp")).exitCode === 0;
  if (made) await dpctl("del-dp");
  return made ? "system" : "netdev";
}

/** The switch with its empty bridge. */
export async function ensureSwitch(context: LabContext, bridge: BridgePlan, datapath: string): Promise<void> {
  const { node } = bridge;
  const folder = join(node.folder, "ovs");
  mkdirSync(folder, { recursive: true });
  const environment = { OVS_RUNDIR: folder, OVS_LOGDIR: folder };
  if (!existsSync(bridge.database)) {
    await run(["ovsdb-tool", "create", bridge.database, SCHEMA], { signal: context.signal, environment });
  }
  const isAnswering = async (command: readonly string[]) =>
    (await runUnchecked(command, { signal: context.signal, environment })).exitCode === 0;
  const daemon = (role: string, argv: readonly string[], isReady: () => Promise<boolean>) =>
    ensureDaemon(context, {
      node: node.name,
      role,
      command: inNamespace(node.namespace, [...PRIORITY, role, ...argv, "-vconsole:warn", "-vsyslog:off"]),
      logFile: join(folder, `${role}.log`),
      environment,
      isReady,
    });
  await daemon(
    "ovsdb-server",
    [bridge.database, `--remote=punix:${bridge.databaseSocket}`, `--unixctl=${join(folder, "db.ctl")}`],
    () => isAnswering(vsctl(bridge, ["--no-wait", "init"])),
  );
  await daemon("ovs-vswitchd", [`unix:${bridge.databaseSocket}`, `--unixctl=${bridge.controlSocket}`], () =>
    isAnswering(["ovs-appctl", "--timeout=2", "-t", bridge.controlSocket, "version"]),
  );
  const setUp = ["--may-exist", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, `datapath_type=${datapath}`];
  const underlays = bridge.underlays.flatMap(({ bridge: name }) =>
    `-- --may-exist add-br ${name} -- set bridge ${name} datapath_type=${datapath}`.split(" "),
  );
  await run(vsctl(bridge, [...setUp, ...underlays]), { signal: context.signal });
}

/** All ports of the bridge as planned, also where somebody has changed them since; other ports are left alone. */
export async function ensurePorts(context: LabContext, bridge: BridgePlan): Promise<void> {
  const { namespace } = bridge.node;
  for (const underlay of bridge.underlays) await ensureUnderlay(context, bridge, underlay);
  const commands = bridge.ports.flatMap((port) => [
    "--",
    "--may-exist",
    "add-port",
    BRIDGE,
    port.name,
    ...portSettings(port),
  ]);
  if (commands.length > 0) await run(vsctl(bridge, commands.slice(1)), { signal: context.signal });
  const internal = bridge.ports.filter((port) => port.kind === "internal");
  const lines = internal.flatMap((port) => [
    `address replace ${port.address} dev ${port.name}`,
    `link set ${port.name} up`,
  ]);
  await run(["ip", "-n", namespace, "-batch", "-"], { input: `${lines.join("\n")}\n`, signal: context.signal });
  for (const port of internal) await turnOffloadOff(namespace, port.name, context.signal);
}

/**
 * A tunnel's packets leave through a bridge of their own: the userspace datapath sends them only where a bridge has both
 * the tunnel's local address and the cable (Open vSwitch, "Connecting VMs Using Tunnels (Userspace)").
 */
async function ensureUnderlay(context: LabContext, bridge: BridgePlan, underlay: UnderlayPlan): Promise<void> {
  const { namespace } = bridge.node;
  const { bridge: name, device, address, mtu } = underlay;
  const settings = ["--", "set", "interface", name, `mtu_request=${mtu}`];
  await run(vsctl(bridge, ["--may-exist", "add-port", name, device, ...settings]), { signal: context.signal });
  const lines = [`address replace ${address} dev ${name}`, `link set ${name} up`];
  await run(["ip", "-n", namespace, "-batch", "-"], { input: `${lines.join("\n")}\n`, signal: context.signal });
  await turnOffloadOff(namespace, name, context.signal);
}

export function vsctl(bridge: BridgePlan, command: readonly string[]): readonly string[] {
  return ["ovs-vsctl", `--db=unix:${bridge.databaseSocket}`, "--timeout=20", ...command];
}

function portSettings(port: PortPlan): readonly string[] {
  const settings = ["--", "set", "port", port.name];
  switch (port.kind) {
    case "trunk":
      return [...settings, "vlan_mode=trunk", "tag=[]", `trunks=${port.vlanIds.join(",")}`];
    case "access":
      return [...settings, "vlan_mode=access", `tag=${port.vlanId}`, "trunks=[]"];
    case "internal":
      return [
        ...portSettings({ kind: "access", name: port.name, vlanId: port.vlanId }),
        ...`-- set interface ${port.name} type=internal`.split(" "),
      ];
    case "tunnel":
      return [
        ...portSettings({ kind: "trunk", name: port.name, vlanIds: port.vlanIds }),
        ...`-- set interface ${port.name} type=vxlan options:key=${port.vni}`.split(" "),
        `options:local_ip=${port.localAddress}`,
        `options:remote_ip=${port.remoteAddress}`,
      ];
  }
}
