/** The names of a document by kind, and what checks have in common: a reference, a repeated name, an address in a segment. */
import { formatPrefix } from "../../address/format.ts";
import { parseAddress, parsePrefix, prefixContains } from "../../address/ip.ts";
import type { IpAddress, IpPrefix } from "../../address/ip.ts";
import type { DevicePart } from "../device-schema.ts";
import { didYouMean } from "../nearest.ts";
import { showPath } from "../problem.ts";
import type { Complain, DocumentPath } from "../problem.ts";
import type { VlanResolver } from "../resolve-vlans.ts";
import type { EndpointPart, FabricDocument, GatewayPart, SegmentPart, ServicePart } from "../schema.ts";
import type { VlanItem } from "../vlan-list.ts";

export interface Scope {
  readonly document: FabricDocument;
  readonly complain: Complain;
  readonly resolver: VlanResolver;
  readonly sites: ReadonlyMap<string, unknown>;
  readonly segments: ReadonlyMap<string, SegmentPart>;
  readonly devices: ReadonlyMap<string, DevicePart>;
  readonly gateways: ReadonlyMap<string, GatewayPart>;
  readonly services: ReadonlyMap<string, ServicePart>;
  readonly endpoints: ReadonlyMap<string, EndpointPart>;
  readonly subnets: ReadonlyMap<string, readonly IpPrefix[]>;
}

export function openScope(document: FabricDocument, resolver: VlanResolver, complain: Complain): Scope {
  const segments = document.segments ?? [];
  return {
    document,
    complain,
    resolver,
    sites: byName(document.sites ?? []),
    segments: byName(segments),
    devices: byName(document.devices ?? []),
    gateways: byName(document.gateways ?? []),
    services: byName(document.services ?? []),
    endpoints: byName(document.endpoints ?? []),
    subnets: new Map(segments.map(({ name, subnets }) => [name, (subnets ?? []).flatMap((text) => prefixOf(text))])),
  };
}

function byName<Part extends { readonly name: string }>(parts: readonly Part[]): ReadonlyMap<string, Part> {
  return new Map(parts.map((part) => [part.name, part]));
}

function prefixOf(text: string): readonly IpPrefix[] {
  const prefix = parsePrefix(text);
  return prefix === undefined ? [] : [prefix];
}

/** What the name refers to. A name that refers to nothing is a problem; one that was left out is none. */
export function refer<Part>(
  scope: Scope,
  path: DocumentPath,
  name: string | undefined,
  known: ReadonlyMap<string, Part>,
  what: string,
): Part | undefined {
  if (name === undefined) return undefined;
  const found = known.get(name);
  if (found === undefined && !known.has(name))
    scope.complain(path, `there is no ${what} "${name}"`, () => didYouMean(name, [...known.keys()], `${what}s`));
  return found;
}

export interface Claim {
  readonly path: DocumentPath;
  readonly value: string;
}

/** Every claim of a value that was claimed before. */
export function unique(scope: Scope, what: string, claims: readonly Claim[]): void {
  const first = new Map<string, DocumentPath>();
  for (const { path, value } of claims) {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, path);
    else scope.complain(path, `the ${what} "${value}" is given twice`, `It stands at ${showPath(earlier)} already.`);
  }
}

/** Claims of one key of all items of a list. */
export function claims<Part>(
  path: DocumentPath,
  parts: readonly Part[] | null | undefined,
  key: string,
  valueOf: (part: Part) => string,
): readonly Claim[] {
  return (parts ?? []).map((part, index) => ({ path: [...path, index, key], value: valueOf(part) }));
}

/** The address lies in one of the segment's subnets. Nothing is said of segments without any, and of link-local addresses. */
export function belongs(scope: Scope, path: DocumentPath, address: string | undefined, segment: string): void {
  const subnets = scope.subnets.get(segment) ?? [];
  const parsed = address === undefined ? undefined : parseAddress(address.split("/")[0] ?? "");
  if (parsed === undefined || subnets.length === 0 || isLinkLocal(parsed)) return;
  if (subnets.some((subnet) => prefixContains(subnet, parsed))) return;
  scope.complain(
    path,
    `${address} is in no subnet of the segment ${segment}`,
    () => `Its subnets: ${subnets.map(formatPrefix).join(", ")}.`,
  );
}

/** fe80::/10 is in every segment (RFC 4291, 2.5.6). */
function isLinkLocal({ version, words }: IpAddress): boolean {
  return version === 6 && ((words[0] ?? 0) & 0xffc0) === 0xfe80;
}

/** The numbers of a list of VLANs on a device; what stands for none is told. */
export function resolved(
  scope: Scope,
  path: DocumentPath,
  items: readonly VlanItem[],
  device: DevicePart,
): readonly number[] {
  const { vlans, problems } = scope.resolver.all(items, device.site);
  for (const { index, message, hint } of problems) scope.complain([...path, index], message, hint);
  return vlans;
}

/** As resolved(), for a key that holds one VLAN. */
export function resolvedOne(scope: Scope, path: DocumentPath, item: VlanItem | undefined, device: DevicePart): void {
  if (item === undefined) return;
  for (const { message, hint } of scope.resolver.one(item, device.site).problems) scope.complain(path, message, hint);
}
