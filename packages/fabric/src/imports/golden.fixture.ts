/**
 * Every import has a golden: an input in its format and the fabric and notes that come of it. `references` holds whatever
 * comes of an import against the promises of fabric.ts: unique names, and references that lead somewhere.
 */
import type { Fabric } from "../fabric.ts";
import type { FabricEnd } from "../ports.ts";

/** One sentence for each promise that is not kept. */
export function brokenReferences(fabric: Fabric): readonly string[] {
  const devices = new Map(fabric.devices.map((device) => [device.name, new Set(device.ports.map(({ name }) => name))]));
  const segments = new Set(fabric.segments.map(({ name }) => name));
  const gateways = new Set(fabric.gateways.map(({ name }) => name));
  const sites = new Set(fabric.sites.map(({ name }) => name));
  const broken: string[] = [];
  const need = (isThere: boolean, what: string): void => {
    if (!isThere) broken.push(what);
  };
  const needPort = ({ device, port }: FabricEnd, what: string): void => {
    need(devices.get(device)?.has(port) === true, `${what} has no port ${device}/${port}`);
  };
  for (const list of [
    fabric.sites,
    fabric.segments,
    fabric.devices,
    fabric.gateways,
    fabric.endpoints,
    fabric.clusters,
  ])
    for (const [index, { name }] of list.entries())
      need(list.findIndex((other) => other.name === name) === index, `${name} is there twice`);
  for (const device of fabric.devices) {
    need(devices.get(device.name)?.size === device.ports.length, `${device.name} has two ports of one name`);
    need(device.site === undefined || sites.has(device.site), `${device.name} stands in no site ${device.site ?? ""}`);
    for (const { segment } of device.interfaces ?? [])
      need(segments.has(segment), `${device.name}: no segment ${segment}`);
  }
  for (const link of fabric.links) {
    needPort(link.a, "a link");
    needPort(link.b, "a link");
  }
  for (const { name, segment, members } of fabric.gateways) {
    need(segments.has(segment), `${name}: no segment ${segment}`);
    for (const { device } of members) need(devices.has(device), `${name}: no device ${device}`);
  }
  for (const { name, device, nics } of fabric.endpoints) {
    need(devices.has(device), `${name}: no device ${device}`);
    for (const nic of nics) {
      need(segments.has(nic.segment), `${name}: no segment ${nic.segment}`);
      need(nic.gateway === undefined || gateways.has(nic.gateway), `${name}: no gateway ${nic.gateway ?? ""}`);
    }
  }
  for (const { name, hosts } of fabric.clusters)
    for (const host of hosts) need(devices.has(host), `${name}: no host ${host}`);
  return broken;
}

/** The same data with every list and mapping the other way round, of equal meaning to any import. */
export function reversed(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(reversed).toReversed();
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data)
      .map(([key, value]) => [key, reversed(value)] as const)
      .toReversed(),
  );
}
