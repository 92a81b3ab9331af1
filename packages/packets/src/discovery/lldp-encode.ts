/**
 * LLDP frames as a switch sends them: what it is called, and the VLANs, the aggregation and the frame size of a port
 * (802.1AB-2016; 802.1Q annex D; 802.3 clause 79).
 */
import { PacketError } from "../errors.ts";
import { MAX_LLDP_VALUE_BYTES, MAX_TLVS, MAX_VLAN_NAME_BYTES } from "../limits.ts";
import { encodeEthernet } from "../link/ethernet.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { textBytes } from "../wire/text.ts";
import type { LldpAggregation } from "./lldp-aggregation.ts";
import { capabilityBits } from "./lldp-capability.ts";
import type { LldpCapability } from "./lldp-capability.ts";
import type { LldpProtocolVlan, LldpVlanName } from "./lldp-dot1.ts";
import type { LldpPhysical } from "./lldp-dot3.ts";

export interface LldpSettings {
  /** Of the port: the frame's source, and the name of the chassis. */
  readonly mac: string;
  readonly portName: string;
  /** 0 says that the sender goes away. */
  readonly timeToLiveS: number;
  readonly systemName?: string;
  readonly portDescription?: string;
  readonly systemDescription?: string;
  readonly capabilities?: readonly LldpCapability[];
  readonly enabledCapabilities?: readonly LldpCapability[];
  /** IPv4 or IPv6, with the ifIndex of the interface that has it. */
  readonly managementAddresses?: readonly { readonly address: string; readonly interfaceNumber: number }[];
  readonly portVlan?: number;
  readonly protocolVlans?: readonly LldpProtocolVlan[];
  readonly vlanNames?: readonly LldpVlanName[];
  readonly aggregation?: LldpAggregation;
  readonly physical?: LldpPhysical;
  readonly maxFrameBytes?: number;
}

/** The nearest-bridge group address, which no bridge passes on (section 7.1). */
const nearestBridge = "01:80:c2:00:00:0e";
const lldpEtherType = 0x88cc;
const dot1Organization = 0x00_80_c2;
const dot3Organization = 0x00_12_0f;

export function encodeLldpFrame(settings: LldpSettings): Uint8Array {
  const content = { kind: "ether-type", etherType: lldpEtherType } as const;
  return encodeEthernet({ target: nearestBridge, source: settings.mac, content }, encodeLldp(settings));
}

function encodeLldp(settings: LldpSettings): Uint8Array {
  const message = new ByteWriter("lldp");
  let count = 0;
  const put = (type: number, value: ByteWriter): void => {
    count++;
    if (count > MAX_TLVS) {
      const place = { protocol: "lldp", field: "TLVs", offset: message.length };
      throw new PacketError("packets.refused", place, `more than ${MAX_TLVS} would not be read by anybody.`);
    }
    const bytes = value.finish();
    const header = bytes.length > MAX_LLDP_VALUE_BYTES ? -1 : type * 512 + bytes.length;
    message.u16(header, `length of TLV ${type}`).raw(bytes);
  };
  const text = (value: string): ByteWriter => fields().raw(textBytes(value));
  put(1, fields().u8(4, "chassis subtype").mac(settings.mac, "chassis"));
  put(2, fields().u8(5, "port subtype").raw(textBytes(settings.portName)));
  put(3, fields().u16(settings.timeToLiveS, "time to live"));
  if (settings.portDescription !== undefined) put(4, text(settings.portDescription));
  if (settings.systemName !== undefined) put(5, text(settings.systemName));
  if (settings.systemDescription !== undefined) put(6, text(settings.systemDescription));
  if (settings.capabilities !== undefined || settings.enabledCapabilities !== undefined) {
    const { capabilities = [], enabledCapabilities = [] } = settings;
    const bits = fields().u16(capabilityBits(capabilities), "capabilities");
    put(7, bits.u16(capabilityBits(enabledCapabilities), "enabled capabilities"));
  }
  for (const managed of settings.managementAddresses ?? []) put(8, managementValue(managed));
  for (const value of [...dot1Values(settings), ...dot3Values(settings)]) put(127, value);
  put(0, fields());
  return message.finish();
}

/** IANA address families 1 and 2; interface numbering 2, ifIndex; no object identifier (802.1AB-2016, section 8.5.9). */
function managementValue(managed: { readonly address: string; readonly interfaceNumber: number }): ByteWriter {
  const { address, interfaceNumber } = managed;
  const field = "management address";
  const value = address.includes(":")
    ? fields().u8(17, field).u8(2, field).ipv6(address, field)
    : fields().u8(5, field).u8(1, field).ipv4(address, field);
  return value.u8(2, "interface numbering").u32(interfaceNumber, "interface number").u8(0, "object identifier length");
}

function dot1Values(settings: LldpSettings): readonly ByteWriter[] {
  const { portVlan, aggregation, protocolVlans = [], vlanNames = [] } = settings;
  return [
    ...(portVlan === undefined ? [] : [organization(dot1Organization, 1).u16(portVlan, "port VLAN")]),
    ...protocolVlans.map(({ vlan, isSupported, isEnabled }) =>
      organization(dot1Organization, 2)
        .u8(flag(isSupported, 2) + flag(isEnabled, 4), "protocol VLAN flags")
        .u16(vlan, "protocol VLAN"),
    ),
    ...vlanNames.map(({ vlan, name }) => {
      const bytes = textBytes(name);
      const length = bytes.length > MAX_VLAN_NAME_BYTES ? -1 : bytes.length;
      return organization(dot1Organization, 3).u16(vlan, "VLAN").u8(length, "VLAN name length").raw(bytes);
    }),
    ...(aggregation === undefined
      ? []
      : [
          organization(dot1Organization, 7)
            .u8(flag(aggregation.isCapable, 1) + flag(aggregation.isAggregated, 2), "aggregation status")
            .u32(aggregation.portId, "aggregation port"),
        ]),
  ];
}

function dot3Values(settings: LldpSettings): readonly ByteWriter[] {
  const { physical, maxFrameBytes } = settings;
  return [
    ...(physical === undefined
      ? []
      : [
          organization(dot3Organization, 1)
            .u8(
              flag(physical.isAutonegotiationSupported, 1) + flag(physical.isAutonegotiationEnabled, 2),
              "autonegotiation",
            )
            .u16(physical.advertised, "advertised")
            .u16(physical.mauType, "MAU type"),
        ]),
    ...(maxFrameBytes === undefined ? [] : [organization(dot3Organization, 4).u16(maxFrameBytes, "frame size")]),
  ];
}

function flag(isSet: boolean, bit: number): number {
  return isSet ? bit : 0;
}

function organization(number: number, subtype: number): ByteWriter {
  return fields().u24(number, "organization").u8(subtype, "subtype");
}

function fields(): ByteWriter {
  return new ByteWriter("lldp");
}
