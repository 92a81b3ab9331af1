/** Frames of every encoder, with settings drawn from all that the protocols allow. */
import fc from "fast-check";
import { encodeLldpFrame } from "../discovery/lldp-encode.ts";
import type { LldpCapability } from "../discovery/lldp-capability.ts";
import type { LldpSettings } from "../discovery/lldp-encode.ts";
import { MAX_VLAN, MIN_VLAN } from "../limits.ts";
import { encodeGratuitousArp, encodeRarpAnnouncement } from "../link/arp.ts";
import { encodeEthernet } from "../link/ethernet.ts";
import type { VlanTag } from "../link/ethernet.ts";
import {
  encodeHsrpV1Frame,
  encodeHsrpV2Frame,
  encodeVrrpV2Frame,
  encodeVrrpV3Frame,
} from "../redundancy/hello-frames.ts";
import type { HsrpMessage, HsrpState } from "../redundancy/hsrp-v2.ts";
import { ipv4Text, ipv6Text } from "../wire/ip-address.ts";
import { macText } from "../wire/mac-address.ts";

export interface DrawnFrame {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const octet = fc.nat(0xff);
const word = fc.nat(0xffff);
const long = fc.nat(0xffff_ffff);
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipv4Text);
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipv6Text);
/** Of a machine: not a group's. */
const mac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((bytes) => macText(bytes.with(0, (bytes[0] ?? 0) & 0xfe)));
const vlan = fc.integer({ min: MIN_VLAN, max: MAX_VLAN });
const name = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength });

const sender = fc.oneof(fc.record({ address: ipv4, mac, vlan }), fc.record({ address: ipv4, mac }));
const message = fc.constantFrom<HsrpMessage>("hello", "coup", "resign");
const state = fc.constantFrom<HsrpState>("initial", "learn", "listen", "speak", "standby", "active");

const hsrpV1 = fc.record(
  {
    message,
    state,
    group: octet,
    priority: octet,
    helloTimeS: octet,
    holdTimeS: octet,
    virtualAddress: ipv4,
    authentication: name(8),
  },
  { requiredKeys: ["message", "state", "group", "priority", "helloTimeS", "holdTimeS", "virtualAddress"] },
);

const hsrpV2Group = {
  message,
  state,
  group: fc.nat(0xfff),
  identifier: mac,
  priority: long,
  helloTimeMs: long,
  holdTimeMs: long,
};
const authentication = fc.oneof(fc.constant({}), fc.record({ authentication: name(8) }));
const hsrpV2 = fc.oneof(
  fc.record({ ...hsrpV2Group, family: fc.constant(4 as const), virtualAddress: ipv4 }),
  fc.record({ ...hsrpV2Group, family: fc.constant(6 as const), virtualAddress: ipv6 }),
);

const advert = { group: octet, priority: octet };
const seconds = octet.map((count) => count * 1000);
const centiseconds = fc.nat(0xfff).map((count) => count * 10);
const v4List = fc.array(ipv4, { minLength: 1, maxLength: 20 });
const v6List = fc.array(ipv6, { minLength: 1, maxLength: 20 });

const lldp: fc.Arbitrary<LldpSettings> = fc.record(
  {
    mac,
    portName: name(40),
    timeToLiveS: word,
    systemName: name(40),
    portDescription: name(60),
    systemDescription: name(200),
    capabilities: fc.subarray<LldpCapability>(["repeater", "bridge", "router", "station", "two-port-relay"]),
    enabledCapabilities: fc.subarray<LldpCapability>(["other", "bridge"]),
    managementAddresses: fc.array(fc.record({ address: fc.oneof(ipv4, ipv6), interfaceNumber: long }), {
      maxLength: 3,
    }),
    portVlan: vlan,
    protocolVlans: fc.array(fc.record({ vlan, isSupported: fc.boolean(), isEnabled: fc.boolean() }), { maxLength: 3 }),
    vlanNames: fc.array(fc.record({ vlan, name: name(32) }), { maxLength: 20 }),
    aggregation: fc.record({ isCapable: fc.boolean(), isAggregated: fc.boolean(), portId: long }),
    physical: fc.record({
      isAutonegotiationSupported: fc.boolean(),
      isAutonegotiationEnabled: fc.boolean(),
      advertised: word,
      mauType: word,
    }),
    maxFrameBytes: word,
  },
  { requiredKeys: ["mac", "portName", "timeToLiveS"] },
);

const announcement = fc.oneof(fc.record({ mac, vlan }), fc.record({ mac }));
const tag = (protocolId: number): fc.Arbitrary<VlanTag> =>
  fc.record({
    protocolId: fc.constant(protocolId),
    priority: fc.nat(7),
    isDropEligible: fc.boolean(),
    vlan: fc.nat(0xfff),
  });
/** At most one of a provider, and before those of customers: other stacks are of no standard, and tshark names them otherwise. */
const tags = fc
  .tuple(fc.array(tag(0x88a8), { maxLength: 1 }), fc.array(tag(0x8100), { maxLength: 2 }))
  .map((parts) => parts.flat());

function named<T>(
  title: string,
  settings: fc.Arbitrary<T>,
  encode: (settings: T) => Uint8Array,
): fc.Arbitrary<DrawnFrame> {
  return settings.map((one) => ({ name: title, bytes: encode(one) }));
}

export const drawnFrames: fc.Arbitrary<DrawnFrame> = fc.oneof(
  named("HSRP 1", fc.tuple(sender, hsrpV1), ([from, hello]) => encodeHsrpV1Frame(from, hello)),
  named("HSRP 2", fc.tuple(sender, ipv6, hsrpV2, authentication), ([from, address, group, more]) =>
    encodeHsrpV2Frame(group.family === 4 ? from : { ...from, address }, { group, ...more }),
  ),
  named(
    "VRRP 2",
    fc.tuple(sender, fc.record({ ...advert, intervalMs: seconds, addresses: v4List }), authentication),
    ([from, settings, more]) => encodeVrrpV2Frame(from, { ...settings, ...more }),
  ),
  named(
    "VRRP 3",
    fc.tuple(sender, fc.record({ ...advert, intervalMs: centiseconds, addresses: v4List })),
    ([from, settings]) => encodeVrrpV3Frame(from, settings),
  ),
  named(
    "VRRP 3 over IPv6",
    fc.tuple(sender, ipv6, fc.record({ ...advert, intervalMs: centiseconds, addresses: v6List })),
    ([from, address, settings]) => encodeVrrpV3Frame({ ...from, address }, settings),
  ),
  named("LLDP", lldp, encodeLldpFrame),
  named("RARP", announcement, encodeRarpAnnouncement),
  named(
    "ARP",
    fc.tuple(announcement, ipv4, fc.constantFrom("request" as const, "reply" as const)),
    ([settings, address, form]) => encodeGratuitousArp({ ...settings, address, form }),
  ),
  named("tags", fc.tuple(mac, tags), ([source, stack]) =>
    encodeEthernet(
      { source, target: "01:00:5e:00:00:66", tags: stack, content: { kind: "ether-type", etherType: 0x88b5 } },
      new Uint8Array(46),
    ),
  ),
);
