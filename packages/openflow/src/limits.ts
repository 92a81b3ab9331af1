/** Every bound of this package in one place. A message itself is bounded by its 16-bit length field (section 7.1). */

/** Bytes that may wait in the socket because the peer does not read. */
export const MAX_UNSENT_BYTES = 8 * 1024 * 1024;

export const MAX_CALLS_IN_FLIGHT = 64;

/** Flows of one call: a few hundred bytes each, so that the largest call fits among the unsent bytes. */
export const MAX_FLOWS_PER_CALL = 4096;

export const MAX_ACTIONS_PER_FLOW = 32;

/** Flows that one answer of the switch may list. */
export const MAX_FLOWS_DUMPED = 65_536;

/** Ports that one answer may list: their numbers have 16 bits. */
export const MAX_PORTS_DUMPED = 65_536;

/** Parts of one multipart answer: an empty part costs its sender nothing, so flows alone would be no bound. */
export const MAX_ANSWER_PARTS = 65_536;

/** The switch takes the requests of a connection one after the other, so a call waits for those before it. */
export const CALL_TIMEOUT_MS = 10_000;
export const CONNECT_TIMEOUT_MS = 5_000;

/** Silence after which the peer is asked for an echo: the default of Open vSwitch for controllers (vswitch.xml, 5 s). */
export const PROBE_INTERVAL_MS = 5_000;

/** How long a polite close may take before the socket is destroyed. */
export const CLOSE_TIMEOUT_MS = 1_000;

/** Transaction identifiers have 32 bits (section 7.1); 0 is left to messages that belong to no request. */
export const MAX_TRANSACTION_ID = 0xffff_ffff;

/** IEEE 802.1Q: the identifier has 12 bits; 0 means "no VLAN" and 4095 is reserved. */
export const MIN_VLAN = 1;
export const MAX_VLAN = 4094;

/** A timeout has 16 bits and counts seconds; 0 would mean never (section 7.3.4.1). */
export const MAX_TIMEOUT_S = 65_535;

export const MAX_PRIORITY = 65_535;

/** Ether types begin where the length field of IEEE 802.3 ends. */
export const MIN_ETHER_TYPE = 0x0600;
export const MAX_ETHER_TYPE = 0xffff;

/** Open vSwitch numbers ports from 1 below 0xff00 (ofp-port: OFPP_MAX), and its bridge's own port 65534 in its database. */
export const MAX_PORT_NUMBER = 0xfeff;

/** A cookie has 64 bits; Open vSwitch takes all ones for "leave the cookie as it is" (ovs-ofctl(8), cookie=value). */
export const MAX_COOKIE = 0xffff_ffff_ffff_fffen;

/** An Ethernet header; and the jumbo frames that hosts use (MTU 9000) with room for headers. */
export const MIN_FRAME_BYTES = 14;
export const MAX_FRAME_BYTES = 9_216;
