/**
 * Rules trombone-egress and trombone-ingress, for what is there already: endpoints that leave their site by the gateway
 * of another, and endpoints whose address only another site advertises. Counted by gateway and site, not by flow: it is
 * the design that is told, and it needs no flow to be so.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Endpoint, Gateway, HostRoutePolicy, Nic } from "../fabric.ts";
import { gatewayChoice } from "../gateway/choice.ts";
import type { Finding } from "./finding.ts";
import { gatewayOfNic, gatewayText, siteText } from "./nic-gateway.ts";
import { countText, listText } from "./words.ts";
import { ordered } from "./ordered.ts";

export function tromboneState(index: FabricIndex): readonly Finding[] {
  return [
    ...ordered(index).gateways.flatMap((gateway) => egress(index, gateway)),
    ...ordered(index).hostRoutes.flatMap((policy) => ingress(index, policy)),
  ];
}

function egress(index: FabricIndex, gateway: Gateway): readonly Finding[] {
  const away = new Map<string, { readonly by: Set<string>; readonly endpoints: string[] }>();
  const forwarders = new Map<string, string | undefined>();
  /** Asked once for each place. Where it is not certain who forwards, nothing is told: the election's own rule does that. */
  function forwarderOf(device: string, { forwarder }: Nic): string | undefined {
    const key = `${device}\u0000${forwarder ?? ""}`;
    if (!forwarders.has(key)) {
      const choice = gatewayChoice(index, gateway, device, forwarder === undefined ? {} : { forwarder });
      forwarders.set(key, choice.kind === "known" ? choice.device : undefined);
    }
    return forwarders.get(key);
  }
  for (const endpoint of insiders(index, gateway.segment)) {
    const site = index.siteOf(endpoint.device);
    const nic = endpoint.nics.find((candidate) => gatewayOfNic(index, candidate) === gateway);
    if (site === undefined || nic === undefined) continue;
    const by = forwarderOf(endpoint.device, nic);
    const bySite = by === undefined ? undefined : index.siteOf(by);
    if (by === undefined || bySite === undefined || bySite === site) continue;
    const group = away.get(site) ?? { by: new Set<string>(), endpoints: [] };
    away.set(site, group);
    group.by.add(by);
    group.endpoints.push(endpoint.name);
  }
  return [...away]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([site, { by, endpoints }]): Finding => {
      const devices = [...by].sort();
      return {
        rule: "trombone-egress",
        severity: "info",
        certainty: "yes",
        subjects: [gateway.name, site, ...devices],
        message: `${countText(endpoints.length, "endpoint")} of ${gateway.segment} in ${site} ${endpoints.length === 1 ? "leaves" : "leave"} by ${gatewayText(gateway, listText(devices.map((device) => siteText(index, device))))}`,
        figures: [{ name: "endpoints that leave by another site", before: endpoints.length, unit: "count" }],
        evidence: [`endpoints: ${listText(endpoints.toSorted())}`],
        advice: `give ${gateway.name} a forwarder in ${site} and keep it local, or move what these endpoints talk to`,
      };
    });
}

const insiders = (index: FabricIndex, segment: string): readonly Endpoint[] =>
  index.endpointsIn(segment).filter(({ kind }) => kind !== "external");

function ingress(index: FabricIndex, policy: HostRoutePolicy): readonly Finding[] {
  if (policy.mode !== "prefix") return [];
  const entries = new Set(policy.ingress.map(({ site }) => site));
  const away = new Map<string, string[]>();
  for (const { name, device } of insiders(index, policy.segment)) {
    const site = index.siteOf(device);
    if (site === undefined || entries.has(site)) continue;
    const group = away.get(site);
    if (group === undefined) away.set(site, [name]);
    else group.push(name);
  }
  const from = listText([...entries].sort());
  return [...away]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([site, endpoints]): Finding => ({
      rule: "trombone-ingress",
      severity: "info",
      certainty: "yes",
      subjects: [policy.segment, site],
      message: `${countText(endpoints.length, "endpoint")} of ${policy.segment} in ${site} ${endpoints.length === 1 ? "is" : "are"} entered by way of ${from}, which alone ${entries.size === 1 ? "advertises" : "advertise"} the prefix`,
      figures: [{ name: "endpoints that are entered by another site", before: endpoints.length, unit: "count" }],
      evidence: [`endpoints: ${listText(endpoints.toSorted())}`],
      advice: `advertise routes to the hosts (LISP, injected host routes, EVPN with ingress optimisation), or the prefix from ${site} too`,
    }));
}
