/**
 * Rule fhrp-election: who is active for a gateway, where that is not what is intended, not one, or not certain. And the
 * switch of a pair that does not route what is sent to its peer's own MAC address.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Gateway } from "../fabric.ts";
import { electGateway } from "../gateway/election.ts";
import { frameReach } from "../gateway/frame-reach.ts";
import { priorityOf } from "../gateway/priority.ts";
import type { Finding } from "./finding.ts";
import { groupText } from "./nic-gateway.ts";
import { bothText, listText } from "./words.ts";
import { ordered } from "./ordered.ts";

export function fhrpElection(index: FabricIndex): readonly Finding[] {
  return ordered(index).gateways.flatMap((gateway) => [
    ...electionFindings(index, gateway),
    ...peerGatewayFinding(index, gateway),
  ]);
}

function electionFindings(index: FabricIndex, gateway: Gateway): readonly Finding[] {
  const components = electGateway(index, gateway)?.components ?? [];
  const [first, second] = components;
  if (first === undefined) return [];
  const actives = components.map(({ active }) => active);
  const doubts = components.flatMap(({ certainty, why, assumes }) => [
    ...(certainty === "yes" || why === undefined ? [] : [why]),
    ...(assumes === undefined ? [] : [assumes]),
  ]);
  const base = { rule: "fhrp-election", subjects: [gateway.name, ...actives] } as const;
  const certainty = doubts.length === 0 ? "yes" : "unknown";
  const evidence = [...components.map(({ active }) => priorityText(gateway, active)), ...doubts];
  const vlan = index.segment(gateway.segment)?.vlan;
  const findings: Finding[] = [];
  const { barriers } = frameReach(index, gateway, "hello");
  if (second !== undefined && barriers.length === 0)
    findings.push({
      ...base,
      severity: "warn",
      certainty: components.some((component) => component.certainty !== "yes") ? "unknown" : "yes",
      message: `${listText(actives)} are ${bothText(actives.length)} active for ${groupText(gateway)}: nothing carries hellos of VLAN ${vlan ?? gateway.segment} between them, and no filter is there that would want it so`,
      evidence,
      advice: "carry the VLAN between them, or filter on purpose",
    });
  const { intendedActive } = gateway;
  if (intendedActive !== undefined && !actives.includes(intendedActive))
    findings.push({
      ...base,
      severity: "info",
      certainty,
      message: `active for VLAN ${vlan ?? gateway.segment} is ${listText(actives.map((active) => priorityText(gateway, active)))}; intended is ${priorityText(gateway, intendedActive)}`,
      evidence,
      advice: `give ${intendedActive} the highest priority, and let it preempt`,
    });
  const sites = new Set(gateway.members.map(({ device }) => index.siteOf(device)));
  if (findings.length === 0 && doubts.length > 0 && sites.size > 1)
    findings.push({
      ...base,
      severity: "info",
      certainty: "unknown",
      message: `${first.active} is taken for the active of ${groupText(gateway)}, but that is not certain: ${doubts[0] ?? ""}`,
      evidence,
      advice: "say in the document who is active now (incumbent), or read it from the routers",
    });
  return findings;
}

function priorityText(gateway: Gateway, device: string): string {
  const member = gateway.members.find((candidate) => candidate.device === device);
  return member === undefined ? device : `${device} (priority ${priorityOf(gateway, member)})`;
}

function peerGatewayFinding(index: FabricIndex, gateway: Gateway): readonly Finding[] {
  if (gateway.kind !== "mlag" || gateway.peerGateway !== "no") return [];
  const members = gateway.members.map(({ device }) => device).toSorted();
  return [
    {
      rule: "fhrp-election",
      severity: "info",
      certainty: "yes",
      subjects: [gateway.name, ...members],
      message: `peer-gateway is off on ${listText(members)}: frames to the peer's own MAC address cross the peer-link, and are dropped if they would leave by a port of the domain`,
      evidence: [`${gateway.name} in ${index.segment(gateway.segment)?.name ?? gateway.segment}`],
      advice: "turn peer-gateway on: some storage and load balancers answer to the MAC address that they heard",
    },
  ];
}
