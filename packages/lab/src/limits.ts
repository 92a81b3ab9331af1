/**
 * Every bound of the lab in one place: how long a step may take, how often something is asked again, how large
 * something may become. Times are generous on purpose: they decide when to give up, never how fast to be.
 */

/** A short system tool (ip, ovs-vsctl, tgtadm, virsh) that has not answered by now never will. */
export const TOOL_TIMEOUT_MS = 60_000;

/** Compiling two small C programs and packing the guest image. */
export const BUILD_TIMEOUT_MS = 120_000;

/** Output of one tool kept in memory; the largest known is `virsh domcapabilities` with 30 KB. */
export const TOOL_OUTPUT_BYTES = 4 * 1024 * 1024;

/** How long a daemon may take from its start to its first answer. libvirtd probes every emulator first. */
export const DAEMON_START_TIMEOUT_MS = 60_000;

/** HSRP with its default times takes 20 s from its start to an active router: two hold times (RFC 2281, 5.1). */
export const GATEWAY_START_TIMEOUT_MS = 120_000;

/** How long a guest may take from its start to its first status line: 3 s here, far more on six guests at once. */
export const GUEST_START_TIMEOUT_MS = 120_000;

/** One question to a guest's status service; a verification reads the whole disk and gets more. */
export const GUEST_STATUS_TIMEOUT_MS = 5_000;
export const GUEST_VERIFY_TIMEOUT_MS = 120_000;
/** Filling a buffer: the guest gives up after a minute (guest/patrol.h). */
export const GUEST_LOAD_TIMEOUT_MS = 70_000;

/** A live migration of a small guest between two hosts of a lab: 1.3 s on a quiet machine. */
export const MIGRATION_TIMEOUT_MS = 180_000;

/** Above what counted traffic takes by its own arithmetic. */
export const TRAFFIC_SPARE_MS = 20_000;

/** Pause between two looks at something that is about to be true. */
export const POLL_INTERVAL_MS = 50;

/** A Linux guest that has not reached user space by then does not run under this accelerator. KVM needs under 2 s. */
export const ACCELERATION_PROBE_TIMEOUT_MS = 6_000;

/** How long `down` waits for killed processes. Some first processes collect orphans only every two seconds. */
export const KILL_TIMEOUT_MS = 20_000;

/** Steps of one kind that run side by side: the lab's own daemons and tools, on machines with few cores. */
export const PARALLEL_STEPS = 4;

/** Lines of a log file shown in an error. */
export const LOG_TAIL_LINES = 8;
export const LOG_TAIL_BYTES = 16 * 1024;

/** sun_path of a Unix socket holds 108 bytes with its end mark (unix(7)). */
export const SOCKET_PATH_BYTES = 107;

/** IFNAMSIZ is 16 with its end mark (netdevice(7)). */
export const INTERFACE_NAME_BYTES = 15;

/** Ids 0 and 4095 are reserved (IEEE 802.1Q, 9.6). */
export const VLAN_ID_MAX = 4094;

/** Nodes and machines of one topology; enough for one machine, small enough to refuse a runaway document. */
export const TOPOLOGY_ITEMS_MAX = 64;
export const TOPOLOGY_BYTES_MAX = 1024 * 1024;

/** One sector, one record; the backing file is read in pieces of this many records. */
export const RECORD_BYTES = 512;
export const RECORDS_PER_READ = 8_192;

/** Connections that a lab's libvirtd accepts, so that a benchmark can hold hundreds open. */
export const LIBVIRT_CLIENTS_MAX = 5_000;
export const LIBVIRT_ANONYMOUS_CLIENTS_MAX = 500;
/** Each outgoing migration holds one worker for its whole life (virnetserver.c); the default of 20 is soon used up. */
export const LIBVIRT_WORKERS_MAX = 64;
