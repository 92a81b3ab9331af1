/** Every bound of this package in one place. A peer that exceeds one gets its connection closed with a typed error. */

/** One JSON message. A full Open_vSwitch database of a large host is a few MiB; 64 MiB leaves room for its schema growth. */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/** Nesting of one message. A schema answer nests about 12 deep; Open vSwitch itself stops at 1000 (lib/json.c, JSON_MAX_HEIGHT). */
export const MAX_MESSAGE_DEPTH = 100;

/** Bytes that may wait in the socket because the peer does not read. */
export const MAX_UNSENT_BYTES = 16 * 1024 * 1024;

export const MAX_CALLS_IN_FLIGHT = 1024;

/** Updates of one monitor that may wait for their reader. */
export const MAX_QUEUED_UPDATES = 10_000;

export const MAX_MONITORS = 256;
export const MAX_LOCKS = 256;

export const CONNECT_TIMEOUT_MS = 5_000;
export const CALL_TIMEOUT_MS = 10_000;

/** Silence after which the peer is asked for an echo: the default of Open vSwitch's own clients (ovsdb-idl, 5 s). */
export const PROBE_INTERVAL_MS = 5_000;

/** How long a polite close may take before the socket is destroyed. */
export const CLOSE_TIMEOUT_MS = 1_000;

/** How long ovs-vswitchd may take to apply a change of the database. */
export const APPLY_TIMEOUT_MS = 10_000;

/** Attempts of a guarded change before the conflict is reported to the caller. */
export const MAX_GUARDED_ATTEMPTS = 8;

/** IEEE 802.1Q: the identifier has 12 bits; 0 means "no VLAN" and 4095 is reserved. */
export const MIN_VLAN = 1;
export const MAX_VLAN = 4094;

/** Open_vSwitch schema, table QoS: queue numbers are 0 to 4294967295. */
export const MAX_QUEUE_NUMBER = 4_294_967_295;

/** The reserved port OFPP_LOCAL (OpenFlow 1.0, `enum ofp_port`), which ovs-appctl prints as LOCAL. */
export const LOCAL_PORT_NUMBER = 65_534;

/** Where the distributions let Open vSwitch keep its sockets. */
export const RUN_FOLDER = "/run/openvswitch";

/** Text of the peer quoted in a message. */
export const MAX_QUOTED_CHARACTERS = 200;
