/** What tcpdump -v prints for a layer, said from what was decoded: every piece must stand in its text, word for word. */
import type { Cdp, CdpCapability } from "../discovery/cdp.ts";
import type { Lldp } from "../discovery/lldp.ts";
import type { Lacp, LacpParty } from "../link/lacp.ts";
import type { Lisp, LispRegistration } from "../overlay/lisp.ts";
import type { Hsrp } from "../redundancy/hsrp.ts";
import type { Vrrp } from "../redundancy/vrrp.ts";
import type { Bpdu } from "../spanning-tree/bpdu.ts";
import type { BridgeId, PortRole } from "../spanning-tree/bridge-id.ts";
import type { Layer } from "./layer.ts";

export function tcpdumpWords(layer: Layer): readonly string[] {
  switch (layer.kind) {
    case "stp":
      return bpduWords(layer);
    case "cdp":
      return cdpWords(layer);
    case "lldp":
      return lldpWords(layer);
    case "lacp":
      return lacpWords(layer);
    case "hsrp":
      return hsrpWords(layer);
    case "vrrp":
      return vrrpWords(layer);
    case "lisp":
      return lispWords(layer);
    case "dtp":
      return [
        `DTPv${layer.version}`,
        `Domain (0x0001) TLV`,
        `, ${layer.domain}`,
        `Neighbor (0x0004) TLV, length 10, ${layer.neighbor}`,
      ];
    case "vtp":
      return layer.message === "summary"
        ? [
            `VTPv${layer.version}, Message Summary advertisement (0x01)`,
            `Domain name: ${layer.domain}, Followers: ${layer.followers}`,
            `Config Rev ${layer.revision}, Updater ${layer.updater}`,
            `MD5 digest: ${layer.digest}`,
          ]
        : [];
    case "vxlan":
      return [`VXLAN, flags [I] (0x08), vni ${layer.networkId}`];
    case "icmp": {
      const { echo } = layer;
      const name = echo?.isRequest === true ? "request" : "reply";
      return [`ICMP echo ${name}, id ${echo?.identifier}, seq ${echo?.sequence}`];
    }
    case "arp":
      return [
        layer.operation === "request"
          ? `Request who-has ${layer.targetAddress} tell ${layer.senderAddress}`
          : `Reply ${layer.senderAddress} is-at ${layer.senderMac}`,
      ];
    default:
      return [];
  }
}

const bridge = ({ priority, systemExtension, mac }: BridgeId): string =>
  `${(priority + systemExtension).toString(16).padStart(4, "0")}.${mac}`;
const roleNames: Readonly<Record<PortRole, string>> = {
  unknown: "Unknown",
  "alternate-or-backup": "Alternate",
  root: "Root",
  designated: "Designated",
};
const list = (names: readonly (string | false)[]): string =>
  names.filter((name) => name !== false).join(", ") || "none";

function bpduWords(bpdu: Bpdu): readonly string[] {
  if (bpdu.message === "topology-change") return ["Topology Change"];
  const { messageAgeS, maxAgeS, helloTimeS, forwardDelayS, multiple } = bpdu;
  const port = bpdu.port.toString(16).padStart(4, "0");
  const flags = list([
    bpdu.isTopologyChange && "Topology change",
    bpdu.isProposal && "Proposal",
    bpdu.isLearning && "Learn",
    bpdu.isForwarding && "Forward",
    bpdu.isAgreement && "Agreement",
  ]);
  const times = `message-age ${messageAgeS.toFixed(2)}s, max-age ${maxAgeS.toFixed(2)}s, hello-time ${helloTimeS.toFixed(2)}s, forwarding-delay ${forwardDelayS.toFixed(2)}s`;
  if (multiple === undefined) {
    return [
      `Flags [${flags}], bridge-id ${bridge(bpdu.bridge)}.${port}`,
      times,
      `root-id ${bridge(bpdu.root)}, root-pathcost ${bpdu.rootPathCost}`,
      ...(bpdu.version === "stp" ? [] : [`port-role ${roleNames[bpdu.role]}`]),
    ];
  }
  return [
    `CIST Flags [${flags}]`,
    times,
    `port-role ${roleNames[bpdu.role]}, CIST root-id ${bridge(bpdu.root)}, CIST ext-pathcost ${bpdu.rootPathCost}`,
    `CIST regional-root-id ${bridge(bpdu.bridge)}, CIST port-id ${port}`,
    `MCID Name ${multiple.region}, rev ${multiple.revision}`,
    `digest ${multiple.digest}, CIST int-root-pathcost ${multiple.internalRootPathCost}`,
    `CIST bridge-id ${bridge(multiple.bridge)}, CIST remaining-hops ${multiple.remainingHops}`,
    ...multiple.instances.flatMap((instance) => [
      `port-role ${roleNames[instance.role]}`,
      `MSTI regional-root-id ${bridge(instance.regionalRoot)}, pathcost ${instance.internalRootPathCost}`,
      `MSTI bridge-prio ${instance.bridgePriority >> 12}, port-prio ${instance.portPriority >> 4}, hops ${instance.remainingHops}`,
    ]),
  ];
}

const cdpCapabilities: Readonly<Partial<Record<CdpCapability, string>>> = {
  switch: "L2 Switch",
  "igmp-snooping": "IGMP snooping",
};

function cdpWords(cdp: Cdp): readonly string[] {
  const capabilities = cdp.capabilities?.map((name) => cdpCapabilities[name] ?? name).join(", ");
  const bytes = (text: string | undefined): number => text?.length ?? -1;
  return [
    `CDPv${cdp.version}, ttl: ${cdp.timeToLiveS}s`,
    `Device-ID (0x0001), value length: ${bytes(cdp.deviceId)} bytes: '${cdp.deviceId}'`,
    `Platform (0x0006), value length: ${bytes(cdp.platform)} bytes: '${cdp.platform}'`,
    `Port-ID (0x0003), value length: ${bytes(cdp.portId)} bytes: '${cdp.portId}'`,
    `: ${capabilities}\n`,
    `VTP Management Domain (0x0009), value length: ${bytes(cdp.vtpDomain)} bytes: '${cdp.vtpDomain}'`,
    `Native VLAN ID (0x000a), value length: 2 bytes: ${cdp.nativeVlan}`,
    `Duplex (0x000b), value length: 1 byte: ${cdp.duplex}`,
    ...cdp.addresses.map((address) => `Address (0x0002), value length: 13 bytes: IPv4 (1) ${address}`),
    ...cdp.managementAddresses.map(
      (address) => `Management Addresses (0x0016), value length: 13 bytes: IPv4 (1) ${address}`,
    ),
    ...(cdp.softwareVersion?.split("\n") ?? []),
  ];
}

function lldpWords(lldp: Lldp): readonly string[] {
  const { dot1, dot3, chassis, port, systemName, portDescription } = lldp;
  const named = (words: string, value: string | number | undefined): readonly string[] =>
    value === undefined ? [] : [`${words}${value}`];
  const capitals = (names: readonly string[]): string =>
    names.map((name) => `${name.at(0)?.toUpperCase()}${name.slice(1)}`).join(", ");
  return [
    ...(chassis === undefined ? [] : [`Subtype MAC address (4): ${chassis.text}`]),
    ...named("): ", port?.text),
    ...named("TTL ", lldp.timeToLiveS === undefined ? undefined : `${lldp.timeToLiveS}s`),
    ...named(`System Name TLV (5), length ${systemName?.length}: `, systemName),
    ...named(`Port Description TLV (4), length ${portDescription?.length}: `, portDescription),
    ...(lldp.capabilities.length === 0 ? [] : [`System  Capabilities [${capitals(lldp.capabilities)}]`]),
    ...(lldp.capabilities.length === 0 ? [] : [`Enabled Capabilities [${capitals(lldp.enabledCapabilities)}]`]),
    ...named("port vlan id (PVID): ", dot1.portVlan),
    ...(dot3.physical === undefined
      ? []
      : [
          `(0x${dot3.physical.advertised.toString(16).padStart(4, "0")})`,
          `(0x${dot3.physical.mauType.toString(16).padStart(4, "0")})`,
        ]),
    ...(dot1.aggregation === undefined
      ? []
      : [
          `aggregation status [${list([dot1.aggregation.isCapable && "supported", dot1.aggregation.isAggregated && "enabled"])}], aggregation port ID ${dot1.aggregation.portId}`,
        ]),
  ];
}

function lacpWords(lacp: Lacp): readonly string[] {
  const party = (one: LacpParty | undefined): readonly string[] =>
    one === undefined
      ? ["no such party"]
      : [
          `System ${one.system}, System Priority ${one.systemPriority}, Key ${one.key}, Port ${one.port}, Port Priority ${one.portPriority}\n\t  State Flags [${list(
            [
              one.isActive && "Activity",
              one.hasShortTimeout && "Timeout",
              one.isAggregatable && "Aggregation",
              one.isInSync && "Synchronization",
              one.isCollecting && "Collecting",
              one.isDistributing && "Distributing",
              one.isDefaulted && "Default",
              one.isExpired && "Expired",
            ],
          )}]`,
        ];
  return [...party(lacp.actor), ...party(lacp.partner), `Max Delay ${lacp.collectorMaxDelay}`];
}

/** Of operation 3 tcpdump prints nonsense ("state=initial group=2"), so nothing is compared. */
function hsrpWords(hsrp: Hsrp): readonly string[] {
  if (hsrp.version === 2 || hsrp.group === undefined) return [];
  const { state, group, virtualAddress, helloTimeS, holdTimeS, priority, authentication } = hsrp.group;
  const secret = authentication.kind === "text" ? authentication.text : "";
  return [
    `HSRPv0-${hsrp.message} 20: state=${state} group=${group} addr=${virtualAddress} hellotime=${helloTimeS}s holdtime=${holdTimeS}s priority=${priority} auth="${secret}"`,
  ];
}

function vrrpWords(vrrp: Vrrp): readonly string[] {
  const many = vrrp.addresses.length > 1 ? `(${vrrp.addresses.length})` : "";
  const interval = vrrp.version === 2 ? `${vrrp.intervalMs / 1000}s` : `${vrrp.intervalMs / 10}cs`;
  const secret =
    vrrp.version === 2 && vrrp.authenticationText !== undefined ? ` auth "${vrrp.authenticationText}"` : "";
  const kind = vrrp.version === 2 ? `, authtype ${vrrp.authenticationType === 1 ? "simple" : "none"}` : "";
  return [
    `VRRPv${vrrp.version}, Advertisement, vrid ${vrrp.group}, prio ${vrrp.priority}${kind}, intvl ${interval}, length`,
    `addrs${many}: ${vrrp.addresses.join(",")}${secret}\n`,
  ];
}

function lispWords(lisp: Lisp): readonly string[] {
  if (lisp.message !== "map-register" && lisp.message !== "map-notify") return [];
  const address = (one: LispRegistration["records"][number]["endpoint"]): string =>
    "address" in one ? one.address : one.kind;
  return [
    lisp.message === "map-register" ? "LISP-Map-Register" : "LISP-Map-Notify",
    ...(lisp.wantsNotify ? ["M-Want-Map-Notify"] : []),
    `${lisp.records.length} record(s), Authentication SHA1`,
    ...lisp.records.map(
      ({ ttlMinutes, mapVersion, endpoint, maskBits, locators }) =>
        `Record TTL ${ttlMinutes}, Authoritative, No-Action, Map Version: ${mapVersion}, EID ${address(endpoint)}/${maskBits}, ${locators.length} locator(s)\n${locators
          .map(
            (one) =>
              `        LOC ${address(one.address)}\n          Priority/Weight ${one.priority}/${one.weight}, Multicast Priority/Weight ${one.priority}/${one.weight}, flags [none],`,
          )
          .join("\n")}`,
    ),
    ...(lisp.router === undefined ? [] : [(lisp.router.routerId.match(/.{4}/g) ?? []).join(" ")]),
  ];
}
