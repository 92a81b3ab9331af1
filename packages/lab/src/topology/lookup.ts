/** The topology by its names, for the passes that compile it. */
import { join } from "node:path";
import type { NodePlan, SegmentPlan } from "./lab-plan.ts";
import type { Topology } from "./schema.ts";

export type Lookup = {
  readonly topology: Topology;
  readonly lab: string;
  readonly nodes: readonly NodePlan[];
  readonly node: (name: string) => NodePlan;
  readonly segment: (name: string) => SegmentPlan;
};

export function lookupOf(topology: Topology, lab: string, folder: string): Lookup {
  const nodeOf =
    (kind: NodePlan["kind"]) =>
    (spec: { readonly name: string; readonly site?: string | undefined }): NodePlan => ({
      name: spec.name,
      kind,
      ...(spec.site === undefined ? {} : { site: spec.site }),
      namespace: `tl-${lab}-${spec.name}`,
      folder: join(folder, spec.name),
    });
  const nodes = [
    ...topology.hosts.map(nodeOf("host")),
    ...topology.switches.map(nodeOf("switch")),
    ...topology.routers.map(nodeOf("router")),
    nodeOf("san")(topology.san),
    ...topology.clients.map(nodeOf("client")),
  ];
  return {
    topology,
    lab,
    nodes,
    node: (name) =>
      known(
        nodes.find((candidate) => candidate.name === name),
        name,
      ),
    segment: (name) => {
      const { id, subnet } = known(topology.vlans[name], name);
      return { name, vlanId: id, subnet };
    },
  };
}

/** A host or a layer-3 switch has its own address in a VLAN on a port of this name. */
export function internalPortName(vlanId: number): string {
  return `v${vlanId}`;
}

/** The references of a topology were checked when it was read; a gap here is a defect of the lab itself. */
export function known<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the topology was accepted although it lacks "${name}"`);
  return value;
}
