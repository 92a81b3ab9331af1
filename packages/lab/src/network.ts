/** What a lab's network can be asked and made to do: the part of `Lab` beside hosts and guests. */
import type { Fabric } from "@trunkline/fabric";
import type { LabContext } from "./context.ts";
import { labFabric } from "./fabric.ts";
import { activeMembers, gatewayNodes, startGateways, stopGateways } from "./gateway/gateways.ts";
import type { GatewayEnd } from "./gateway/gateways.ts";
import { hostOf, placementOf } from "./guest/guests.ts";
import { sendFromClient, sendFromVm } from "./guest/traffic.ts";
import type { Traffic, TrafficCount } from "./guest/traffic.ts";
import { LabError } from "./lab-error.ts";
import type { CablePlan, FilterPlan, GatewayPlan, LabPlan, NodePlan, VmPlan } from "./topology/lab-plan.ts";
import { readLinkCounters, readMacTable } from "./world/counters.ts";
import type { LinkCounters, MacEntry } from "./world/counters.ts";
import { setFilters } from "./world/filters.ts";
import { setHostRoute } from "./world/host-routes.ts";
import { readVlanCounters } from "./world/vlan-counters.ts";
import type { VlanCounter } from "./world/vlan-counters.ts";

export type LabNetwork = {
  /** What was built, with the VMs on the hosts that run them now. */
  readonly fabric: () => Promise<Fabric>;
  /** The members that bear the gateway's address now: none, one, or more where they do not hear each other. */
  readonly activeGateways: (gateway: string) => Promise<readonly string[]>;
  /** Ends the gateway part of a device: its daemon and the interfaces with virtual MACs. It still routes. */
  readonly stopGateways: (device: string, how?: GatewayEnd) => Promise<void>;
  readonly startGateways: (device: string) => Promise<void>;
  /** What the link that ends at this port drops from now on, in both directions; undefined: nothing. */
  readonly setFilters: (device: string, port: string, filters: FilterPlan | undefined) => Promise<void>;
  /** Routes to the VM's own address lead to the host's site; undefined takes them away. */
  readonly setHostRoute: (vm: string, host: string | undefined) => Promise<void>;
  readonly linkCounters: () => Promise<readonly LinkCounters[]>;
  /** The same by VLAN, counted from the first call on; frames that a filter dropped are not among them. */
  readonly vlanCounters: () => Promise<readonly VlanCounter[]>;
  /** What the bridge of a host or switch has learned. */
  readonly macTable: (device: string) => Promise<readonly MacEntry[]>;
  /** Undefined when the guest cannot be asked to; `from` is the client that asks, by default one in its segment. */
  readonly sendFromVm: (
    vm: string,
    traffic: Traffic,
    options?: { readonly from?: string },
  ) => Promise<TrafficCount | undefined>;
  /** From the first client where none is named. */
  readonly sendFromClient: (traffic: Traffic, client?: string) => Promise<TrafficCount>;
};

export function labNetwork(context: LabContext, vmOf: (name: string) => VmPlan): LabNetwork {
  const { plan, signal } = context;
  return {
    fabric: async () => labFabric(plan, await placementOf(plan, signal)),
    activeGateways: async (gateway) => activeMembers(context, gatewayOf(plan, gateway)),
    stopGateways: async (device, how = "resign") => stopGateways(context, gatewayNode(plan, device), how),
    startGateways: async (device) => startGateways(context, gatewayNode(plan, device)),
    setFilters: async (device, port, filters) => setFilters(context, cableOf(plan, device, port), filters),
    setHostRoute: async (vm, host) =>
      setHostRoute(context, vmOf(vm), host === undefined ? undefined : hostOf(plan, host).node.site),
    linkCounters: async () => readLinkCounters(context),
    vlanCounters: async () => readVlanCounters(context),
    macTable: async (device) => readMacTable(context, device),
    sendFromVm: async (vm, traffic, asked = {}) => sendFromVm(plan, vmOf(vm), traffic, { ...asked, signal }),
    sendFromClient: async (traffic, client) => sendFromClient(plan, client, traffic, signal),
  };
}

export function cableOf(plan: LabPlan, device: string, port: string): CablePlan {
  const isEnd = ({ a, b }: CablePlan) => [a, b].some((end) => end.node.name === device && end.port === port);
  const cable = plan.cables.find(isEnd);
  if (cable !== undefined) return cable;
  const ends = plan.cables.flatMap(({ a, b }) => [a, b]).map((end) => `${end.node.name} ${end.port}`);
  throw new LabError("lab.not-found", `No link of the lab ${plan.lab} ends at port "${port}" of "${device}"`, {
    hint: `Links end at ${ends.join(", ")}.`,
  });
}

function gatewayOf(plan: LabPlan, name: string): GatewayPlan {
  const gateway = plan.gateways.find((candidate) => candidate.name === name);
  if (gateway !== undefined) return gateway;
  throw new LabError("lab.not-found", `The lab ${plan.lab} has no gateway "${name}"`, {
    hint: `Its gateways are ${plan.gateways.map((candidate) => candidate.name).join(", ")}.`,
  });
}

function gatewayNode(plan: LabPlan, device: string): NodePlan {
  const nodes = gatewayNodes(plan.gateways);
  const node = nodes.find((candidate) => candidate.name === device);
  if (node !== undefined) return node;
  throw new LabError("lab.not-found", `"${device}" is no member of a gateway of the lab ${plan.lab}`, {
    hint: `Members are ${nodes.map((candidate) => candidate.name).join(", ")}.`,
  });
}
