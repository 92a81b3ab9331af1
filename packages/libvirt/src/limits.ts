/** Every bound of this package in one place. A peer that exceeds one gets its connection closed with a typed error. */

/** Header and length word of every packet: seven words of four bytes (libvirt, src/rpc/virnetprotocol.x). */
export const PACKET_HEADER_BYTES = 28;

/** Longest packet, its length word included: VIR_NET_MESSAGE_MAX plus VIR_NET_MESSAGE_LEN_MAX (src/rpc/virnetprotocol.x). */
export const MAX_PACKET_BYTES = 32 * 1024 * 1024 + 4;

/** REMOTE_STRING_MAX (src/remote/remote_protocol.x). */
export const MAX_STRING_BYTES = 4 * 1024 * 1024;

/** REMOTE_CPUMAPS_MAX, the longest opaque value of the protocol; migration cookies may have half of it. */
export const MAX_OPAQUE_BYTES = 8 * 1024 * 1024;

/** REMOTE_CONNECT_GET_ALL_DOMAIN_STATS_MAX, the longest list of the protocol. */
export const MAX_LIST_ITEMS = 262_144;

/** First size of a buffer that grows with what it holds. */
export const INITIAL_BUFFER_BYTES = 1024;

/** Bytes that may wait in the socket because the peer does not read. */
export const MAX_UNSENT_BYTES = 2 * MAX_PACKET_BYTES;

export const MAX_CALLS_IN_FLIGHT = 1024;

/** Calls given up by their callers whose answers may still come. A peer that owes more is taken for dead. */
export const MAX_ABANDONED_CALLS = 4096;

/** Serials are unsigned 32-bit words; 0 marks packets that answer nothing. */
export const MAX_SERIAL = 0xffff_ffff;

export const CONNECT_TIMEOUT_MS = 10_000;

/** libvirt itself gives up waiting for a domain's job lock after 30 s and says so; that answer should reach the caller. */
export const CALL_TIMEOUT_MS = 35_000;

/** The defaults of libvirtd.conf, `keepalive_interval` and `keepalive_count`. */
export const KEEPALIVE_INTERVAL_MS = 5_000;
export const KEEPALIVE_COUNT = 5;

/** How long a polite close may take before the stream is destroyed. */
export const CLOSE_TIMEOUT_MS = 1_000;

/** Complaints of ssh that are kept for the error message; the last ones matter. */
export const MAX_SSH_COMPLAINT_CHARACTERS = 2_000;

/** Text of the peer quoted in a message. */
export const MAX_QUOTED_CHARACTERS = 2_000;

/** First and longest wait between two attempts to connect again; the wait doubles in between. */
export const RECONNECT_FIRST_DELAY_MS = 250;
export const RECONNECT_MAX_DELAY_MS = 15_000;

/** A connection that lived this long was a good one: after it the waits begin again with the shortest. */
export const RECONNECT_STABLE_AFTER_MS = 30_000;
