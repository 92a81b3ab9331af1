/** What systems tell their neighbours, in tshark's words. */
import type { Cdp, CdpCapability } from "../discovery/cdp.ts";
import type { Dtp, DtpEncapsulation, DtpMode } from "../discovery/dtp.ts";
import { capabilityBits } from "../discovery/lldp-capability.ts";
import type { LldpIdentity, LldpIdentityForm } from "../discovery/lldp-identity.ts";
import type { Lldp } from "../discovery/lldp.ts";
import type { Udld } from "../discovery/udld.ts";
import type { Vtp } from "../discovery/vtp.ts";
import { bits, colons } from "./field.fixture.ts";
import type { Field } from "./field.fixture.ts";

export function lldpFields(lldp: Lldp): readonly Field[] {
  const { dot1, dot3 } = lldp;
  return [
    ...identityFields("lldp.chassis.id", lldp.chassis),
    ...identityFields("lldp.port.id", lldp.port),
    ["lldp.time_to_live", lldp.timeToLiveS],
    ["lldp.port.desc", lldp.portDescription],
    ["lldp.tlv.system.name", lldp.systemName],
    ["lldp.tlv.system.desc", lldp.systemDescription],
    ["lldp.tlv.system_cap", capabilityBits(lldp.capabilities) || undefined],
    ["lldp.tlv.enable_system_cap", capabilityBits(lldp.enabledCapabilities) || undefined],
    ...lldp.managementAddresses.flatMap(({ address, interfaceNumbering, interfaceNumber }): readonly Field[] => [
      [address.includes(":") ? "lldp.mgn.addr.ip6" : "lldp.mgn.addr.ip4", address],
      ["lldp.mgn.interface.subtype", interfaceNumbering],
      ["lldp.mgn.interface.number", interfaceNumber],
    ]),
    ["lldp.ieee.802_1.port_vlan.id", dot1.portVlan],
    ...dot1.protocolVlans.flatMap(({ vlan, isSupported, isEnabled }): readonly Field[] => [
      ["lldp.ieee.802_1.port_proto_vlan.id", vlan],
      ...bits("lldp.ieee.802_1.port_and_vlan_id_flag", { supported: isSupported, enabled: isEnabled }),
    ]),
    ...dot1.vlanNames.flatMap(({ vlan, name }): readonly Field[] => [
      ["lldp.ieee.802_1.vlan.id", vlan],
      ["lldp.ieee.802_1.vlan.name", name],
    ]),
    ...dot1.protocolIdentities.map((identity): Field => ["lldp.ieee.802_1.proto.id", colons(identity)]),
    ...aggregationFields("802_1", dot1.aggregation),
    ...aggregationFields("802_3", dot3.aggregation),
    ...(dot3.physical === undefined
      ? []
      : [
          ...bits("lldp.ieee.802_3.mac_phy_auto_neg_status", {
            supported: dot3.physical.isAutonegotiationSupported,
            enabled: dot3.physical.isAutonegotiationEnabled,
          }),
          ["lldp.ieee.802_3.pmd_auto_neg_advertised_caps", dot3.physical.advertised] as const,
          ["lldp.ieee.802_3.pmd_mau_type", dot3.physical.mauType] as const,
        ]),
    ["lldp.ieee.802_3.max_frame_size", dot3.maxFrameBytes],
  ];
}

/** Under which name tshark shows an identity of each form, beside the name for text. */
const identitySuffixes: Readonly<Partial<Record<LldpIdentityForm, string>>> = {
  mac: ".mac",
  "network-address": ".ip4",
};
/** Forms that tshark does not give the name for text to: bytes, in one way or another. */
const bytesForms: ReadonlySet<LldpIdentityForm> = new Set(["other", "circuit"]);

function identityFields(name: string, identity: LldpIdentity | undefined): readonly Field[] {
  if (identity === undefined || bytesForms.has(identity.form)) return [];
  return [[`${name}${identitySuffixes[identity.form] ?? ""}`, identity.text]];
}

function aggregationFields(standard: string, aggregation: Lldp["dot1"]["aggregation"]): readonly Field[] {
  if (aggregation === undefined) return [];
  const prefix = `lldp.ieee.${standard}`;
  return [
    ...bits(`${prefix}.aggregation_status`, { cap: aggregation.isCapable, enabled: aggregation.isAggregated }),
    [`${prefix}.aggregated_port_id`, aggregation.portId],
  ];
}

const cdpCapabilities: Readonly<Record<CdpCapability, string>> = {
  router: "router",
  "transparent-bridge": "trans_bridge",
  "source-route-bridge": "src_bridge",
  switch: "switch",
  host: "host",
  "igmp-snooping": "igmp_capable",
  repeater: "repeater",
  phone: "voip_phone",
  "remotely-managed": "remote",
  "cast-or-vta": "cvta",
  "two-port-relay": "mac_relay",
};

export function cdpFields(cdp: Cdp): readonly Field[] {
  const { capabilities } = cdp;
  const named = Object.entries(cdpCapabilities) as readonly (readonly [CdpCapability, string])[];
  return [
    ["cdp.version", cdp.version],
    ["cdp.ttl", cdp.timeToLiveS],
    ["cdp.checksum.status", cdp.isChecksumValid],
    ["cdp.deviceid", cdp.deviceId],
    ["cdp.portid", cdp.portId],
    ["cdp.platform", cdp.platform],
    ["cdp.system_name", cdp.systemName],
    ...(cdp.softwareVersion?.split("\n") ?? []).map((line): Field => ["cdp.software_version", line]),
    ...(capabilities === undefined
      ? []
      : named.map(([name, short]): Field => [`cdp.capabilities.${short}`, capabilities.includes(name)])),
    ["cdp.vtp_management_domain", cdp.vtpDomain],
    ["cdp.native_vlan", cdp.nativeVlan],
    ["cdp.voice_vlan", cdp.voiceVlan],
    ["cdp.duplex", cdp.duplex === undefined ? undefined : cdp.duplex === "full"],
    ["cdp.mtu", cdp.mtu],
    ...[...cdp.addresses, ...cdp.managementAddresses].map((address): Field => [
      address.includes(":") ? "cdp.nrgyz.ipv6_address" : "cdp.nrgyz.ip_address",
      address,
    ]),
  ];
}

export function vtpFields(vtp: Vtp): readonly Field[] {
  const header: readonly Field[] = [
    ["vtp.version", vtp.version],
    ["vtp.md", vtp.domain],
  ];
  switch (vtp.message) {
    case "summary":
      return [
        ...header,
        ["vtp.code", 1],
        ["vtp.followers", vtp.followers],
        ["vtp.conf_rev_num", vtp.revision],
        ["vtp.upd_id", vtp.updater],
        ["vtp.upd_ts", vtp.timestamp],
        ["vtp.md5_digest", colons(vtp.digest)],
      ];
    case "subset":
      return [
        ...header,
        ["vtp.code", 2],
        ["vtp.seq_num", vtp.sequence],
        ["vtp.conf_rev_num", vtp.revision],
        ...vtp.vlans.flatMap(({ vlan, name, isSuspended, type, mtu }): readonly Field[] => [
          ["vtp.vlan_info.isl_vlan_id", vlan],
          ["vtp.vlan_info.vlan_name", name],
          ["vtp.vlan_info.status.vlan_susp", isSuspended],
          ["vtp.vlan_info.vlan_type", type],
          ["vtp.vlan_info.mtu_size", mtu],
        ]),
      ];
    case "request":
      return [...header, ["vtp.code", 3], ["vtp.start_value", vtp.startValue]];
    case "join":
      return [...header, ["vtp.code", 4]];
  }
}

const dtpModes: Readonly<Record<Exclude<DtpMode, "unknown">, number>> = { on: 1, off: 2, desirable: 3, auto: 4 };
const dtpEncapsulations: Readonly<Record<Exclude<DtpEncapsulation, "unknown">, number>> = {
  negotiated: 0,
  native: 1,
  isl: 2,
  dot1q: 5,
};

export function dtpFields(dtp: Dtp): readonly Field[] {
  const encapsulation = (name: string, value: DtpEncapsulation | undefined): Field => [
    name,
    value === undefined || value === "unknown" ? undefined : dtpEncapsulations[value],
  ];
  const { administrativeMode: mode } = dtp;
  return [
    ["dtp.version", dtp.version],
    ["dtp.domain", dtp.domain],
    ["dtp.tos", dtp.isTrunk],
    ["dtp.tas", mode === undefined || mode === "unknown" ? undefined : dtpModes[mode]],
    encapsulation("dtp.tot", dtp.encapsulation),
    encapsulation("dtp.tat", dtp.administrativeEncapsulation),
    ["dtp.senderid", dtp.neighbor],
  ];
}

const udldOpcodes: Readonly<Record<Exclude<Udld["message"], "other">, number>> = { probe: 1, echo: 2, flush: 3 };

export function udldFields(udld: Udld): readonly Field[] {
  return [
    ["udld.version", udld.version],
    ["udld.opcode", udld.message === "other" ? undefined : udldOpcodes[udld.message]],
    ["udld.flags.rt", udld.isRecommendedTimeout],
    ["udld.flags.rsy", udld.isResynchronizing],
    ["udld.device_id", udld.deviceId],
    ["udld.sent_through_interface", udld.portId],
  ];
}
