/** Segments: one VLAN number is one segment in each site, one VNI is one segment, and subnets of a VRF do not overlap. */
import { formatPrefix } from "../../address/format.ts";
import { compareAddresses, prefixContains } from "../../address/ip.ts";
import type { IpPrefix } from "../../address/ip.ts";
import type { DocumentPath } from "../problem.ts";
import type { SegmentPart } from "../schema.ts";
import { claims, refer, unique } from "./scope.ts";
import type { Scope } from "./scope.ts";

export function checkSegments(scope: Scope): void {
  const segments = scope.document.segments ?? [];
  unique(
    scope,
    "site",
    claims(["sites"], scope.document.sites, "name", ({ name }) => name),
  );
  unique(
    scope,
    "segment",
    claims(["segments"], segments, "name", ({ name }) => name),
  );
  const withVni = segments.flatMap(({ vni }, index) =>
    vni === undefined ? [] : [{ path: ["segments", index, "vni"], value: String(vni) }],
  );
  unique(scope, "VNI", withVni);
  for (const [index, segment] of segments.entries()) {
    for (const [at, site] of (segment.sites ?? []).entries())
      refer(scope, ["segments", index, "sites", at], site, scope.sites, "site");
    for (const site of Object.keys(segment.vlanBySite ?? {})) checkSiteNumber(scope, index, segment, site);
  }
  checkNumbers(scope, segments);
  checkOverlaps(scope, segments);
}

function checkSiteNumber(scope: Scope, index: number, segment: SegmentPart, site: string): void {
  const path = ["segments", index, "vlanBySite", site];
  refer(scope, path, site, scope.sites, "site");
  if (segment.sites !== undefined && scope.sites.has(site) && !segment.sites.includes(site))
    scope.complain(
      path,
      `the segment ${segment.name} has a number in ${site} and does not exist there`,
      `Add ${site} to its sites, or take the number out.`,
    );
}

/** Where no sites are described, the whole document is one. */
function checkNumbers(scope: Scope, segments: readonly SegmentPart[]): void {
  const sites = scope.sites.size === 0 ? [""] : [...scope.sites.keys()];
  const taken = new Map(sites.map((site) => [site, new Map<number, string>()]));
  for (const [index, segment] of segments.entries()) {
    const own = segment.sites ?? sites;
    let isTold = false;
    for (const site of own) {
      const numbers = taken.get(site);
      const vlan = segment.vlanBySite?.[site] ?? segment.vlan;
      const other = numbers?.get(vlan);
      if (other === undefined) numbers?.set(vlan, segment.name);
      else if (!isTold && other !== segment.name) {
        isTold = true;
        const path = segment.vlanBySite?.[site] === undefined ? ["vlan"] : ["vlanBySite", site];
        scope.complain(
          ["segments", index, ...path],
          `VLAN ${vlan}${site === "" ? "" : ` in the site ${site}`} is the segment ${other} and the segment ${segment.name}`,
          site === ""
            ? "Give one of them another number, or describe sites and say where each exists."
            : "Give one of them another number, or say with sites where each exists.",
        );
      }
    }
  }
}

interface Claimed {
  readonly path: DocumentPath;
  readonly segment: string;
  readonly prefix: IpPrefix;
}

function checkOverlaps(scope: Scope, segments: readonly SegmentPart[]): void {
  const byVrf = new Map<string, Claimed[]>();
  for (const [index, { name, vrf = "" }] of segments.entries()) {
    const claimed = byVrf.get(vrf) ?? [];
    byVrf.set(vrf, claimed);
    for (const [at, prefix] of (scope.subnets.get(name) ?? []).entries())
      claimed.push({
        path: ["segments", index, "subnets", at],
        segment: name,
        prefix,
      });
  }
  for (const claimed of byVrf.values()) {
    let outer: Claimed | undefined;
    for (const inner of claimed.toSorted((one, other) => comparePrefixes(one.prefix, other.prefix))) {
      if (outer === undefined || !prefixContains(outer.prefix, inner.prefix.network)) outer = inner;
      else tellOverlap(scope, outer, inner);
    }
  }
}

/** What lies inside a subnet comes right behind it. */
function comparePrefixes(one: IpPrefix, other: IpPrefix): number {
  return compareAddresses(one.network, other.network) || one.length - other.length;
}

function tellOverlap(scope: Scope, outer: Claimed, inner: Claimed): void {
  const [told, other] = comparePaths(outer.path, inner.path) < 0 ? [inner, outer] : [outer, inner];
  scope.complain(
    told.path,
    `${formatPrefix(told.prefix)} overlaps ${formatPrefix(other.prefix)} of the segment ${other.segment}`,
    "Subnets of one VRF are apart: correct one, or give the segments different values of vrf.",
  );
}

/** Both paths lead to a subnet: only the numbers differ. */
function comparePaths(one: DocumentPath, other: DocumentPath): number {
  return Number(one[1]) - Number(other[1]) || Number(one[3]) - Number(other[3]);
}
