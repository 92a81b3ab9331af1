/** The inventory: where a controller finds the lab's hosts, switches, links, probe points and services. */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { hostName } from "@trunkline/model";
import type { Inventory, InventoryHost, InventoryLink, SwitchAccess } from "@trunkline/model";
import { stringify } from "yaml";
import { fabricFileOf } from "./fabric.ts";
import { ECHO_PORT, STATUS_PORT } from "./guest/status.ts";
import type { StateFile } from "./state/state-file.ts";
import type { LabPlan } from "./topology/lab-plan.ts";
import { keeperPid, libvirtUri } from "./world/hypervisor.ts";
import { inNamespace } from "./world/namespaces.ts";
import { BRIDGE } from "./world/open-vswitch.ts";

/** Only links between switching devices: where a probe is attached stands with the probe. */
function inventoryOf(plan: LabPlan, state: StateFile): Inventory {
  const accessTo = (name: string): SwitchAccess => {
    const bridge = plan.bridges.find((candidate) => candidate.node.name === name);
    if (bridge === undefined) throw new Error(`${name} has no bridge`);
    return {
      bridge: BRIDGE,
      ovsdb: `unix:${bridge.databaseSocket}`,
      control: `unix:${bridge.controlSocket}`,
      openflow: `unix:${join(dirname(bridge.controlSocket), `${BRIDGE}.mgmt`)}`,
    };
  };
  const isSwitching = (name: string) => plan.bridges.some((bridge) => bridge.node.name === name);
  return {
    // What no switch can be asked for; a plain lab has nothing of that kind.
    ...(plan.gateways.length === 0 ? {} : { fabric: fabricFileOf(plan) }),
    hosts: plan.hosts.map((host) => ({
      name: hostName(host.node.name),
      uri: libvirtUri(host),
      peerUri: `qemu+tcp://${host.managementAddress}/system`,
      memoryMiB: host.memoryMiB,
      ...(host.cpuThreads === undefined ? {} : { cpuThreads: host.cpuThreads }),
      migration: { address: host.migrationAddress, vlan: plan.migrationVlanId, port: host.migrationPort },
      virtualSwitch: accessTo(host.node.name),
      shell: ["nsenter", "-t", String(keeperPid({ state }, host)), "-n", "-m", "--"],
      ...(host.moveBudget === undefined
        ? {}
        : { moveBudget: host.moveBudget as NonNullable<InventoryHost["moveBudget"]> }),
    })),
    switches: plan.nodes.filter((node) => node.kind === "switch").map(({ name }) => ({ name, ...accessTo(name) })),
    links: plan.cables
      .filter((cable) => isSwitching(cable.a.node.name) && isSwitching(cable.b.node.name))
      .map(({ a, b, capacityBps, moveBudget }) => ({
        a: { device: a.node.name, port: a.port },
        b: { device: b.node.name, port: b.port },
        ...(capacityBps === undefined ? {} : { capacityBps }),
        ...(moveBudget === undefined ? {} : { moveBudget: moveBudget as NonNullable<InventoryLink["moveBudget"]> }),
      })),
    probes: plan.clients.map((client) => ({
      name: client.node.name,
      shell: inNamespace(client.node.namespace, []),
      // A client behind a router is attached to nothing that the inventory knows.
      ...(isSwitching(client.attachedTo.device) ? { attachedTo: client.attachedTo, vlan: client.segment.vlanId } : {}),
    })),
    services: plan.vms.map((vm) => ({
      vm: vm.name,
      address: vm.address,
      echoPort: ECHO_PORT,
      statusPort: STATUS_PORT,
    })),
  };
}

export function writeInventory(plan: LabPlan, state: StateFile): Inventory {
  const inventory = inventoryOf(plan, state);
  writeFileSync(join(plan.folder, "inventory.yaml"), stringify(inventory), { mode: 0o600 });
  return inventory;
}
