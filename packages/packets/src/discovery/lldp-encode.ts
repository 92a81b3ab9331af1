/** LLDP frames with the VLANs of IEEE 802.1 in them, as a switch of the lab sends them (802.1AB-2016, 802.1Q annex D). */
import { MAX_LLDP_VALUE_BYTES, MAX_VLAN_NAME_BYTES } from "../limits.ts";
import { encodeEthernet } from "../link/ethernet.ts";
import { ByteWriter } from "../wire/byte-writer.ts";
import { textBytes } from "../wire/text.ts";
import type { LldpAggregation, LldpProtocolVlan, LldpVlanName } from "./lldp-dot1.ts";

export interface LldpSettings {
  /** Of the port: the frame's source, and the name of the chassis. */
  readonly mac: string;
  readonly portName: string;
  readonly timeToLiveS: number;
  readonly systemName?: string;
  readonly portDescription?: string;
  readonly systemDescription?: string;
  readonly portVlan?: number;
  readonly protocolVlans?: readonly LldpProtocolVlan[];
  readonly vlanNames?: readonly LldpVlanName[];
  readonly aggregation?: LldpAggregation;
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
  const put = (type: number, value: ByteWriter): void => {
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
  for (const value of dot1Values(settings)) put(127, value);
  if (settings.maxFrameBytes !== undefined)
    put(127, organization(dot3Organization, 4).u16(settings.maxFrameBytes, "frame size"));
  put(0, fields());
  return message.finish();
}

function dot1Values(settings: LldpSettings): readonly ByteWriter[] {
  const { portVlan, aggregation, protocolVlans = [], vlanNames = [] } = settings;
  const flags = (on: boolean, value: number): number => (on ? value : 0);
  return [
    ...(portVlan === undefined ? [] : [organization(dot1Organization, 1).u16(portVlan, "port VLAN")]),
    ...protocolVlans.map(({ vlan, isSupported, isEnabled }) =>
      organization(dot1Organization, 2)
        .u8(flags(isSupported, 2) + flags(isEnabled, 4), "protocol VLAN flags")
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
            .u8(flags(aggregation.isCapable, 1) + flags(aggregation.isAggregated, 2), "aggregation status")
            .u32(aggregation.portId, "aggregation port"),
        ]),
  ];
}

function organization(number: number, subtype: number): ByteWriter {
  return fields().u24(number, "organization").u8(subtype, "subtype");
}

function fields(): ByteWriter {
  return new ByteWriter("lldp");
}
