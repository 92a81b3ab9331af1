/** The MAC addresses that stand for a group of routers, by which a capture tells gateways from machines. */

export type VirtualMac =
  | { readonly protocol: "hsrp"; readonly version: 1 | 2; readonly family: 4 | 6; readonly group: number }
  | { readonly protocol: "vrrp"; readonly family: 4 | 6; readonly group: number }
  | { readonly protocol: "glbp"; readonly group: number; readonly forwarder: number };

/** RFC 2281, section 5.1 for HSRP 1; RFC 9568, section 7.3 for VRRP; the others as Cisco documents them. */
const families: readonly { readonly pattern: RegExp; readonly read: (value: number) => VirtualMac }[] = [
  { pattern: /^00000c07ac(..)$/, read: (group) => ({ protocol: "hsrp", version: 1, family: 4, group }) },
  { pattern: /^00000c9ff(...)$/, read: (group) => ({ protocol: "hsrp", version: 2, family: 4, group }) },
  { pattern: /^000573a00(...)$/, read: (group) => ({ protocol: "hsrp", version: 2, family: 6, group }) },
  { pattern: /^00005e0001(..)$/, read: (group) => ({ protocol: "vrrp", family: 4, group }) },
  { pattern: /^00005e0002(..)$/, read: (group) => ({ protocol: "vrrp", family: 6, group }) },
  {
    pattern: /^0007b4(0[0-3]....)$/,
    read: (value) => ({ protocol: "glbp", group: value >> 8, forwarder: value & 0xff }),
  },
];

/** @returns undefined for the address of a machine. */
export function virtualMacOf(mac: string): VirtualMac | undefined {
  const digits = mac.replaceAll(":", "").toLowerCase();
  for (const { pattern, read } of families) {
    const value = pattern.exec(digits)?.[1];
    if (value !== undefined) return read(Number.parseInt(value, 16));
  }
  return undefined;
}

export function virtualMacText(virtual: VirtualMac): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  const { protocol, group } = virtual;
  const digits =
    protocol === "glbp"
      ? `0007b4${hex(group, 4)}${hex(virtual.forwarder, 2)}`
      : protocol === "vrrp"
        ? `00005e000${virtual.family === 4 ? 1 : 2}${hex(group, 2)}`
        : virtual.version === 1
          ? `00000c07ac${hex(group, 2)}`
          : `${virtual.family === 4 ? "00000c9ff" : "000573a00"}${hex(group, 3)}`;
  return digits.replaceAll(/(..)(?=.)/g, "$1:");
}
