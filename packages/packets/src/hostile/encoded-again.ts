/**
 * What was read, sent: every layer that has an encoder is encoded from its own values and read once more. It has to say the
 * same, or the encoder has to refuse it by a PacketError, as a name that is longer than the standard allows.
 */
import { encodeLldpFrame } from "../discovery/lldp-encode.ts";
import type { LldpSettings } from "../discovery/lldp-encode.ts";
import type { Lldp } from "../discovery/lldp.ts";
import { PacketError } from "../errors.ts";
import { decodeFrame, layerOf } from "../frame/decode-frame.ts";
import type { Frame } from "../frame/decode-frame.ts";
import type { Layer, LayerKind } from "../frame/layer.ts";
import { decodeIpv4, encodeIpv4 } from "../internet/ipv4.ts";
import { decodeIpv6, encodeIpv6 } from "../internet/ipv6.ts";
import { encodeGratuitousArp, encodeRarpAnnouncement } from "../link/arp.ts";
import type { Arp } from "../link/arp.ts";
import { decodeEthernet, encodeEthernet } from "../link/ethernet.ts";
import { decodeHsrpV1, encodeHsrpV1 } from "../redundancy/hsrp.ts";
import type { Hsrp } from "../redundancy/hsrp.ts";
import { decodeHsrpV2, encodeHsrpV2 } from "../redundancy/hsrp-v2.ts";
import { decodeVrrp, encodeVrrpV2, encodeVrrpV3 } from "../redundancy/vrrp.ts";
import type { Vrrp } from "../redundancy/vrrp.ts";
import type { IpCarrier } from "../wire/checksum.ts";

export interface EncodedAgain {
  readonly kind: LayerKind;
  readonly outcome: "same" | "refused";
}

/** What is encoded again: everything, or only what is no header. */
export type EncodeScope = "all" | "messages";

/** `sent` is what the encoder was given, by the names that the decoder has for it. */
interface Comparison {
  readonly sent: object;
  readonly received: object | undefined;
}

/** @throws Error when a layer reads differently after it was encoded. */
export function encodedAgain(bytes: Uint8Array, { layers }: Frame, scope: EncodeScope): readonly EncodedAgain[] {
  const results: EncodedAgain[] = [];
  let carrier: IpCarrier | undefined;
  for (const [place, layer] of layers.entries()) {
    if (layer.kind === "ipv4") carrier = { family: 4, source: layer.source, target: layer.target };
    if (layer.kind === "ipv6") carrier = { family: 6, source: layer.source, target: layer.target };
    const outcome = attempt(() => {
      if (scope === "all" && place === 0 && layer.kind === "ethernet") return ofEthernet(bytes);
      return messageComparison(layer, carrier) ?? (scope === "all" ? headerComparison(layer) : undefined);
    });
    if (outcome !== undefined) results.push({ kind: layer.kind, outcome });
  }
  return results;
}

function attempt(act: () => Comparison | undefined): EncodedAgain["outcome"] | undefined {
  try {
    const comparison = act();
    if (comparison === undefined) return undefined;
    judge(comparison);
    return "same";
  } catch (error) {
    if (error instanceof PacketError && error.code === "packets.refused") return "refused";
    throw error;
  }
}

function judge({ sent, received }: Comparison): void {
  for (const [name, value] of Object.entries(sent)) {
    const [before, after] = [value, received === undefined ? undefined : Reflect.get(received, name)].map(
      (one: unknown) => JSON.stringify(one) ?? "nothing",
    );
    if (before !== after)
      throw new Error(`${name} was ${before} and came back as ${after}: ${JSON.stringify(received)}`);
  }
}

const nothing = new Uint8Array(0);

function messageComparison(layer: Layer, carrier: IpCarrier | undefined): Comparison | undefined {
  switch (layer.kind) {
    case "arp":
      return ofArp(layer);
    case "lldp":
      return ofLldp(layer);
    case "hsrp":
      return ofHsrp(layer);
    case "vrrp":
      return carrier === undefined ? undefined : ofVrrp(layer, carrier);
    default:
      return undefined;
  }
}

function headerComparison(layer: Layer): Comparison | undefined {
  if (layer.kind === "ipv4") {
    const { source, target, protocol, ttl, typeOfService } = layer;
    const sent = { source, target, protocol, ttl, typeOfService };
    return { sent: { ...sent, isChecksumValid: true }, received: headerOf(decodeIpv4(encodeIpv4(sent, nothing))) };
  }
  // In a later fragment the number may be that of an extension header, which would be read as one.
  if (layer.kind !== "ipv6" || layer.fragmentOffsetBytes > 0) return undefined;
  const { source, target, protocol, hopLimit } = layer;
  const sent = { source, target, protocol, hopLimit };
  return { sent, received: headerOf(decodeIpv6(encodeIpv6(sent, nothing))) };
}

function headerOf(carried: { readonly header: object } | PacketError): object {
  return carried instanceof PacketError ? carried : carried.header;
}

function ofEthernet(frame: Uint8Array): Comparison | undefined {
  const read = decodeEthernet(frame);
  if (read instanceof PacketError) return undefined;
  const { target, source, tags, content } = read.header;
  const sent = { target, source, tags, content };
  return { sent: { ...sent, missingBytes: 0 }, received: headerOf(decodeEthernet(encodeEthernet(sent, read.payload))) };
}

function ofArp(arp: Arp): Comparison | undefined {
  const { operation, senderMac: mac, senderAddress: address, targetMac, targetAddress } = arp;
  const sent = { operation, senderMac: mac, senderAddress: address };
  if (arp.isGratuitous && (operation === "request" || operation === "reply")) {
    const frame = decodeFrame(encodeGratuitousArp({ mac, address, form: operation }));
    return { sent: { ...sent, targetAddress, isGratuitous: true }, received: layerOf(frame, "arp") };
  }
  const isAnnouncement = operation === "reverse-request" && mac === targetMac && address === "0.0.0.0";
  if (!isAnnouncement || targetAddress !== address) return undefined;
  return { sent: { ...sent, targetMac }, received: layerOf(decodeFrame(encodeRarpAnnouncement({ mac })), "arp") };
}

function ofHsrp(hsrp: Hsrp): Comparison | undefined {
  const { group } = hsrp;
  if (group === undefined) return undefined;
  if (hsrp.version === 1) {
    if (hsrp.group === undefined || hsrp.message === "advertise") return undefined;
    const { authentication, ...rest } = hsrp.group;
    const text = authentication.kind === "text" ? authentication.text : "";
    const body = encodeHsrpV1({ ...rest, message: hsrp.message, authentication: text });
    return {
      sent: { message: hsrp.message, group: { ...rest, authentication: { kind: "text", text } } },
      received: decodeHsrpV1(body),
    };
  }
  const { authentication } = hsrp;
  if (authentication.kind === "text" && hsrp.group !== undefined) {
    const body = encodeHsrpV2({ group: hsrp.group, authentication: authentication.text });
    return { sent: { group, authentication }, received: decodeHsrpV2(body) };
  }
  return hsrp.group === undefined
    ? undefined
    : { sent: { group }, received: decodeHsrpV2(encodeHsrpV2({ group: hsrp.group })) };
}

function ofVrrp(vrrp: Vrrp, carrier: IpCarrier): Comparison {
  const { version, group, priority, intervalMs, addresses } = vrrp;
  const settings = { group, priority, intervalMs, addresses };
  const sent = { ...settings, version, checksum: "valid" };
  if (version === 3) return { sent, received: decodeVrrp(encodeVrrpV3({ ...settings, carrier }), carrier) };
  const { authenticationText } = vrrp;
  const body =
    authenticationText === undefined
      ? encodeVrrpV2(settings)
      : encodeVrrpV2({ ...settings, authentication: authenticationText });
  return { sent: { ...sent, authenticationText }, received: decodeVrrp(body, carrier) };
}

/** The port's own address and name are put in place of forms that cannot be sent. */
function ofLldp(lldp: Lldp): Comparison {
  const { dot1, dot3, systemName, portDescription, systemDescription, capabilities, enabledCapabilities } = lldp;
  const said = { systemName, portDescription, systemDescription };
  const mac = lldp.chassis?.form === "mac" ? lldp.chassis.text : "02:00:00:00:00:01";
  const portName = lldp.port?.form === "interface-name" ? lldp.port.text : "port";
  const timeToLiveS = lldp.timeToLiveS ?? 0;
  const { vlanNames, protocolVlans } = dot1;
  const settings: LldpSettings = {
    mac,
    portName,
    timeToLiveS,
    capabilities,
    enabledCapabilities,
    vlanNames,
    protocolVlans,
    ...given(said),
    ...given({ portVlan: dot1.portVlan, aggregation: dot1.aggregation }),
    ...given({ physical: dot3.physical, maxFrameBytes: dot3.maxFrameBytes }),
  };
  const read = layerOf(decodeFrame(encodeLldpFrame(settings)), "lldp");
  return {
    sent: {
      chassis: { form: "mac", text: mac },
      port: { form: "interface-name", text: portName },
      timeToLiveS,
      capabilities,
      enabledCapabilities,
      ...said,
      dot1: [dot1.portVlan, vlanNames, protocolVlans, dot1.aggregation],
      dot3: [dot3.physical, dot3.maxFrameBytes],
      discarded: [],
      hasEnd: true,
    },
    received: read && {
      ...read,
      dot1: [read.dot1.portVlan, read.dot1.vlanNames, read.dot1.protocolVlans, read.dot1.aggregation],
      dot3: [read.dot3.physical, read.dot3.maxFrameBytes],
    },
  };
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the names that have no value: an absent setting and one that is `undefined` are not the same to the compiler. */
function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
