/** Gateways: their addresses lie in the segment, their members exist, and number and group fit the kind. */
import type { GatewayKind } from "../../fabric.ts";
import type { DocumentPath } from "../problem.ts";
import type { GatewayPart } from "../schema.ts";
import { belongs, claims, refer, unique } from "./scope.ts";
import type { Scope } from "./scope.ts";

/** HSRP version 2 has twelve bits, VRRP one byte without 0 (RFC 9568, 5.2.3), GLBP ten bits. */
const groups: Readonly<Partial<Record<GatewayKind, { readonly min: number; readonly max: number }>>> = {
  hsrp: { min: 0, max: 4095 },
  vrrp: { min: 1, max: 255 },
  glbp: { min: 0, max: 1023 },
};

export function checkGateways(scope: Scope): void {
  const gateways = scope.document.gateways ?? [];
  unique(
    scope,
    "gateway",
    claims(["gateways"], gateways, "name", ({ name }) => name),
  );
  for (const [index, gateway] of gateways.entries()) {
    const path = ["gateways", index];
    refer(scope, [...path, "segment"], gateway.segment, scope.segments, "segment");
    belongs(scope, [...path, "address"], gateway.address, gateway.segment);
    checkGroup(scope, path, gateway);
    checkMembers(scope, path, gateway);
    const members = new Map(gateway.members.map(({ device }) => [device, device]));
    refer(scope, [...path, "intendedActive"], gateway.intendedActive, members, "member");
  }
}

function checkGroup(scope: Scope, path: DocumentPath, { kind, group }: GatewayPart): void {
  if (group === undefined) return;
  const bounds = groups[kind];
  if (bounds === undefined)
    scope.complain([...path, "group"], `gateways of kind ${kind} have no group`, "Only hsrp, vrrp and glbp take it.");
  else if (group < bounds.min || group > bounds.max)
    scope.complain(
      [...path, "group"],
      `${group} is not a group number of ${kind}`,
      `It is a whole number from ${bounds.min} to ${bounds.max}.`,
    );
}

function checkMembers(scope: Scope, path: DocumentPath, gateway: GatewayPart): void {
  const { members, kind, segment } = gateway;
  const at = [...path, "members"];
  unique(
    scope,
    "member",
    claims(at, members, "device", ({ device }) => device),
  );
  const own = members.flatMap(({ address }, index) =>
    address === undefined ? [] : [{ path: [...at, index, "address"], value: address }],
  );
  unique(scope, "member's own address", own);
  for (const [index, member] of members.entries()) {
    const device = refer(scope, [...at, index, "device"], member.device, scope.devices, "device");
    belongs(scope, [...at, index, "address"], member.address, segment);
    const addresses = (device?.interfaces ?? [])
      .filter((interfaceOf) => interfaceOf.segment === segment)
      .map(({ address }) => address.split("/")[0] ?? address);
    if (member.address !== undefined && addresses.length > 0 && !addresses.includes(member.address))
      scope.complain(
        [...at, index, "address"],
        `${member.device} has ${addresses.join(", ")} in the segment ${segment}, not ${member.address}`,
        "Say it once: correct one of the two, or leave it out here.",
      );
  }
  if (kind === "static" && members.length > 1)
    scope.complain(at, "a static gateway is one router", "Keep one member, or choose the kind that they share it by.");
  const domains = new Set(members.map(({ device }) => scope.devices.get(device)?.mlag ?? ""));
  if (
    kind === "mlag" &&
    members.every(({ device }) => scope.devices.has(device)) &&
    (domains.size > 1 || domains.has(""))
  )
    scope.complain(at, "the members of a gateway of kind mlag are not in one MLAG domain", "Give them the same mlag.");
}
