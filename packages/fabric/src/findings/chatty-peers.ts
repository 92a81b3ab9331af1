/**
 * Rule chatty-peers: two endpoints that talk much and that a move would put into different sites. What they exchange then
 * runs between the sites, for as long as they are apart.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { Finding } from "./finding.ts";
import type { MoveSituation } from "./situation.ts";
import { rateText } from "./words.ts";

export function chattyPeers(index: FabricIndex, situation: MoveSituation): readonly Finding[] {
  const { placement, policy } = situation;
  return situation.moves.flatMap(({ endpoint, source, target }) => {
    const [home, away] = [index.siteOf(source), index.siteOf(target)];
    if (home === undefined || away === undefined || home === away) return [];
    const left = new Map<string, { readonly flows: string[]; rateBps: number }>();
    for (const flow of situation.flowsOf(endpoint.name)) {
      const peer = index.endpoint(flow.from === endpoint.name ? flow.to : flow.from);
      if (peer === undefined || peer.kind === "external") continue;
      if (index.siteOf(placement.get(peer.name) ?? peer.device) !== home || index.siteOf(peer.device) !== home)
        continue;
      const group = left.get(peer.name) ?? { flows: [], rateBps: 0 };
      left.set(peer.name, group);
      group.flows.push(flow.name);
      group.rateBps += flow.rateBps + (flow.reverseRateBps ?? 0);
    }
    return [...left]
      .filter(([, { rateBps }]) => rateBps >= policy.chattyRateBps)
      .map(([peer, { flows, rateBps }]): Finding => {
        const isMovable = index.endpoint(peer)?.kind === "vm";
        const then = isMovable ? `move ${peer} in the same batch` : `${peer} cannot be moved along`;
        return {
          rule: "chatty-peers",
          severity: "warn",
          certainty: "yes",
          subjects: [endpoint.name, peer, ...flows.toSorted()],
          message: `${endpoint.name} <-> ${peer} ${rateText(rateBps)} will run between ${home} and ${away}; ${then}`,
          figures: [{ name: "traffic between the sites", before: 0, after: rateBps, unit: "bps" }],
          evidence: [`${peer} stays in ${home}`, `flows: ${flows.toSorted().join(", ")}`],
          advice: isMovable
            ? `move ${peer} to ${away} as well`
            : `leave ${endpoint.name} in ${home}, or accept the traffic`,
        };
      });
  });
}
