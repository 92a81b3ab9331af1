/** Every bound of this package in one place. What exceeds one ends in a typed error, never in a loop or a swollen buffer. */

/** Headers of one frame, with those of frames inside tunnels. The deepest honest one here, VXLAN in QinQ, has about ten. */
export const MAX_LAYERS = 24;

/** IEEE 802.1ad stacks two tags; some providers three. */
export const MAX_VLAN_TAGS = 4;

/** RFC 8200, section 4.1 knows seven kinds of extension header, each to be sent at most once or twice. */
export const MAX_EXTENSION_HEADERS = 8;

/** TLVs of one message. A jumbo frame (9216 bytes) of the smallest TLVs (2 bytes) would hold 4608. */
export const MAX_TLVS = 5_000;

/** TLVs of one LLDP frame that are put aside with a reason: reasons cost far more than the two bytes that ask for one. */
export const MAX_DISCARDED_TLVS = 64;

/** LISP addresses inside LISP addresses: an instance around a list around an address is the most in use (RFC 8060). */
export const MAX_ADDRESS_DEPTH = 4;

/** One packet of a capture: MAXIMUM_SNAPLEN of libpcap (pcap-int.h), above the largest IP packet. */
export const MAX_PACKET_BYTES = 262_144;

/** One block of a pcapng capture: INITIAL_MAX_BLOCKSIZE and MAX_BLOCKSIZE of libpcap (sf-pcapng.c) allow 16 MiB. */
export const MAX_BLOCK_BYTES = 16 * 1024 * 1024;

/** Interfaces of one section of a pcapng capture. */
export const MAX_INTERFACES = 4_096;

/** IEEE 802.1Q: the identifier has 12 bits; 0 means "no VLAN" and 4095 is reserved. */
export const MIN_VLAN = 1;
export const MAX_VLAN = 4094;

/** IEEE 802.3: up to here the field after the addresses is a length, from there on a type; between lies no meaning. */
export const MAX_LENGTH_FIELD = 1500;
export const MIN_ETHER_TYPE = 0x0600;

/** IEEE 802.3, clause 4: the shortest frame without its check sequence, which captures and sockets do not carry. */
export const MIN_FRAME_BYTES = 60;

/** IEEE 802.1AB, section 8.4: a TLV's length has 9 bits. */
export const MAX_LLDP_VALUE_BYTES = 511;

/** IEEE 802.1Q, annex D: a VLAN's name has at most 32 octets. */
export const MAX_VLAN_NAME_BYTES = 32;

/** Hostile packets for tests: changes of one, bytes of a piece that is moved, and of a packet that grows by repetition. */
export const MAX_CHANGES = 4;
export const MAX_PIECE_BYTES = 24;
export const MAX_LOOP_BYTES = 9_216;

/** What reading may cost, counted in values of the result: so many fields has the largest layer; lists grow with the bytes. */
export const MAX_VALUES_PER_LAYER = 64;
export const MAX_VALUES_PER_BYTE = 8;
