/**
 * Rule gateway-at-target: a VM that arrives must find its gateway there. Of a gateway that every leaf should have, a leaf
 * that lacks the address lets frames pass on to the next one that has it.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Gateway } from "../fabric.ts";
import type { ConfigChange } from "../fix/config-change.ts";
import { gatewayChoice } from "../gateway/choice.ts";
import { bridgedWay } from "../layer-two/bridged-way.ts";
import type { Break } from "../path/way.ts";
import { brokenFlows } from "./broken-flows.ts";
import type { Finding } from "./finding.ts";
import { gatewayOfNic } from "./nic-gateway.ts";
import { areJoined } from "./segment-parts.ts";
import type { JudgedMove, MoveSituation } from "./situation.ts";
import { countText, figureText, listText } from "./words.ts";
import { ordered } from "./ordered.ts";

/** Members of a gateway that is meant to be everywhere, which are known not to have its address. */
export function gatewayAtTargetState(index: FabricIndex): readonly Finding[] {
  return ordered(index).gateways.flatMap((gateway) => {
    if (!isEverywhere(gateway)) return [];
    return gateway.members
      .filter(({ hasAddress, isUp }) => hasAddress === "no" && isUp !== false)
      .flatMap(({ device }) => lackingMember(index, gateway, device));
  });
}

const isEverywhere = ({ kind }: Gateway): boolean => kind === "anycast" || kind === "proxy";

function lackingMember(index: FabricIndex, gateway: Gateway, device: string): readonly Finding[] {
  const behind = index
    .linksOf(device)
    .flatMap(({ far }) => index.endpointsAt(far.device))
    .filter((endpoint) => endpoint.nics.some((nic) => gatewayOfNic(index, nic) === gateway));
  const detour = detourText(index, gateway, device);
  return [
    {
      rule: "gateway-at-target",
      severity: behind.length > 0 ? "warn" : "info",
      certainty: "yes",
      subjects: [device, gateway.name],
      message: `${device} lacks ${gateway.kind} address ${gateway.address}; ${behind.length > 0 ? `frames of ${countText(behind.length, "endpoint")} behind it` : "frames"} ${detour}`,
      evidence: [`${device} is a member of ${gateway.name} without its address`],
      fix: [addressOn(gateway, device)],
    },
  ];
}

const addressOn = (gateway: Gateway, device: string): ConfigChange => ({
  kind: "add-gateway-address",
  device,
  gateway: gateway.name,
  address: gateway.address,
});

function detourText(index: FabricIndex, gateway: Gateway, device: string): string {
  const choice = gatewayChoice(index, gateway, device);
  if (choice.kind === "none") return "find no gateway there";
  if (choice.kind === "unknown") return "are bridged on, nobody knows where to";
  const next = choice.kind === "known" ? [choice.device] : choice.candidates.map((candidate) => candidate.device);
  const way = bridgedWay(index, gateway.segment, device, next[0] ?? device);
  const hops = way.kind === "known" ? way.crossings.reduce((sum, { share }) => sum + share, 0) : undefined;
  return `are bridged on to ${listText(next)}${hops === undefined ? "" : ` (+${figureText(hops)} ${hops === 1 ? "crossing" : "crossings"})`}`;
}

export function gatewayAtTargetMoves(index: FabricIndex, situation: MoveSituation): readonly Finding[] {
  return situation.moves.flatMap((move) => {
    const byGateway = new Map(
      move.endpoint.nics.flatMap((nic) => {
        const gateway = gatewayOfNic(index, nic);
        return gateway === undefined ? [] : [[gateway.name, { gateway, nic }] as const];
      }),
    );
    const found = [...byGateway.values()].flatMap(({ gateway, nic }): readonly Finding[] => {
      // Where the segment itself does not reach, rule vlan-path says so, and of the gateway too.
      if (!areJoined(index, gateway.segment, move.source, move.target)) return [];
      return arrivalFinding(index, move, gateway, nic.forwarder);
    });
    if (found.some(({ severity }) => severity === "block")) return found;
    const isBehindGateway = ({ kind }: Break): boolean => kind !== "no-reach" && kind !== "state-lost";
    return [...found, ...brokenFlows(index, situation, move, "gateway-at-target", isBehindGateway)];
  });
}

function arrivalFinding(
  index: FabricIndex,
  { endpoint, source, target }: JudgedMove,
  gateway: Gateway,
  forwarder: string | undefined,
): readonly Finding[] {
  const nic = forwarder === undefined ? {} : { forwarder };
  const before = gatewayChoice(index, gateway, source, nic);
  const after = gatewayChoice(index, gateway, target, nic);
  const base = { rule: "gateway-at-target", subjects: [endpoint.name, target, gateway.name] } as const;
  if (after.kind === "none")
    return before.kind === "none"
      ? []
      : [
          {
            ...base,
            severity: before.kind === "unknown" ? "warn" : "block",
            certainty: before.kind === "unknown" ? "unknown" : "yes",
            message: `${endpoint.name} would have no gateway on ${target}: ${after.why}`,
            evidence: [`on ${source} it uses ${before.kind === "known" ? before.device : "a member of it"}`],
            advice: `give ${gateway.name} a member that ${target} reaches`,
          },
        ];
  if (after.kind === "unknown")
    return before.kind === "unknown"
      ? []
      : [
          {
            ...base,
            severity: "warn",
            certainty: "unknown",
            message: `whether ${endpoint.name} has its gateway ${gateway.name} on ${target} is not known: ${after.why}`,
            evidence: [after.why],
            advice: "find out what is not known",
          },
        ];
  if (!isEverywhere(gateway)) return [];
  return lackingOnTheWay(index, gateway, target, after.kind === "known" ? after.device : undefined).flatMap((leaf) => {
    const detour = detourText(index, gateway, leaf);
    return [
      {
        ...base,
        severity: "warn" as const,
        certainty: "yes" as const,
        subjects: [leaf, gateway.name, endpoint.name, target],
        message: `${leaf} lacks ${gateway.kind} address ${gateway.address}; frames of ${endpoint.name} on ${target} ${detour}`,
        evidence: [`${leaf} is a member of ${gateway.name} without its address`],
        fix: [addressOn(gateway, leaf)],
      },
    ];
  });
}

/** Members without the address that a frame passes before it finds one that has it. */
function lackingOnTheWay(
  index: FabricIndex,
  gateway: Gateway,
  from: string,
  to: string | undefined,
): readonly string[] {
  const lacking = new Set(gateway.members.filter(({ hasAddress }) => hasAddress === "no").map(({ device }) => device));
  if (to === undefined || lacking.size === 0) return [];
  const way = bridgedWay(index, gateway.segment, from, to);
  const passed = way.kind === "known" ? way.crossings.map((crossing) => crossing.to) : [];
  return [...new Set(passed)].filter((device) => lacking.has(device)).sort();
}
