/** Numbers of include/libvirt/libvirt-domain.h that calls about domains take and answer. */

/** virDomainState. */
export const domainState = {
  noState: 0,
  running: 1,
  blocked: 2,
  paused: 3,
  shutdown: 4,
  shutoff: 5,
  crashed: 6,
  pmsuspended: 7,
} as const;

/** virDomainRunningReason. */
export const runningReason = {
  unknown: 0,
  booted: 1,
  migrated: 2,
  restored: 3,
  fromSnapshot: 4,
  unpaused: 5,
  migrationCanceled: 6,
  saveCanceled: 7,
  wakeup: 8,
  crashed: 9,
  postCopy: 10,
  postCopyFailed: 11,
} as const;

/** virDomainPausedReason. */
export const pausedReason = {
  unknown: 0,
  user: 1,
  migration: 2,
  save: 3,
  dump: 4,
  ioError: 5,
  watchdog: 6,
  fromSnapshot: 7,
  shuttingDown: 8,
  snapshot: 9,
  crashed: 10,
  startingUp: 11,
  postCopy: 12,
  postCopyFailed: 13,
  apiError: 14,
} as const;

/** virDomainShutoffReason. */
export const shutoffReason = {
  unknown: 0,
  shutdown: 1,
  destroyed: 2,
  crashed: 3,
  migrated: 4,
  saved: 5,
  failed: 6,
  fromSnapshot: 7,
  daemon: 8,
} as const;

/** virDomainControlState: whether libvirt can still talk to the emulator. */
export const controlState = { ok: 0, job: 1, occupied: 2, error: 3 } as const;

/** virDomainCreateFlags. */
export const createFlags = { paused: 1, autodestroy: 2, bypassCache: 4, forceBoot: 8, validate: 16 } as const;

/** virDomainDefineFlags. */
export const defineFlags = { validate: 1 } as const;

/** virDomainDestroyFlagsValues. */
export const destroyFlags = { graceful: 1, removeLogs: 2 } as const;

/** virDomainUndefineFlagsValues. */
export const undefineFlags = {
  managedSave: 1,
  snapshotsMetadata: 2,
  nvram: 4,
  keepNvram: 8,
  checkpointsMetadata: 16,
  tpm: 32,
  keepTpm: 64,
} as const;

/** virDomainXMLFlags. */
export const xmlFlags = { secure: 1, inactive: 2, updateCpu: 4, migratable: 8 } as const;

/** virDomainModificationImpact, for calls that change a running or a defined domain. */
export const impact = { current: 0, live: 1, config: 2 } as const;

/** virConnectListAllDomainsFlags; none set: all domains. */
export const listDomainsFlags = {
  active: 1,
  inactive: 2,
  persistent: 4,
  transient: 8,
  running: 16,
  paused: 32,
  shutoff: 64,
  otherState: 128,
  managedSave: 256,
  noManagedSave: 512,
  autostart: 1024,
  noAutostart: 2048,
  hasSnapshot: 4096,
  noSnapshot: 8192,
  hasCheckpoint: 16384,
  noCheckpoint: 32768,
} as const;

/** virDomainStatsTypes. None set means all of them, which is the expensive way to ask. */
export const statsGroups = {
  state: 1,
  cpuTotal: 2,
  balloon: 4,
  vcpu: 8,
  interface: 16,
  block: 32,
  perf: 64,
  ioThread: 128,
  memory: 256,
  dirtyRate: 512,
  vm: 1024,
} as const;

/**
 * virConnectGetAllDomainStatsFlags, besides those of `listDomainsFlags`. Without `noWait` one domain whose monitor is
 * stuck holds up the answer for the whole host. JavaScript's `|` makes a negative number of the highest bit: write
 * `(a | statsFlags.enforceStats) >>> 0`.
 */
export const statsFlags = { noWait: 0x2000_0000, backing: 0x4000_0000, enforceStats: 0x8000_0000 } as const;

/** virDomainMemoryStatTags. */
export const memoryStatTag = {
  swapIn: 0,
  swapOut: 1,
  majorFault: 2,
  minorFault: 3,
  unused: 4,
  available: 5,
  actualBalloon: 6,
  rss: 7,
  usable: 8,
  lastUpdate: 9,
  diskCaches: 10,
  hugetlbAllocations: 11,
  hugetlbFailures: 12,
} as const;
