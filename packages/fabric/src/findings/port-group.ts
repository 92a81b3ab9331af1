/**
 * Rule port-group: a NIC asks for its network by a label, and the label must mean the same on both hosts: it must be
 * there, lead into the NIC's segment, and have the same policy. Hosts that list no networks are not judged.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { NamedNetwork } from "../fabric.ts";
import type { Finding } from "./finding.ts";
import type { JudgedMove, MoveSituation } from "./situation.ts";
import { listText } from "./words.ts";
import { ordered } from "./ordered.ts";

/** Within a cluster, where any VM may land anywhere. */
export function portGroupState(index: FabricIndex): readonly Finding[] {
  return ordered(index).clusters.flatMap(({ name: cluster, hosts }) => {
    const lists = hosts.toSorted().flatMap((host) => {
      const networks = index.device(host)?.networks;
      return networks === undefined ? [] : [{ host, networks }];
    });
    const labels = new Set(lists.flatMap(({ networks }) => networks.map(({ name }) => name)));
    return [...labels].toSorted().flatMap((label) => labelFindings(index, cluster, label, lists));
  });
}

type HostNetworks = { readonly host: string; readonly networks: readonly NamedNetwork[] };

function labelFindings(
  index: FabricIndex,
  cluster: string,
  label: string,
  lists: readonly HostNetworks[],
): readonly Finding[] {
  const having = lists.flatMap(({ host, networks }) => {
    const network = networks.find(({ name }) => name === label);
    return network === undefined ? [] : [{ host, network }];
  });
  const [first] = having;
  if (first === undefined) return [];
  const lacking = lists.map(({ host }) => host).filter((host) => having.every((other) => other.host !== host));
  const differing = having.filter(({ host, network }) => !isSameVlan(index, first.host, first.network, host, network));
  const [other] = differing;
  const findings: Finding[] = [];
  if (other !== undefined)
    findings.push({
      rule: "port-group",
      severity: "warn",
      certainty: "yes",
      subjects: [label, first.host, ...differing.map(({ host }) => host)],
      message: `port-group "${label}" is VLAN ${first.network.vlan} on ${first.host}, VLAN ${other.network.vlan} on ${listText(differing.map(({ host }) => host))}, which are in one cluster`,
      evidence: having.map(({ host, network }) => `${host}: VLAN ${network.vlan}`),
      advice: "give the label one VLAN on all hosts of the cluster",
    });
  if (lacking.length > 0)
    findings.push({
      rule: "port-group",
      severity: "warn",
      certainty: "yes",
      subjects: [label, ...lacking],
      message: `port-group "${label}" is missing on ${listText(lacking)}, which ${lacking.length === 1 ? "is" : "are"} in cluster ${cluster} with ${first.host}`,
      evidence: [`${first.host} has it as VLAN ${first.network.vlan}`],
      advice: `create it on ${listText(lacking)}`,
    });
  return findings;
}

/** The same segment may have another number in another site. */
function isSameVlan(
  index: FabricIndex,
  leftHost: string,
  left: NamedNetwork,
  rightHost: string,
  right: NamedNetwork,
): boolean {
  const segments = new Set(index.segmentsOfVlan(left.vlan, leftHost).map(({ name }) => name));
  const others = index.segmentsOfVlan(right.vlan, rightHost);
  if (segments.size === 0 || others.length === 0) return left.vlan === right.vlan;
  return others.some(({ name }) => segments.has(name));
}

export function portGroupMoves(index: FabricIndex, { moves }: MoveSituation): readonly Finding[] {
  return moves.flatMap((move) => {
    const labels = new Map(
      move.endpoint.nics.flatMap(({ network, segment }) =>
        network === undefined ? [] : [[network, segment] as const],
      ),
    );
    return [...labels].flatMap(([label, segment]) => nicFindings(index, move, label, segment));
  });
}

function nicFindings(index: FabricIndex, move: JudgedMove, label: string, segment: string): readonly Finding[] {
  const { source, target } = move;
  const networks = index.device(target)?.networks;
  if (networks === undefined) return [];
  const there = networks.find(({ name }) => name === label);
  const here = index.device(source)?.networks?.find(({ name }) => name === label);
  const base = { rule: "port-group", subjects: [label, target, move.endpoint.name] } as const;
  if (there === undefined)
    return [
      {
        ...base,
        severity: "block",
        certainty: "yes",
        message: `${target} has no port-group "${label}", which ${move.endpoint.name} is plugged into`,
        evidence: [`networks of ${target}: ${listText(networks.map(({ name }) => name)) || "none"}`],
        advice: `create "${label}" on ${target} for VLAN ${index.vlanOf(segment, target) ?? "of its segment there"}`,
      },
    ];
  const wanted = index.vlanOf(segment, target);
  if (wanted !== undefined && there.vlan !== wanted)
    return [
      {
        ...base,
        severity: "block",
        certainty: "yes",
        message: `port-group "${label}" is VLAN ${here?.vlan ?? index.vlanOf(segment, source) ?? "unknown"} on ${source}, VLAN ${there.vlan} on ${target}`,
        evidence: [`${segment} is VLAN ${wanted} at ${target}`],
        advice: `set "${label}" on ${target} to VLAN ${wanted}`,
      },
    ];
  if (here === undefined) return [];
  const keys = [...new Set([...Object.keys(here.policy ?? {}), ...Object.keys(there.policy ?? {})])].sort();
  const differing = keys.filter((key) => here.policy?.[key] !== there.policy?.[key]);
  if (differing.length === 0) return [];
  const said = (network: NamedNetwork, key: string): string => network.policy?.[key] ?? "not set";
  return [
    {
      ...base,
      severity: "warn",
      certainty: "yes",
      message: `port-group "${label}" differs in ${listText(differing.map((key) => `${key} (${said(here, key)} on ${source}, ${said(there, key)} on ${target})`))}`,
      evidence: differing.map((key) => `${key}: ${source} ${said(here, key)}, ${target} ${said(there, key)}`),
      advice: `give it the same policy on both hosts`,
    },
  ];
}
