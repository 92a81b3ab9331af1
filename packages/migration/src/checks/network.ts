/** Will the VM's frames still reach their peers, and can the memory travel? */
import { repairCommand, vlanReach } from "@trunkline/fabric";
import type { FabricEnd } from "@trunkline/fabric";
import type { CheckResult, VmNic } from "@trunkline/model";
import type { MoveFacts } from "./facts.ts";

export function bridgesPresent(facts: MoveFacts): readonly CheckResult[] {
  const { vm, target, targetBridges } = facts;
  return vm.nics.flatMap((nic): CheckResult[] => {
    if (nic.bridge === undefined) return [unportableNic(facts, nic)];
    const rule = "bridge-present";
    const subject = `${target}/${nic.bridge}`;
    if (!targetBridges.known)
      return [
        {
          rule,
          severity: "unknown",
          subject,
          message: `the virtual switch of ${target} could not be read: ${targetBridges.why}`,
          fix: `on ${target}: ovs-vsctl br-exists ${nic.bridge}`,
        },
      ];
    const bridge = targetBridges.value.find((candidate) => candidate.name === nic.bridge);
    if (bridge === undefined)
      return [
        {
          rule,
          severity: "block",
          subject,
          message: `${target} has no bridge ${nic.bridge}, which ${vm.name} (${nic.mac}) is plugged into; a new one needs an uplink too`,
          fix: addBridgeCommand(facts, nic.bridge),
        },
      ];
    const results: CheckResult[] = [
      { rule, severity: "pass", subject, message: `${target} has the bridge ${nic.bridge}` },
    ];
    const need = nic.mtu ?? facts.sourceMtus[nic.mac];
    if (need !== undefined && bridge.mtu === undefined)
      results.push({
        rule: "bridge-mtu",
        severity: "unknown",
        subject,
        message: `the MTU of ${nic.bridge} on ${target} could not be read; ${vm.name} sends up to ${need} bytes`,
        fix: `on ${target}: ovs-vsctl get interface ${nic.bridge} mtu`,
      });
    if (need !== undefined && bridge.mtu !== undefined)
      results.push(
        bridge.mtu < need
          ? {
              rule: "bridge-mtu",
              severity: "block",
              subject,
              message: `${nic.bridge} on ${target} carries ${bridge.mtu} bytes, ${vm.name} sends up to ${need}`,
              fix: `on ${target}: ovs-vsctl set interface ${nic.bridge} mtu_request=${need}`,
            }
          : {
              rule: "bridge-mtu",
              severity: "pass",
              subject,
              message: `${nic.bridge} on ${target} carries ${bridge.mtu} bytes, ${need} are needed`,
            },
      );
    return results;
  });
}

/** The new bridge forwards as its neighbours do; the kernel's datapath, which is the default, may not be there. */
function addBridgeCommand({ fabric, target, targetBridges }: MoveFacts, bridge: string): string {
  const database = fabric.devices.find((device) => device.name === target)?.ovsdb;
  const command = database === undefined ? `on ${target}: ovs-vsctl` : `ovs-vsctl --db=${database}`;
  const neighbours = targetBridges.known ? targetBridges.value : [];
  const datapath = neighbours.find((neighbour) => neighbour.datapathType !== undefined)?.datapathType;
  const likeThem = datapath === undefined ? "" : ` -- set bridge ${bridge} datapath_type=${datapath}`;
  return `${command} add-br ${bridge}${likeThem}`;
}

/** Every VLAN of the VM, from the target's virtual switch to every device where a peer of that VLAN is plugged in. */
export function vlansTrunked(facts: MoveFacts): readonly CheckResult[] {
  const vlans = [...new Set(facts.vm.nics.flatMap((nic) => nic.vlans))].sort((a, b) => a - b);
  return vlans.flatMap((vlan) => vlanTrunked(facts, vlan));
}

function vlanTrunked(facts: MoveFacts, vlan: number): readonly CheckResult[] {
  const rule = "vlan-trunked";
  const { fabric, target, vm } = facts;
  const peers = peersOf(facts, vlan);
  if (!fabric.devices.some((device) => device.name === target))
    return [
      {
        rule,
        severity: "unknown",
        subject: `VLAN ${vlan}`,
        message: `the virtual switch of ${target} is not described, so nobody knows where VLAN ${vlan} leads`,
        fix: "add virtualSwitch and links of the host to the inventory",
      },
    ];
  if (peers.length === 0)
    return [
      {
        rule,
        severity: "unknown",
        subject: `VLAN ${vlan}`,
        message: `no peer of ${vm.name} in VLAN ${vlan} is known to the switches that could be read`,
      },
    ];

  const gaps = new Map<string, { readonly end: FabricEnd; readonly cutOff: string[] }>();
  const unread = new Map<string, FabricEnd>();
  const cutOff: string[] = [];
  for (const peer of peers) {
    const reach = vlanReach(fabric, vlan, target, peer);
    if (reach.kind === "disconnected") cutOff.push(peer);
    if (reach.kind === "missing")
      for (const end of reach.gaps) {
        const subject = `${end.device}/${end.port}`;
        gaps.set(subject, { end, cutOff: [...(gaps.get(subject)?.cutOff ?? []), peer] });
      }
    if (reach.kind === "missing" || reach.kind === "unknown")
      for (const end of reach.unread) unread.set(`${end.device}/${end.port}`, end);
  }
  const results: CheckResult[] = [...gaps].map(([subject, { end, cutOff: behind }]) => ({
    rule,
    severity: "block",
    subject,
    message: `port ${end.port} of switch ${end.device} does not carry VLAN ${vlan}: on ${target}, ${vm.name} would not reach its peers at ${behind.join(", ")}`,
    fix: repairCommand(fabric, end, vlan),
  }));
  for (const [subject, end] of unread)
    results.push({
      rule,
      severity: "unknown",
      subject,
      message: `port ${end.port} of ${end.device} could not be read, so VLAN ${vlan} is not proven there`,
    });
  for (const peer of cutOff)
    results.push({
      rule,
      severity: "unknown",
      subject: `${target} to ${peer}`,
      message: `no described link leads from ${target} to ${peer}, where VLAN ${vlan} has members`,
      fix: "add the missing links to the inventory",
    });
  if (results.length === 0)
    results.push({
      rule,
      severity: "pass",
      subject: `VLAN ${vlan}`,
      message: `VLAN ${vlan} is trunked on every port from ${target} to its members at ${peers.join(", ")}`,
    });
  return results;
}

/** Devices other than the target with a member of the VLAN that is not the moving VM itself. */
function peersOf(facts: MoveFacts, vlan: number): readonly string[] {
  const own = new Set(facts.vm.nics.flatMap((nic) => (nic.port === undefined ? [] : [nic.port])));
  return facts.fabric.devices
    .filter((device) => device.name !== facts.target)
    .filter((device) =>
      device.ports.some(
        (port) =>
          port.vlans.kind === "access" &&
          port.vlans.tag === vlan &&
          !(device.name === facts.source && own.has(port.name)),
      ),
    )
    .map((device) => device.name)
    .sort();
}

export function migrationNetwork(facts: MoveFacts): readonly CheckResult[] {
  const rule = "migration-network";
  const { source, target } = facts;
  const { sourceAddress, targetAddress, vlan, reaches } = facts.migrationNetwork;
  const subject = `${source} to ${target}`;
  if (targetAddress === undefined)
    return [
      {
        rule,
        severity: "warn",
        subject,
        message: `${target} has no migration address of its own: the memory would travel over whatever its host name resolves to`,
        fix: "add migration.address of the host to the inventory",
      },
    ];
  const results: CheckResult[] = [];
  if (vlan !== undefined && facts.fabric.devices.some((device) => device.name === target)) {
    const reach = vlanReach(facts.fabric, vlan, target, source);
    if (reach.kind === "missing")
      for (const gap of reach.gaps)
        results.push({
          rule,
          // Packets are better proof than a description: when they got through, the description is what is wrong.
          severity: reaches.known && reaches.value ? "warn" : "block",
          subject: `${gap.device}/${gap.port}`,
          message: `port ${gap.port} of switch ${gap.device} does not carry the migration VLAN ${vlan}`,
          fix: repairCommand(facts.fabric, gap, vlan),
        });
  }
  if (!reaches.known)
    results.push({
      rule,
      severity: "unknown",
      subject,
      message: `whether ${sourceAddress ?? source} reaches ${targetAddress} could not be tried: ${reaches.why}`,
      fix: `on ${source}: ping -c 3 ${targetAddress}`,
    });
  else if (reaches.value)
    results.push({
      rule,
      severity: "pass",
      subject,
      message: `${source} reaches ${targetAddress} over the migration network`,
    });
  else
    results.push({
      rule,
      severity: "block",
      subject,
      message: `${source} does not reach ${targetAddress} over the migration network`,
      fix: `check the address, the VLAN and the links between them; on ${source}: ping -c 3 ${targetAddress}`,
    });
  return results;
}

function unportableNic(facts: MoveFacts, nic: VmNic): CheckResult {
  const subject = `${facts.vm.name}/${nic.mac}`;
  if (nic.network !== undefined)
    return {
      rule: "bridge-present",
      severity: "unknown",
      subject,
      message: `it is plugged into the libvirt network ${nic.network}, which ${facts.target} must have too`,
      fix: `on ${facts.target}: virsh net-info ${nic.network}`,
    };
  if (nic.kind === "user")
    return {
      rule: "bridge-present",
      severity: "warn",
      subject,
      message: "it uses QEMU's own user-mode network: its sessions end with the process on the source",
    };
  return {
    rule: "bridge-present",
    severity: "unknown",
    subject,
    message: `a NIC of kind ${nic.kind} depends on the host's own devices`,
  };
}
