/** Hellos of redundant gateways against the document: who is active, who takes part, with which settings. */
import type { Gateway } from "../fabric.ts";
import { electGateway } from "../gateway/election.ts";
import type { ElectionComponent } from "../gateway/election.ts";
import { priorityOf } from "../gateway/priority.ts";
import { addressOrder, isSameAddress } from "../imports/addresses.ts";
import { activeRouters } from "./active-gateways.ts";
import type { ActiveRouters } from "./active-gateways.ts";
import type { Difference } from "./difference.ts";
import { gatewayOf, memberOf } from "./gateway-match.ts";
import { endText, grouped, latestBy } from "./lookup.ts";
import type { Lookup } from "./lookup.ts";
import type { GatewayHello } from "./observation.ts";

export function gatewayDifferences(lookup: Lookup, hellos: readonly GatewayHello[]): readonly Difference[] {
  const known = hellos.map((hello) => ({ hello, gateway: gatewayOf(lookup, hello) }));
  const documented = grouped(
    known.filter(({ gateway }) => gateway !== undefined),
    ({ gateway }) => gateway?.name ?? "",
  );
  const strangers = grouped(
    known.filter(({ gateway }) => gateway === undefined).map(({ hello }) => hello),
    (hello) => [hello.protocol, hello.group, hello.vlan ?? "untagged", hello.addresses.toSorted().join()].join(" "),
  );
  return [
    ...[...documented.values()].flatMap((group) => {
      const gateway = group[0]?.gateway;
      return gateway === undefined
        ? []
        : ofGateway(
            lookup,
            gateway,
            group.map(({ hello }) => hello),
          );
    }),
    ...[...strangers.values()].flatMap((group) => ofStranger(group)),
  ];
}

function ofGateway(lookup: Lookup, gateway: Gateway, hellos: readonly GatewayHello[]): readonly Difference[] {
  const active = activeRouters(hellos);
  const latest = latestBy(hellos, ({ source }) => source).toSorted((a, b) => addressOrder(a.source, b.source));
  return [
    ...(active === undefined ? [] : activeDifferences(lookup, gateway, active)),
    ...latest.flatMap((hello) => settingDifferences(lookup, gateway, hello)),
  ];
}

/** Routers that do not hear each other by the document's own word are each expected to be active. */
function activeDifferences(lookup: Lookup, gateway: Gateway, active: ActiveRouters): readonly Difference[] {
  const components = electGateway(lookup.index, gateway)?.components ?? [];
  const known = active.actives.map((hello) => {
    const device = memberOf(lookup, gateway, hello.source)?.device;
    const component = components.find(({ members }) => device !== undefined && members.includes(device));
    return { hello, device, component };
  });
  const isSplit = known.some((one, index) =>
    known
      .slice(index + 1)
      .some(
        (other) => one.component === undefined || other.component === undefined || one.component === other.component,
      ),
  );
  if (isSplit)
    return [
      splitDifference(
        gateway,
        active,
        known.map(({ hello, device }) => device ?? hello.source),
      ),
    ];
  return known.flatMap(({ hello, device, component }) => {
    const expected = device === undefined ? undefined : expectedActive(gateway, device, component);
    if (device === undefined || expected === undefined || device === expected.device) return [];
    return [
      {
        kind: "gateway-active" as const,
        subjects: [gateway.name, device],
        message: `${device} is active for ${groupText(hello)} of ${gateway.segment}, and ${expected.device} was expected ${expected.why}.`,
        document: expected.device,
        observed: device,
        certainty: expected.isCertain ? ("yes" as const) : ("unknown" as const),
        seenAtMs: hello.atMs,
      },
    ];
  });
}

function splitDifference(gateway: Gateway, active: ActiveRouters, routers: readonly string[]): Difference {
  const names = routers.toSorted();
  const group = `${groupText(active.last)} of ${gateway.segment}`;
  return {
    kind: "gateway-split",
    subjects: [gateway.name, ...names],
    message:
      active.isSplit === "yes"
        ? `${names.join(" and ")} are active at once for ${group}: they do not hear each other.`
        : `${names.join(" and ")} were active for ${group} in two places within one hold time: they may not hear each other.`,
    observed: names.join(", "),
    certainty: active.isSplit === "yes" ? "yes" : "unknown",
    seenAtMs: active.last.atMs,
  };
}

interface Expected {
  readonly device: string;
  readonly why: string;
  /** Somebody said so; otherwise it is what an election gives, and history may have given something else. */
  readonly isCertain: boolean;
}

/** @param component those that hear `device`; undefined for a protocol that elects nobody (GLBP). */
function expectedActive(
  gateway: Gateway,
  device: string,
  component: ElectionComponent | undefined,
): Expected | undefined {
  const peers = component?.members ?? gateway.members.map((member) => member.device);
  const intended = gateway.intendedActive;
  if (intended !== undefined && peers.includes(intended) && peers.includes(device))
    return { device: intended, why: "because the document intends it", isCertain: true };
  const incumbent = gateway.members.find((member) => member.isIncumbent === true && peers.includes(member.device));
  if (incumbent !== undefined)
    return { device: incumbent.device, why: "because the document has it active", isCertain: true };
  if (component === undefined) return undefined;
  return { device: component.active, why: "by the election among those that hear each other", isCertain: false };
}

/** Settings of the sender. A router that resigns says priority 0, which is no setting. */
function settingDifferences(lookup: Lookup, gateway: Gateway, hello: GatewayHello): readonly Difference[] {
  const member = memberOf(lookup, gateway, hello.source);
  const base = { certainty: "yes" as const, seenAtMs: hello.atMs };
  const differences: Difference[] = [];
  if (member === undefined && !isHidden(lookup, gateway, hello.source))
    differences.push({
      ...base,
      kind: "gateway-member",
      subjects: [gateway.name, hello.source],
      message: `${hello.source} takes part in ${groupText(hello)} of ${gateway.segment}, and no member of ${gateway.name} has that address.`,
      document: gateway.members
        .map(({ device }) => device)
        .toSorted()
        .join(", "),
      observed: hello.source,
    });
  if (member !== undefined && hello.state !== "resigned" && hello.priority !== priorityOf(gateway, member))
    differences.push({
      ...base,
      // Without one the document goes by the protocol's default, which is no statement of its own.
      certainty: member.priority === undefined ? "unknown" : "yes",
      kind: "gateway-priority",
      subjects: [gateway.name, member.device],
      message: `${member.device} has priority ${hello.priority} in ${groupText(hello)} of ${gateway.segment}, and the document ${member.priority === undefined ? `has none, which means ${priorityOf(gateway, member)}` : `says ${member.priority}`}.`,
      document: String(priorityOf(gateway, member)),
      observed: String(hello.priority),
    });
  if (hello.addresses.length > 0 && !hello.addresses.some((address) => isSameAddress(address, gateway.address)))
    differences.push({
      ...base,
      kind: "gateway-address",
      subjects: [gateway.name, hello.source],
      message: `${hello.source} stands for ${hello.addresses.join(", ")} in ${groupText(hello)} of ${gateway.segment}, and the document says ${gateway.address}.`,
      document: gateway.address,
      observed: hello.addresses.join(", "),
    });
  if (gateway.group !== undefined && gateway.group !== hello.group)
    differences.push({
      ...base,
      kind: "gateway-group",
      subjects: [gateway.name, hello.source],
      message: `${hello.source} stands for ${gateway.address} in ${groupText(hello)} of ${gateway.segment}, and the document says group ${gateway.group}.`,
      document: String(gateway.group),
      observed: String(hello.group),
    });
  const { mac } = gateway;
  if (mac !== undefined && hello.virtualMac !== undefined && mac.toLowerCase() !== hello.virtualMac)
    differences.push({
      ...base,
      kind: "gateway-mac",
      subjects: [gateway.name, hello.source],
      message: `${hello.source} uses the virtual MAC address ${hello.virtualMac} in ${groupText(hello)} of ${gateway.segment}, and the document says ${mac}.`,
      document: mac,
      observed: hello.virtualMac,
    });
  return differences;
}

/** IPv6 routers speak from their link-local address (RFC 9568, 7.1), which a document that lists others cannot match. */
function isHidden(lookup: Lookup, gateway: Gateway, source: string): boolean {
  const isLinkLocal = (address: string): boolean => address.toLowerCase().startsWith("fe80:");
  const known = gateway.members.flatMap(({ device, address }) => [
    ...(address === undefined ? [] : [address]),
    ...(lookup.index.device(device)?.interfaces ?? []).map((own) => own.address),
  ]);
  return isLinkLocal(source) && !known.some(isLinkLocal);
}

function ofStranger(hellos: readonly GatewayHello[]): readonly Difference[] {
  const [last] = latestBy(hellos, () => "");
  if (last === undefined) return [];
  const sources = [...new Set(hellos.map(({ source }) => source))].toSorted(addressOrder);
  const place = `${endText(last.where)}, ${last.vlan === undefined ? "untagged" : `VLAN ${last.vlan}`}`;
  const observed = `${groupText(last)}, ${last.addresses.join(", ")} by ${sources.join(", ")}`;
  return [
    {
      kind: "undocumented-gateway",
      subjects: [last.addresses[0] ?? groupText(last), ...sources],
      message: `${sources.join(", ")} ${sources.length === 1 ? "stands" : "stand"} for ${last.addresses.join(", ") || "an address not told"} in ${groupText(last)} at ${place}, and the document has no such gateway.`,
      observed,
      certainty: "yes",
      seenAtMs: last.atMs,
    },
  ];
}

const groupText = ({ protocol, group }: GatewayHello): string => `${protocol.toUpperCase()} group ${group}`;
