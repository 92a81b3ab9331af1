/**
 * containerlab's links in all their notations: a pair of `node:interface`, the extended form with a type, and what
 * topology-data.json has. An end that is no node of the topology (the machine itself, its management network, a macvlan's
 * parent, a VXLAN peer) stands outside of the lab.
 */
import { importError } from "../import-result.ts";
import { at, isAbsent, isMapping, itemsOf, maybeNumber, maybeText, textOf } from "../source.ts";
import type { Source } from "../source.ts";

export interface LabEnd {
  readonly path: string;
  readonly node: string;
  readonly port: string;
  readonly isExternal: boolean;
}

export interface LabLink {
  readonly path: string;
  /** One for a dummy interface, which leads nowhere. */
  readonly ends: readonly LabEnd[];
  readonly mtu: number | undefined;
}

/** Names that stand for something outside where a node's name is expected. */
const specialNames: ReadonlySet<string> = new Set(["host", "mgmt-net", "macvlan"]);

/** Link types with one node's end, and what the other end is. */
const outsideTypes: ReadonlySet<string> = new Set(["host", "mgmt-net", "macvlan", "vxlan", "vxlan-stitch"]);

export function readLink(link: Source): LabLink {
  const type = maybeText(at(link, "type"))?.toLowerCase() ?? "brief";
  const mtu = maybeNumber(at(link, "mtu"));
  const { path } = link;
  if (!isAbsent(at(link, "a"))) return { path, ends: exportedEnds(link), mtu };
  const endpoints = at(link, "endpoints");
  if (isMapping(endpoints)) return { path, ends: exportedEnds(endpoints), mtu };
  if (type === "brief" || type === "veth") {
    const ends = itemsOf(endpoints).map((end) => (isMapping(end) ? readEnd(end) : briefEnd(end)));
    if (ends.length !== 2) throw importError(endpoints.path, `has ${ends.length} ends; a link has two`);
    return {
      path,
      ends: ends.some(({ node }) => node === "dummy") ? ends.filter(({ node }) => node !== "dummy") : ends,
      mtu,
    };
  }
  const near = readEnd(at(link, "endpoint"));
  if (type === "dummy") return { path, ends: [near], mtu };
  if (!outsideTypes.has(type)) throw importError(`${path}.type`, `is ${type}, which containerlab does not have`);
  return { path, ends: [near, outsideEnd(link, type)], mtu };
}

function briefEnd(end: Source): LabEnd {
  const text = textOf(end);
  const split = text.indexOf(":");
  if (split < 1 || split === text.length - 1)
    throw importError(end.path, `is ${JSON.stringify(text)}; an end is written node:interface`);
  const node = text.slice(0, split);
  const port = text.slice(split + 1);
  // A macvlan is one of many on its parent: each parent is a place of its own.
  return {
    path: end.path,
    node: node === "macvlan" ? `macvlan:${port}` : node,
    port,
    isExternal: specialNames.has(node),
  };
}

function readEnd(end: Source): LabEnd {
  const node = textOf(at(end, "node"));
  return { path: end.path, node, port: textOf(at(end, "interface")), isExternal: specialNames.has(node) };
}

function exportedEnds(ends: Source): readonly LabEnd[] {
  return [readEnd(at(ends, "a")), readEnd(at(ends, "z"))];
}

function outsideEnd(link: Source, type: string): LabEnd {
  const { path } = link;
  if (type === "vxlan" || type === "vxlan-stitch") {
    const remote = textOf(at(link, "remote"));
    return { path, node: `vxlan:${remote}`, port: `vni-${textOf(at(link, "vni"))}`, isExternal: true };
  }
  const port = textOf(at(link, "host-interface"));
  return { path, node: type === "macvlan" ? `macvlan:${port}` : type, port, isExternal: true };
}
