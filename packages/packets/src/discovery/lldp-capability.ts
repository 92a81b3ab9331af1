/** What a system can do and does, as bits of LLDP (IEEE 802.1AB-2016, section 8.5.8). */

const names = [
  "other",
  "repeater",
  "bridge",
  "wlan-access-point",
  "router",
  "telephone",
  "docsis-cable-device",
  "station",
  "customer-vlan",
  "service-vlan",
  "two-port-relay",
] as const;

export type LldpCapability = (typeof names)[number];

export function capabilitiesOf(bits: number): readonly LldpCapability[] {
  return names.filter((_, bit) => (bits & (1 << bit)) !== 0);
}

export function capabilityBits(capabilities: readonly LldpCapability[]): number {
  return names.reduce((bits, name, bit) => (capabilities.includes(name) ? bits | (1 << bit) : bits), 0);
}
