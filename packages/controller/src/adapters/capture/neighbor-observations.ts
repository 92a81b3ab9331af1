/** A neighbour out of an LLDP or CDP frame. */
import type { NeighborSeen } from "@trunkline/fabric";
import type { Cdp, CdpCapability, Lldp, LldpCapability, LldpIdentity } from "@trunkline/packets";

type Seen = Pick<NeighborSeen, "atMs" | "where">;
type Role = NeighborSeen["roles"][number];

/** Names that people give; the others are addresses and numbers. */
const namingForms: ReadonlySet<LldpIdentity["form"]> = new Set([
  "component",
  "interface-alias",
  "interface-name",
  "local",
]);

const lldpRoles: Readonly<Partial<Record<LldpCapability, Role>>> = {
  bridge: "bridge",
  "customer-vlan": "bridge",
  "service-vlan": "bridge",
  router: "router",
  station: "station",
};

const cdpRoles: Readonly<Partial<Record<CdpCapability, Role>>> = {
  router: "router",
  switch: "bridge",
  "transparent-bridge": "bridge",
  "source-route-bridge": "bridge",
  host: "station",
};

/**
 * An alias is what an operator wrote at the port ("uplink to core"); such senders give the interface's name as description.
 * A sender whose time to live is 0 takes its leave (IEEE 802.1AB-2016, 9.1.2.2): it is nobody's neighbour any more.
 */
export function lldpNeighbor(lldp: Lldp, seen: Seen): readonly NeighborSeen[] {
  if (lldp.timeToLiveS === 0) return [];
  const { chassis, port } = lldp;
  const mac = chassis?.form === "mac" ? chassis.text : undefined;
  const addresses = [
    ...(chassis?.form === "network-address" ? [chassis.text] : []),
    ...lldp.managementAddresses.map(({ address }) => address),
  ];
  const { portVlan, vlanNames } = lldp.dot1;
  const { maxFrameBytes } = lldp.dot3;
  const capabilities = lldp.enabledCapabilities.length === 0 ? lldp.capabilities : lldp.enabledCapabilities;
  return [
    {
      kind: "neighbor",
      protocol: "lldp",
      ...seen,
      names: distinct([lldp.systemName, nameIn(chassis)]),
      ports: distinct([port?.form === "interface-alias" ? undefined : nameIn(port), lldp.portDescription, port?.text]),
      ...(mac === undefined ? {} : { mac }),
      addresses: distinct(addresses),
      roles: distinct(capabilities.map((capability) => lldpRoles[capability])),
      ...(portVlan === undefined ? {} : { untaggedVlan: portVlan }),
      vlanNames,
      ...(maxFrameBytes === undefined ? {} : { maxFrameBytes }),
    },
  ];
}

/** A damaged message is none: its fields may be anything. */
export function cdpNeighbor(cdp: Cdp, seen: Seen): readonly NeighborSeen[] {
  if (!cdp.isChecksumValid || cdp.timeToLiveS === 0) return [];
  const { nativeVlan, mtu, vtpDomain } = cdp;
  return [
    {
      kind: "neighbor",
      protocol: "cdp",
      ...seen,
      names: distinct([cdp.systemName, cdp.deviceId]),
      ports: distinct([cdp.portId]),
      addresses: distinct([...cdp.addresses, ...cdp.managementAddresses].filter(isAddress)),
      roles: distinct((cdp.capabilities ?? []).map((capability) => cdpRoles[capability])),
      ...(nativeVlan === undefined ? {} : { untaggedVlan: nativeVlan }),
      vlanNames: [],
      ...(mtu === undefined ? {} : { mtu }),
      ...(vtpDomain === undefined ? {} : { vtpDomain }),
    },
  ];
}

/** A switch without an address says 0.0.0.0; other protocols' addresses are written as digits alone. */
function isAddress(address: string): boolean {
  return /[.:]/.test(address) && address !== "0.0.0.0" && address !== "::";
}

function nameIn(identity: LldpIdentity | undefined): string | undefined {
  return identity !== undefined && namingForms.has(identity.form) ? identity.text : undefined;
}

function distinct<T extends string>(values: readonly (T | undefined)[]): readonly T[] {
  return [...new Set(values.filter((value): value is T => value !== undefined && value !== ""))];
}
