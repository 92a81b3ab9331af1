/** What each end of a link owes the device it ends at, and what a link to another site needs. */
import { INTERFACE_NAME_BYTES } from "../limits.ts";
import type { Complaint, DocumentPath, Part } from "./complaint.ts";
import type { TopologyParts, WrittenNames } from "./parts.ts";
import type { LinkEndSpec, LinkSpec } from "./schema.ts";

/** The underlay's end of a tunnel is called by its port with this before it. */
export const UNDERLAY_PREFIX = "u-";
const OWN_NAMES = /^(br0|lo|v[0-9]+|vnet[0-9]+|gw[0-9].*|under[0-9]+|u-.*|ovs-.*)$/;

export function checkLink(link: Part<LinkSpec>, parts: TopologyParts, names: WrittenNames): readonly Complaint[] {
  const ends = (["a", "b"] as const).flatMap((side) => {
    const end = link.value[side];
    const path = [...link.path, side];
    return checkEnd(end, path, parts, names);
  });
  return [...ends, ...checkKind(link, parts)];
}

function checkEnd(end: LinkEndSpec, path: DocumentPath, parts: TopologyParts, names: WrittenNames): Complaint[] {
  const complaints: Complaint[] = [];
  const complain = (key: string, message: string, hint: string) =>
    complaints.push({ path: [...path, key], message, hint });
  if (!names.devices.includes(end.device)) {
    complain("device", `there is no device "${end.device}"`, `Known are ${names.devices.join(", ")}.`);
    return complaints;
  }
  for (const vlan of [...(end.trunk ?? []), ...(end.access === undefined ? [] : [end.access])]) {
    if (names.vlans.includes(vlan)) continue;
    const key = end.access === vlan ? "access" : "trunk";
    complain(key, `there is no VLAN "${vlan}"`, `Known are ${names.vlans.join(", ")}.`);
  }
  if (OWN_NAMES.test(end.port)) {
    complain("port", `"${end.port}" is a name the lab uses itself`, "Choose another one, such as up1 or p-sw2.");
  }
  switch (kindOf(end, parts)) {
    case "switching":
      if ((end.trunk === undefined) === (end.access === undefined)) {
        const hint = "Give trunk: [VLANs] towards a host or switch, access: VLAN towards a SAN or client.";
        complain("port", "a port of a host or switch is either a trunk or an access port", hint);
      }
      break;
    case "routing":
      complaints.push(...checkRouterEnd(end, path, parts));
      break;
    case "plain":
      if (end.trunk !== undefined || end.access !== undefined) {
        complain("port", `${end.device} knows no VLANs`, "Give trunk or access at the other end of the link.");
      }
      break;
    case "broken":
      break;
  }
  return complaints;
}

/** A router's port is untagged and carries the interface that it has in that segment. */
function checkRouterEnd(end: LinkEndSpec, path: DocumentPath, parts: TopologyParts): Complaint[] {
  const segments = parts.routers
    .filter((router) => router.value.name === end.device)
    .flatMap((router) => router.value.interfaces.map(({ segment }) => segment));
  if (end.access === undefined || end.trunk !== undefined) {
    const message = "a port of a router is in one segment";
    return [{ path: [...path, "port"], message, hint: `Give access: SEGMENT, one of ${segments.join(", ")}.` }];
  }
  if (segments.includes(end.access)) return [];
  const message = `${end.device} has no interface in "${end.access}"`;
  return [{ path: [...path, "access"], message, hint: `It has interfaces in ${segments.join(", ")}.` }];
}

function checkKind(link: Part<LinkSpec>, parts: TopologyParts): Complaint[] {
  const { a, b, kind, dci, filters } = link.value;
  const complaints: Complaint[] = [];
  const complain = (key: string, message: string, hint: string) =>
    complaints.push({ path: [...link.path, key], message, hint });
  const kinds = [kindOf(a, parts), kindOf(b, parts)];
  if (kinds.includes("broken")) return complaints;
  const isSwitching = kinds.every((end) => end === "switching");
  const switches = parts.switches.map((part) => part.value.name);
  if (kind !== "dci" && dci !== undefined)
    complain("dci", "the link is no dci link", "Say kind: dci, or leave it out.");
  if (kind === "dci" && !(switches.includes(a.device) && switches.includes(b.device) && a.trunk && b.trunk)) {
    complain("kind", "a dci link joins two switches by trunks", "Give trunk: [VLANs] at both ends.");
  }
  if (kind === "dci" && [a, b].some((end) => end.port.length + UNDERLAY_PREFIX.length > INTERFACE_NAME_BYTES)) {
    const hint = `Its underlay is called ${UNDERLAY_PREFIX}PORT: use at most ${INTERFACE_NAME_BYTES - UNDERLAY_PREFIX.length} characters.`;
    complain("kind", "a port of the dci link has too long a name", hint);
  }
  if (filters !== undefined && !isSwitching) {
    complain("filters", "filters need a host or switch at both ends", "Leave them out.");
  }
  return complaints;
}

/** "broken" when the device's own part has errors. */
function kindOf(end: LinkEndSpec, parts: TopologyParts): "switching" | "routing" | "plain" | "broken" {
  const isAmong = (list: readonly Part<{ readonly name: string }>[]) =>
    list.some((part) => part.value.name === end.device);
  if (isAmong([...parts.hosts, ...parts.switches])) return "switching";
  if (isAmong(parts.routers)) return "routing";
  return isAmong([...(parts.san ? [parts.san] : []), ...parts.clients]) ? "plain" : "broken";
}
