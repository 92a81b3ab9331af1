/** Which gateway a NIC uses, and how it is called in a sentence. */
import type { FabricIndex } from "../fabric-index.ts";
import type { Gateway, Nic } from "../fabric.ts";
import { virtualMac } from "../gateway/virtual-mac.ts";

/** @returns undefined where it has none, or where nothing says which of several. */
export function gatewayOfNic(index: FabricIndex, nic: Pick<Nic, "segment" | "gateway">): Gateway | undefined {
  if (nic.gateway !== undefined) return index.gateway(nic.gateway);
  const [only, second] = index.gatewaysIn(nic.segment);
  return second === undefined ? only : undefined;
}

const kindNames: Readonly<Record<Gateway["kind"], string>> = {
  hsrp: "HSRP active",
  vrrp: "VRRP active",
  glbp: "GLBP forwarder",
  anycast: "anycast gateway",
  mlag: "gateway",
  central: "central gateway",
  proxy: "gateway",
  static: "gateway",
};

/** `HSRP active agg1`. */
export const gatewayText = (gateway: Gateway | undefined, device: string): string =>
  gateway === undefined ? device : `${kindNames[gateway.kind]} ${device}`;

/** `HSRP group 10`. */
export function groupText({ kind, group, name }: Gateway): string {
  const isProtocol = kind === "hsrp" || kind === "vrrp" || kind === "glbp";
  return isProtocol && group !== undefined ? `${kind.toUpperCase()} group ${group}` : name;
}

export const macText = (gateway: Gateway): string => virtualMac(gateway) ?? `the virtual MAC of ${gateway.name}`;

/** `agg1 in dc1`. */
export const siteText = (index: FabricIndex, device: string): string => {
  const site = index.siteOf(device);
  return site === undefined ? device : `${device} in ${site}`;
};
