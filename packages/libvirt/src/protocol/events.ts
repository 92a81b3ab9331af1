/**
 * The event table: under which number each kind is registered, which procedure its messages carry, and their layout
 * (include/libvirt/libvirt-domain.h, virDomainEventID; src/remote/remote_protocol.x). Every domain event begins with
 * the number of the registration it answers, which is not part of the layouts here.
 */
import { hyper, int, list, optional, string, struct, uhyper, uint } from "../xdr/codec.ts";
import type { Codec, Decoded } from "../xdr/codec.ts";
import { dom } from "./objects.ts";
import { typedParams } from "./typed-params.ts";

export interface EventRow<T> {
  /** undefined: not registered by number, but with `connectRegisterCloseCallback`. */
  readonly eventId: number | undefined;
  readonly procedure: number;
  readonly layout: Codec<T>;
}

/** The reason stands before the domain and has always been 0. */
const powerManagement = struct({ reason: int, dom });
const endpoint = struct({ family: int, node: string, service: string });

export const eventTable = {
  lifecycle: row(0, 318, struct({ dom, event: int, detail: int })),
  reboot: row(1, 319, struct({ dom })),
  "rtc-change": row(2, 320, struct({ dom, offsetSeconds: hyper })),
  watchdog: row(3, 321, struct({ dom, action: int })),
  "io-error": row(4, 322, struct({ dom, path: string, alias: string, action: int })),
  graphics: row(
    5,
    323,
    struct({
      dom,
      phase: int,
      local: endpoint,
      remote: endpoint,
      authScheme: string,
      subject: list(struct({ type: string, name: string })),
    }),
  ),
  "io-error-reason": row(6, 324, struct({ dom, path: string, alias: string, action: int, reason: string })),
  "control-error": row(7, 325, struct({ dom })),
  "block-job": row(8, 326, struct({ dom, path: string, type: int, status: int })),
  "disk-change": row(
    9,
    327,
    struct({ dom, oldPath: optional(string), newPath: optional(string), alias: string, reason: int }),
  ),
  "tray-change": row(10, 328, struct({ dom, alias: string, reason: int })),
  "pm-wakeup": row(11, 329, powerManagement),
  "pm-suspend": row(12, 330, powerManagement),
  "balloon-change": row(13, 331, struct({ dom, actualKiB: uhyper })),
  "pm-suspend-disk": row(14, 332, powerManagement),
  "device-removed": row(15, 333, struct({ dom, alias: string })),
  "block-job-2": row(16, 339, struct({ dom, device: string, type: int, status: int })),
  tunable: row(17, 346, struct({ dom, params: typedParams })),
  "agent-lifecycle": row(18, 348, struct({ dom, state: int, reason: int })),
  "device-added": row(19, 354, struct({ dom, alias: string })),
  "migration-iteration": row(20, 359, struct({ dom, iteration: int })),
  "job-completed": row(21, 363, struct({ dom, params: typedParams })),
  "device-removal-failed": row(22, 367, struct({ dom, alias: string })),
  "metadata-change": row(23, 379, struct({ dom, type: int, uri: optional(string) })),
  "block-threshold": row(
    24,
    385,
    struct({ dom, device: string, path: optional(string), thresholdBytes: uhyper, excessBytes: uhyper }),
  ),
  "memory-failure": row(25, 423, struct({ dom, recipient: int, action: int, flags: uint })),
  "memory-device-size-change": row(26, 438, struct({ dom, alias: string, sizeBytes: uhyper })),
  "connection-closed": row(undefined, 362, struct({ reason: int })),
};

export type EventKind = keyof typeof eventTable;
export type EventLayout<K extends EventKind> = Decoded<(typeof eventTable)[K]["layout"]>;

/** Lifecycle events by number (virDomainEventType). */
export const lifecycleEvents = [
  "defined",
  "undefined",
  "started",
  "suspended",
  "resumed",
  "stopped",
  "shutdown",
  "pmsuspended",
  "crashed",
] as const;

/** What `detail` means for each lifecycle event (virDomainEvent...DetailType). */
export const lifecycleDetail = {
  defined: { added: 0, updated: 1, renamed: 2, fromSnapshot: 3 },
  undefined: { removed: 0, renamed: 1 },
  started: { booted: 0, migrated: 1, restored: 2, fromSnapshot: 3, wakeup: 4 },
  suspended: {
    paused: 0,
    migrated: 1,
    ioError: 2,
    watchdog: 3,
    restored: 4,
    fromSnapshot: 5,
    apiError: 6,
    postCopy: 7,
    postCopyFailed: 8,
  },
  resumed: { unpaused: 0, migrated: 1, fromSnapshot: 2, postCopy: 3, postCopyFailed: 4 },
  stopped: { shutdown: 0, destroyed: 1, crashed: 2, migrated: 3, saved: 4, failed: 5, fromSnapshot: 6 },
  shutdown: { finished: 0, guest: 1, host: 2 },
  pmsuspended: { memory: 0, disk: 1 },
  crashed: { panicked: 0, crashloaded: 1 },
} as const;

function row<T>(eventId: number | undefined, procedure: number, layout: Codec<T>): EventRow<T> {
  return { eventId, procedure, layout };
}
