/** Links, spanning trees and the internet protocols in tshark's words. */
import type { Icmp } from "../internet/icmp.ts";
import type { Ipv4Header } from "../internet/ipv4.ts";
import type { Ipv6Header } from "../internet/ipv6.ts";
import type { TcpHeader } from "../internet/tcp.ts";
import type { UdpHeader } from "../internet/udp.ts";
import type { Arp } from "../link/arp.ts";
import type { EthernetContent, EthernetHeader, VlanTag } from "../link/ethernet.ts";
import type { IslHeader } from "../link/isl.ts";
import type { Lacp, LacpParty } from "../link/lacp.ts";
import type { LinuxCookedHeader } from "../link/linux-cooked.ts";
import type { Bpdu } from "../spanning-tree/bpdu.ts";
import type { BridgeId, PortRole } from "../spanning-tree/bridge-id.ts";
import type { SpanningTreeInstance } from "../spanning-tree/mst.ts";
import type { ChecksumVerdict } from "../wire/checksum.ts";
import { bits, colons } from "./field.fixture.ts";
import type { Field } from "./field.fixture.ts";

/** What tshark calls the verdict on a checksum (epan/proto.h). */
const checksumStatus: Readonly<Record<ChecksumVerdict, number>> = {
  invalid: 0,
  valid: 1,
  unverified: 2,
  absent: 3,
};

const providerTag = 0x88a8;

export function ethernetFields(header: EthernetHeader): readonly Field[] {
  const { tags, content } = header;
  const inner = content.kind === "ether-type" ? content.etherType : undefined;
  return [
    ["eth.dst", header.target],
    ["eth.src", header.source],
    ["eth.type", tags[0]?.protocolId ?? inner],
    ...tagFields(tags, inner),
    ...contentFields(content),
  ];
}

function tagFields(tags: readonly VlanTag[], etherType: number | undefined): readonly Field[] {
  return tags.flatMap((tag, index): readonly Field[] => {
    const prefix = tag.protocolId === providerTag ? "ieee8021ad" : "vlan";
    const next = tags[index + 1]?.protocolId ?? etherType;
    return [
      [`${prefix}.id`, tag.vlan],
      [`${prefix}.priority`, tag.priority],
      [`${prefix}.dei`, tag.isDropEligible],
      [prefix === "vlan" ? "vlan.etype" : "ieee8021ah.etype", next],
    ];
  });
}

/** By organization; tshark knows more of them, none of which is read here. */
const snapFields: Readonly<Record<number, string>> = { 0: "llc.type", 0x00_00_0c: "llc.cisco_pid" };

function contentFields(content: EthernetContent): readonly Field[] {
  switch (content.kind) {
    case "ether-type":
      return [];
    case "llc":
      return [
        ["llc.dsap", content.targetSap],
        ["llc.ssap", content.sourceSap],
        ["llc.control", content.control],
      ];
    case "snap":
      return [
        ["llc.dsap", 0xaa],
        ["llc.ssap", 0xaa],
        ["llc.control", 3],
        ["llc.oui", content.organization],
        [snapFields[content.organization] ?? "llc.pid", content.protocolId],
      ];
  }
}

export function linuxCookedFields(header: LinuxCookedHeader): readonly Field[] {
  const { content, tags } = header;
  const inner = content.kind === "ether-type" ? content.etherType : undefined;
  return [
    ["sll.src.eth", header.source === "" ? undefined : header.source],
    ["sll.ifindex", header.interfaceIndex],
    ["sll.etype", tags[0]?.protocolId ?? inner],
    ...tagFields(tags, inner),
    ...contentFields(content),
  ];
}

export function islFields(header: IslHeader): readonly Field[] {
  return [
    ["isl.src", header.source],
    ["isl.vlan_id", header.vlan],
    ["isl.bpdu", header.isControl],
  ];
}

const operations: Readonly<Record<Exclude<Arp["operation"], "other">, number>> = {
  request: 1,
  reply: 2,
  "reverse-request": 3,
  "reverse-reply": 4,
};

export function arpFields(arp: Arp): readonly Field[] {
  return [
    ["arp.opcode", arp.operation === "other" ? undefined : operations[arp.operation]],
    ["arp.src.hw_mac", arp.senderMac],
    ["arp.src.proto_ipv4", arp.senderAddress],
    ["arp.dst.hw_mac", arp.targetMac],
    ["arp.dst.proto_ipv4", arp.targetAddress],
    ["arp.isgratuitous", arp.isGratuitous ? true : undefined],
  ];
}

export function lacpFields(lacp: Lacp): readonly Field[] {
  const party = (name: string, one: LacpParty | undefined): readonly Field[] =>
    one === undefined
      ? []
      : [
          [`lacp.${name}.sysid`, one.system],
          [`lacp.${name}.sys_priority`, one.systemPriority],
          [`lacp.${name}.key`, one.key],
          [`lacp.${name}.port`, one.port],
          [`lacp.${name}.port_priority`, one.portPriority],
          ...bits(`lacp.${name}.state`, {
            activity: one.isActive,
            timeout: one.hasShortTimeout,
            aggregation: one.isAggregatable,
            synchronization: one.isInSync,
            collecting: one.isCollecting,
            distributing: one.isDistributing,
            defaulted: one.isDefaulted,
            expired: one.isExpired,
          }),
        ];
  return [
    ["lacp.version", lacp.version],
    ...party("actor", lacp.actor),
    ...party("partner", lacp.partner),
    ["lacp.collector.max_delay", lacp.collectorMaxDelay],
  ];
}

const roleNumbers: Readonly<Record<PortRole, number>> = {
  unknown: 0,
  "alternate-or-backup": 1,
  root: 2,
  designated: 3,
};
const versionNumbers = { stp: 0, rstp: 2, mstp: 3 } as const;

export function bpduFields(bpdu: Bpdu): readonly Field[] {
  if (bpdu.message === "topology-change") return [["stp.type", 0x80]];
  const { version, multiple } = bpdu;
  return [
    ["stp.type", version === "stp" ? 0 : 2],
    ["stp.version", versionNumbers[version]],
    ["stp.flags.tcack", bpdu.isTopologyChangeAck],
    ["stp.flags.tc", bpdu.isTopologyChange],
    ...(version === "stp" ? [] : rapidFlags(bpdu)),
    ...bridge("stp.root", bpdu.root),
    ["stp.root.cost", bpdu.rootPathCost],
    ...bridge("stp.bridge", bpdu.bridge),
    ["stp.port", bpdu.port],
    ["stp.msg_age", bpdu.messageAgeS],
    ["stp.max_age", bpdu.maxAgeS],
    ["stp.hello", bpdu.helloTimeS],
    ["stp.forward", bpdu.forwardDelayS],
    ["stp.pvst.origvlan", bpdu.originatingVlan],
    ...(multiple === undefined
      ? []
      : [
          ["mstp.config_name", multiple.region] as const,
          ["mstp.config_revision_level", multiple.revision] as const,
          ["mstp.config_digest", colons(multiple.digest)] as const,
          ["mstp.cist_internal_root_path_cost", multiple.internalRootPathCost] as const,
          ...bridge("mstp.cist_bridge", multiple.bridge),
          ["mstp.cist_remaining_hops", multiple.remainingHops] as const,
          ...multiple.instances.flatMap(instanceFields),
        ]),
  ];
}

function instanceFields(instance: SpanningTreeInstance): readonly Field[] {
  return [
    ["stp.flags.tc", instance.isTopologyChange],
    // Of an instance the top bit says "master"; tshark gives it the name that it has in the message around.
    ["stp.flags.tcack", instance.isMaster],
    ...rapidFlags(instance),
    // Four bits each, which tshark shows without their place in the priority.
    ["mstp.msti.priority", instance.regionalRoot.priority >> 12],
    ["mstp.msti.msti_id", instance.regionalRoot.systemExtension],
    ["mstp.msti.root.hw", instance.regionalRoot.mac],
    ["mstp.msti.root_cost", instance.internalRootPathCost],
    ["mstp.msti.bridge_priority", instance.bridgePriority >> 12],
    ["mstp.msti.port_priority", instance.portPriority >> 4],
    ["mstp.msti.remaining_hops", instance.remainingHops],
  ];
}

function rapidFlags(
  flags: Pick<SpanningTreeInstance, "role" | "isProposal" | "isLearning" | "isForwarding" | "isAgreement">,
): readonly Field[] {
  return [
    ["stp.flags.port_role", roleNumbers[flags.role]],
    ...bits("stp.flags", {
      proposal: flags.isProposal,
      learning: flags.isLearning,
      forwarding: flags.isForwarding,
      agreement: flags.isAgreement,
    }),
  ];
}

function bridge(prefix: string, id: BridgeId): readonly Field[] {
  return [
    [`${prefix}.prio`, id.priority],
    [`${prefix}.ext`, id.systemExtension],
    [`${prefix}.hw`, id.mac],
  ];
}

export function ipv4Fields(header: Ipv4Header): readonly Field[] {
  return [
    ["ip.src", header.source],
    ["ip.dst", header.target],
    ["ip.proto", header.protocol],
    ["ip.ttl", header.ttl],
    ["ip.dsfield", header.typeOfService],
    ["ip.id", header.identification],
    ["ip.flags.df", header.isDontFragment],
    ["ip.flags.mf", header.hasMoreFragments],
    ["ip.frag_offset", header.fragmentOffsetBytes / 8],
    ["ip.checksum.status", checksumStatus[header.isChecksumValid ? "valid" : "invalid"]],
  ];
}

export function ipv6Fields(header: Ipv6Header): readonly Field[] {
  return [
    ["ipv6.src", header.source],
    ["ipv6.dst", header.target],
    ["ipv6.hlim", header.hopLimit],
    ["ipv6.tclass", header.trafficClass],
    ["ipv6.flow", header.flowLabel],
  ];
}

export function udpFields(header: UdpHeader): readonly Field[] {
  return [
    ["udp.srcport", header.sourcePort],
    ["udp.dstport", header.targetPort],
    ["udp.checksum.status", checksumStatus[header.checksum]],
  ];
}

export function tcpFields(header: TcpHeader): readonly Field[] {
  return [
    ["tcp.srcport", header.sourcePort],
    ["tcp.dstport", header.targetPort],
    ["tcp.seq_raw", header.sequence],
    ["tcp.ack_raw", header.acknowledgment],
    ...bits("tcp.flags", { syn: header.isSyn, ack: header.isAck, fin: header.isFin, reset: header.isRst }),
    ["tcp.window_size_value", header.window],
  ];
}

export function icmpFields({ family, type, code, echo }: Icmp): readonly Field[] {
  return family === 4
    ? [
        ["icmp.type", type],
        ["icmp.code", code],
        ["icmp.ident", echo?.identifier],
        ["icmp.seq", echo?.sequence],
      ]
    : [
        ["icmpv6.type", type],
        ["icmpv6.code", code],
        ["icmpv6.echo.identifier", echo?.identifier],
        ["icmpv6.echo.sequence_number", echo?.sequence],
      ];
}
