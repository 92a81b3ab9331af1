/**
 * The virtual MAC address that a gateway's protocol and group number give: what hosts send to, what filters name, and
 * what the MAC tables of the switches learn.
 *
 * HSRP: RFC 2281, 5.1 (version 1, groups 0 to 255); version 2 and IPv6 by the captures and dissectors that the field
 * goes by, taken for groups above 255, which version 1 does not have. VRRP: RFC 9568, 7.3. GLBP has no specification;
 * its layout is that of the dissectors.
 */
import type { Gateway } from "../fabric.ts";

/** @param forwarder GLBP: the number of the forwarder within the group, from 1. */
export function virtualMac(gateway: Gateway, forwarder = 1): string | undefined {
  if (gateway.mac !== undefined && gateway.kind !== "glbp") return gateway.mac;
  const { kind, group } = gateway;
  if (group === undefined) return undefined;
  const isIpv6 = gateway.address.includes(":");
  switch (kind) {
    case "hsrp":
      if (isIpv6) return group <= 0xfff ? withNumber(0x000573a00000, group) : undefined;
      if (group <= 0xff) return withNumber(0x00000c07ac00, group);
      return group <= 0xfff ? withNumber(0x00000c9ff000, group) : undefined;
    case "vrrp":
      return group >= 1 && group <= 0xff ? withNumber(isIpv6 ? 0x00005e000200 : 0x00005e000100, group) : undefined;
    case "glbp":
      return group <= 0x3ff ? withNumber(0x0007b4000000, group * 0x100 + forwarder) : undefined;
    case "anycast":
    case "mlag":
    case "central":
    case "proxy":
    case "static":
      return undefined;
  }
}

function withNumber(base: number, number: number): string {
  const digits = (base + number).toString(16).padStart(12, "0");
  return digits.replace(/(..)(?!$)/g, "$1:");
}
