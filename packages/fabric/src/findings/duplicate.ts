/**
 * Rule duplicate: the same address twice, or the same VLAN number for two segments where a link joins them. Addresses are
 * compared within a VRF, MAC addresses within a segment, numbers where frames really pass from one to the other.
 */
import { parseInterfaceAddress, prefixKey, prefixOf } from "../address/ip.ts";
import type { FabricIndex } from "../fabric-index.ts";
import { virtualMac } from "../gateway/virtual-mac.ts";
import { segmentTopology } from "../layer-two/segment-topology.ts";
import type { Finding } from "./finding.ts";

import { listText } from "./words.ts";
import { ordered } from "./ordered.ts";
import { endName } from "../path/text.ts";

export function duplicates(index: FabricIndex): readonly Finding[] {
  return [...addresses(index), ...macs(index), ...numbers(index)];
}

/** Who uses what, sorted: `web01` or `gateway web-gw`. */
type Users = ReadonlyMap<string, { readonly text: string; readonly users: Set<string> }>;

const gatewayPrefix = "gateway ";

function note(table: Map<string, { text: string; users: Set<string> }>, key: string, text: string, user: string): void {
  const known = table.get(key);
  if (known === undefined) table.set(key, { text, users: new Set([user]) });
  else known.users.add(user);
}

function told(table: Users, what: string, advice: string): readonly Finding[] {
  return (
    [...table.values()]
      // Gateways may share an address on purpose: one for each site of a segment that routing keeps local.
      .filter(({ users }) => users.size > 1 && [...users].some((user) => !user.startsWith(gatewayPrefix)))
      .map(({ text, users }): Finding => {
        const names = [...users].sort();
        return {
          rule: "duplicate",
          severity: "block",
          certainty: "yes",
          subjects: [text, ...names],
          message: `${what} ${text} belongs to ${listText(names)}`,
          evidence: names.map((name) => `${name}: ${text}`),
          advice,
        };
      })
  );
}

function addresses(index: FabricIndex): readonly Finding[] {
  const table = new Map<string, { text: string; users: Set<string> }>();
  const noteAddress = (segment: string, text: string, user: string): void => {
    const address = parseInterfaceAddress(text);
    if (address === undefined) return;
    const vrf = index.segment(segment)?.vrf ?? "";
    // Link-local addresses are unique on their link only (RFC 4291, 2.5.6).
    const scope = text.toLowerCase().startsWith("fe80:") ? `link ${segment}` : `vrf ${vrf}`;
    note(
      table,
      `${scope} ${prefixKey(prefixOf(address, address.version === 4 ? 32 : 128))}`,
      text.split("/")[0] ?? text,
      user,
    );
  };
  for (const { name, nics } of ordered(index).endpoints)
    for (const nic of nics) for (const address of nic.addresses) noteAddress(nic.segment, address, name);
  for (const { name, segment, address } of ordered(index).gateways)
    noteAddress(segment, address, `${gatewayPrefix}${name}`);
  return told(table, "IP address", "give one of them another address");
}

function macs(index: FabricIndex): readonly Finding[] {
  const table = new Map<string, { text: string; users: Set<string> }>();
  for (const { name, nics } of ordered(index).endpoints)
    for (const { segment, mac } of nics)
      if (mac !== undefined) note(table, `${segment} ${mac.toLowerCase()}`, mac.toLowerCase(), name);
  for (const gateway of ordered(index).gateways) {
    const mac = virtualMac(gateway)?.toLowerCase();
    if (mac !== undefined) note(table, `${gateway.segment} ${mac}`, mac, `${gatewayPrefix}${gateway.name}`);
  }
  return told(table, "MAC address", "give one of the NICs another MAC address");
}

/** A number that means two segments, where a link carries it from one to the other. */
function numbers(index: FabricIndex): readonly Finding[] {
  const found = new Map<string, Finding>();
  for (const { name } of ordered(index).segments)
    for (const { link, cause, here, there, isBlocked } of segmentTopology(index, name).joins) {
      if (cause !== "number-reused" || isBlocked) continue;
      const sides = [
        { ...here, segment: name },
        { ...there, segment: there.segment ?? `another VLAN ${there.vlan}` },
      ].toSorted((left, right) => (endName(left.end) < endName(right.end) ? -1 : 1));
      // The join is seen from both segments, and is told once.
      const key = [link, ...sides.map(({ segment }) => segment)].join("\u0000");
      const meanings = sides.map(({ segment, end }) => `${segment} in ${index.siteOf(end.device) ?? end.device}`);
      found.set(key, {
        rule: "duplicate",
        severity: "block",
        certainty: "yes",
        subjects: [link, ...sides.map(({ segment }) => segment)],
        message: `VLAN ${here.vlan} is ${meanings.join(" and ")}, and ${link} joins them into one broadcast domain`,
        evidence: [`${sides.map(({ end }) => endName(end)).join(" and ")} carry VLAN ${here.vlan}`],
        advice: "take the VLAN off this link, or give one of the segments another number",
      });
    }
  return [...found.values()];
}
