/** What a change is about, looked up once for every command language. */
import type { Device, Fabric, Gateway, Platform, Port, Segment } from "../fabric.ts";
import { virtualMac } from "../gateway/virtual-mac.ts";
import type { FabricEnd } from "../ports.ts";
import type { ConfigChange } from "./config-change.ts";

/** One command language: every change in its words, in the order in which they are typed. */
export type Dialect = (fabric: Fabric, change: ConfigChange) => readonly string[];

export const deviceOf = (fabric: Fabric, name: string): Device | undefined =>
  fabric.devices.find((device) => device.name === name);

export const portOf = (fabric: Fabric, end: FabricEnd): Port | undefined =>
  deviceOf(fabric, end.device)?.ports.find((port) => port.name === end.port);

/** VLANs belong to the aggregation group where the port is in one; its members have none of their own. */
export const vlanPortOf = (fabric: Fabric, end: FabricEnd): string => portOf(fabric, end)?.lag ?? end.port;

/** What the device's language is, where it does not say: a database address is Open vSwitch's. */
export function platformOf(device: Device | undefined): Platform | undefined {
  return device?.platform ?? (device?.ovsdb === undefined ? undefined : "open-vswitch");
}

/** A gateway's address on one device: in which VLAN, and how its protocol numbers it. */
export interface GatewayAddress {
  readonly gateway: Gateway;
  readonly segment: string;
  readonly vlan: number;
  readonly address: string;
  /** Of the segment's subnet that holds the address; without one, the whole address. */
  readonly prefixLength: number;
  readonly isIpv6: boolean;
  readonly mac?: string;
  /** The device's own address in the segment, with its prefix length. */
  readonly ownAddress?: string;
}

export function gatewayAddressOf(
  fabric: Fabric,
  deviceName: string,
  gatewayName: string,
  address: string,
): GatewayAddress | undefined {
  const gateway = fabric.gateways.find((candidate) => candidate.name === gatewayName);
  const segment = fabric.segments.find((candidate) => candidate.name === gateway?.segment);
  if (gateway === undefined || segment === undefined) return undefined;
  const device = deviceOf(fabric, deviceName);
  const isIpv6 = address.includes(":");
  const subnet = segment.subnets.find((candidate) => candidate.includes(":") === isIpv6);
  const length = Number(subnet?.split("/")[1] ?? (isIpv6 ? 128 : 32));
  const own =
    device?.interfaces?.find((candidate) => candidate.segment === segment.name)?.address ??
    withLength(gateway.members.find((member) => member.device === deviceName)?.address, length);
  const mac = virtualMac(gateway)?.toLowerCase();
  return {
    gateway,
    segment: segment.name,
    vlan: segmentVlan(segment, device?.site),
    address,
    prefixLength: length,
    isIpv6,
    ...(mac === undefined ? {} : { mac }),
    ...(own === undefined ? {} : { ownAddress: own }),
  };
}

const withLength = (address: string | undefined, length: number): string | undefined =>
  address === undefined ? undefined : `${address}/${length}`;

const segmentVlan = (segment: Segment, site: string | undefined): number =>
  (site === undefined ? undefined : segment.vlanBySite?.[site]) ?? segment.vlan;

/** Version 1 numbers groups up to 255 (RFC 2281, 5.1). */
export function isHsrpVersion2(gateway: Gateway): boolean {
  return gateway.mac?.toLowerCase().startsWith("00:00:0c:9f:f") === true || (gateway.group ?? 0) > 255;
}
