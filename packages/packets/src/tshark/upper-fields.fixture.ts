/** Gateways, overlays and routing protocols in tshark's words. */
import type { Lisp, LispRegistration, LispReply, LispRequest } from "../overlay/lisp.ts";
import type { LispAddress, LispRecord } from "../overlay/lisp-record.ts";
import type { VxlanHeader } from "../overlay/vxlan.ts";
import type { Glbp, GlbpState } from "../redundancy/glbp.ts";
import type { Hsrp, HsrpV1 } from "../redundancy/hsrp.ts";
import type { HsrpAuthentication, HsrpMessage, HsrpState, HsrpV2 } from "../redundancy/hsrp-v2.ts";
import type { Vrrp } from "../redundancy/vrrp.ts";
import type { Bfd } from "../routing/bfd.ts";
import type { OspfHello } from "../routing/ospf-hello.ts";
import { bits, colons } from "./field.fixture.ts";
import type { Field } from "./field.fixture.ts";

const hsrpMessages: Readonly<Record<HsrpMessage, number>> = { hello: 0, coup: 1, resign: 2 };
const hsrpStates: readonly HsrpState[] = ["initial", "learn", "listen", "speak", "standby", "active"];
const hsrpV1States: readonly number[] = [0, 1, 2, 4, 8, 16];
const interfaceStates = { dormant: 1, passive: 2, active: 3, unknown: undefined } as const;

export function hsrpFields(hsrp: Hsrp): readonly Field[] {
  return hsrp.version === 1 ? hsrpV1Fields(hsrp) : hsrpV2Fields(hsrp);
}

function hsrpV1Fields({ message, group, interfaceState }: HsrpV1): readonly Field[] {
  return [
    ["hsrp.version", 0],
    ["hsrp.opcode", message === "advertise" ? 3 : hsrpMessages[message]],
    ...(interfaceState === undefined
      ? []
      : ([
          ["hsrp.adv.state", interfaceStates[interfaceState.state]],
          ["hsrp.adv.activegrp", interfaceState.activeGroups],
          ["hsrp.adv.passivegrp", interfaceState.passiveGroups],
        ] as const)),
    ...(group === undefined
      ? []
      : ([
          ["hsrp.state", hsrpV1States[hsrpStates.indexOf(group.state)]],
          ["hsrp.hellotime", group.helloTimeS],
          ["hsrp.holdtime", group.holdTimeS],
          ["hsrp.priority", group.priority],
          ["hsrp.group", group.group],
          ["hsrp.virt_ip", group.virtualAddress],
          ...authenticationFields("hsrp.auth_data", group.authentication),
        ] as const)),
  ];
}

function hsrpV2Fields({ group, interfaceState, authentication }: HsrpV2): readonly Field[] {
  return [
    ...(group === undefined
      ? []
      : ([
          ["hsrp2.opcode", hsrpMessages[group.message]],
          ["hsrp2.state", hsrpStates.indexOf(group.state) + 1],
          ["hsrp2.ipversion", group.family],
          ["hsrp2.group", group.group],
          ["hsrp2.identifier", group.identifier],
          ["hsrp2.priority", group.priority],
          ["hsrp2.hellotime", group.helloTimeMs],
          ["hsrp2.holdtime", group.holdTimeMs],
          [group.family === 4 ? "hsrp2.virt_ip" : "hsrp2.virt_ip_v6", group.virtualAddress],
        ] as const)),
    ["hsrp2.active_groups", interfaceState?.activeGroups],
    ["hsrp2.passive_groups", interfaceState?.passiveGroups],
    ...authenticationFields("hsrp2.auth_data", authentication),
  ];
}

/** The fields of MD5 have names of version 2 in either version, but for the address. The text before it is empty in version 1. */
function authenticationFields(textField: string, authentication: HsrpAuthentication): readonly Field[] {
  switch (authentication.kind) {
    case "none":
      return [];
    case "text":
      return [[textField, authentication.text]];
    case "md5":
      return [
        [textField, textField === "hsrp.auth_data" ? "" : undefined],
        ["hsrp.md5_ip_address", authentication.address],
        ["hsrp2.md5_key_id", authentication.keyId],
        ["hsrp2.md5_auth_data", colons(authentication.digest)],
      ];
  }
}

const vrrpStatus = { invalid: 0, valid: 1, unverified: 2, "valid-without-pseudo-header": 0 } as const;

export function vrrpFields(vrrp: Vrrp): readonly Field[] {
  const address = vrrp.family === 4 ? "vrrp.ip_addr" : "vrrp.ipv6_addr";
  return [
    ["vrrp.version", vrrp.version],
    ["vrrp.virt_rtr_id", vrrp.group],
    ["vrrp.prio", vrrp.priority],
    ["vrrp.addr_count", vrrp.addresses.length],
    ["vrrp.checksum.status", vrrpStatus[vrrp.checksum]],
    ...vrrp.addresses.map((one): Field => [address, one]),
    ...(vrrp.version === 3
      ? ([["vrrp.short_adver_int", vrrp.intervalMs / 10]] as const)
      : ([
          ["vrrp.adver_int", vrrp.intervalMs / 1000],
          ["vrrp.auth_type", vrrp.authenticationType],
          ["vrrp.auth_string", vrrp.authenticationText],
        ] as const)),
  ];
}

const glbpStates: Readonly<Record<GlbpState, number | undefined>> = {
  listen: 4,
  speak: 8,
  standby: 16,
  active: 32,
  unknown: undefined,
};
const glbpAuthentications = { text: 1, md5: 2, "md5-chain": 3, none: undefined, unknown: undefined } as const;

export function glbpFields({ version, group, owner, hello, forwarders, authentication }: Glbp): readonly Field[] {
  return [
    ["glbp.version", version],
    ["glbp.group", group],
    ["glbp.ownerid", owner],
    ...(hello === undefined
      ? []
      : ([
          ["glbp.hello.vgstate", glbpStates[hello.state]],
          ["glbp.hello.priority", hello.priority],
          ["glbp.hello.helloint", hello.helloTimeMs],
          ["glbp.hello.holdint", hello.holdTimeMs],
          ["glbp.hello.redirect", hello.redirectS],
          ["glbp.hello.timeout", hello.timeoutS],
          [
            hello.virtualAddress.includes(":") ? "glbp.hello.virtualipv6" : "glbp.hello.virtualipv4",
            hello.virtualAddress,
          ],
        ] as const)),
    ...forwarders.flatMap((one): readonly Field[] => [
      ["glbp.reqresp.forwarder", one.forwarder],
      ["glbp.reqresp.vfstate", glbpStates[one.state]],
      ["glbp.reqresp.priority", one.priority],
      ["glbp.reqresp.weight", one.weight],
      ["glbp.reqresp.virtualmac", one.virtualMac],
    ]),
    ["glbp.auth.authtype", glbpAuthentications[authentication]],
  ];
}

const lispTypes: Readonly<Record<Lisp["message"], number>> = {
  "map-request": 1,
  "map-reply": 2,
  "map-register": 3,
  "map-notify": 4,
  "map-notify-ack": 5,
  "map-referral": 6,
  info: 7,
  encapsulated: 8,
};

export function lispFields(lisp: Lisp): readonly Field[] {
  return [["lisp.type", lispTypes[lisp.message]], ...lispBody(lisp)];
}

function lispBody(lisp: Lisp): readonly Field[] {
  switch (lisp.message) {
    case "map-request":
      return requestFields(lisp);
    case "map-reply":
    case "map-referral":
      return replyFields(lisp);
    case "map-register":
    case "map-notify":
    case "map-notify-ack":
      return registrationFields(lisp);
    case "info":
    case "encapsulated":
      return [];
  }
}

const nonceField = (nonce: bigint): Field => ["lisp.nonce", `0x${nonce.toString(16).padStart(16, "0")}`];

function requestFields(request: LispRequest): readonly Field[] {
  return [
    nonceField(request.nonce),
    ["lisp.mreq.flags.probe", request.isProbe],
    ["lisp.mreq.flags.smr", request.isSolicit],
    ["lisp.irc", request.routerAddresses.length - 1],
    ...addressFields("lisp.mreq.srceid.", request.sourceEndpoint),
    ...request.routerAddresses.flatMap((one) => addressFields("lisp.mreq.itr_rloc_", one)),
    ...request.asked.flatMap(({ endpoint, maskBits }): readonly Field[] => [
      ["lisp.mreq.record.prefix.length", maskBits],
      ...addressFields("lisp.mreq.record.prefix.", endpoint),
    ]),
    ["lisp.records", request.asked.length],
  ];
}

function replyFields(reply: LispReply): readonly Field[] {
  return [
    nonceField(reply.nonce),
    ...(reply.message === "map-reply" ? ([["lisp.mrep.flags.probe", reply.isProbe]] as const) : []),
    ["lisp.records", reply.records.length],
    ...reply.records.flatMap(recordFields),
  ];
}

function registrationFields(lisp: LispRegistration): readonly Field[] {
  return [
    nonceField(lisp.nonce),
    // Key and algorithm in one number: the layout before RFC 9301 split it.
    ["lisp.keyid", lisp.keyId * 256 + lisp.algorithm],
    ["lisp.records", lisp.records.length],
    ...(lisp.message === "map-register"
      ? bits("lisp.mreg.flags", { wmn: lisp.wantsNotify, pmr: lisp.isProxyReply })
      : []),
    ...lisp.records.flatMap(recordFields),
    ["lisp.xtrid", lisp.router === undefined ? undefined : colons(lisp.router.routerId)],
    ["lisp.siteid", lisp.router === undefined ? undefined : colons(lisp.router.siteId)],
  ];
}

function recordFields(record: LispRecord): readonly Field[] {
  return [
    ["lisp.mapping.ttl", record.ttlMinutes],
    ["lisp.mapping.loccnt", record.locators.length],
    ["lisp.mapping.eid.masklen", record.maskBits],
    ["lisp.mapping.act", record.action],
    ["lisp.mapping.auth", record.isAuthoritative],
    ["lisp.mapping.ver", record.mapVersion],
    ...addressFields("lisp.mapping.eid.", record.endpoint),
    ...record.locators.flatMap((locator): readonly Field[] => [
      ["lisp.loc.priority", locator.priority],
      ["lisp.loc.weight", locator.weight],
      ...bits("lisp.loc.flags", {
        local: locator.isLocal,
        probe: locator.isProbed,
        reach: locator.isReachable,
      }),
      ["lisp.loc.locator", "address" in locator.address ? locator.address.address : undefined],
    ]),
  ];
}

function addressFields(prefix: string, address: LispAddress): readonly Field[] {
  switch (address.kind) {
    case "ipv4":
    case "ipv6":
    case "mac":
      return [[`${prefix}${address.kind}`, address.address]];
    case "instance":
      return [["lisp.lcaf.iid", address.instanceId], ...addressFields("lisp.lcaf.iid.", address.inner)];
    case "none":
    case "canonical":
      return [];
  }
}

export function vxlanFields({ networkId }: VxlanHeader): readonly Field[] {
  return [
    ["vxlan.flag_i", networkId !== undefined],
    // Shown by tshark whether the flag makes it valid or not.
    ...(networkId === undefined ? [] : ([["vxlan.vni", networkId]] as const)),
  ];
}

const bfdStates = ["admin-down", "down", "init", "up"] as const;

export function bfdFields(bfd: Bfd): readonly Field[] {
  return [
    ["bfd.version", bfd.version],
    ["bfd.diag", bfd.diagnostic],
    ["bfd.sta", bfdStates.indexOf(bfd.state)],
    ["bfd.detect_time_multiplier", bfd.detectMultiplier],
    ["bfd.my_discriminator", bfd.myDiscriminator],
    ["bfd.your_discriminator", bfd.yourDiscriminator],
    ["bfd.desired_min_tx_interval", bfd.desiredSendIntervalUs],
    ["bfd.required_min_rx_interval", bfd.requiredReceiveIntervalUs],
  ];
}

export function ospfFields(hello: OspfHello): readonly Field[] {
  return [
    ["ospf.version", hello.version],
    ["ospf.srcrouter", hello.routerId],
    ["ospf.area_id", hello.area],
    ["ospf.hello.hello_interval", hello.helloIntervalS],
    ["ospf.hello.router_dead_interval", hello.deadIntervalS],
    ["ospf.hello.router_priority", hello.priority],
    ["ospf.hello.designated_router", hello.designatedRouter],
    ["ospf.hello.backup_designated_router", hello.backupRouter],
    ...hello.neighbors.map((one): Field => ["ospf.hello.active_neighbor", one]),
  ];
}
