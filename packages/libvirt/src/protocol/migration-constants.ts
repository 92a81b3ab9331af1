/** Numbers and names of include/libvirt/libvirt-domain.h that migrations take and answer. */

/** virDomainMigrateFlags. */
export const migrateFlags = {
  live: 1,
  peerToPeer: 2,
  tunnelled: 4,
  persistDest: 8,
  undefineSource: 16,
  paused: 32,
  nonSharedDisk: 64,
  nonSharedInc: 128,
  changeProtection: 256,
  unsafe: 512,
  offline: 1024,
  compressed: 2048,
  abortOnError: 4096,
  autoConverge: 8192,
  rdmaPinAll: 16384,
  postCopy: 32768,
  tls: 65536,
  parallel: 131_072,
  nonSharedSynchronousWrites: 262_144,
  postCopyResume: 524_288,
  zeroCopy: 1_048_576,
} as const;

/** Names of the typed parameters of a migration (VIR_MIGRATE_PARAM_...), each with the type it must have. */
export const migrateParam = {
  /** string */
  migrateUri: "migrate_uri",
  /** string */
  destinationName: "destination_name",
  /** string */
  destinationXml: "destination_xml",
  /** string */
  persistentXml: "persistent_xml",
  /** ullong, MiB per second */
  bandwidth: "bandwidth",
  /** ullong, MiB per second */
  bandwidthPostCopy: "bandwidth.postcopy",
  /** string */
  graphicsUri: "graphics_uri",
  /** string */
  listenAddress: "listen_address",
  /** string, may be repeated */
  migrateDisks: "migrate_disks",
  /** int */
  disksPort: "disks_port",
  /** string */
  disksUri: "disks_uri",
  /** string, may be repeated */
  compression: "compression",
  /** int */
  compressionMtLevel: "compression.mt.level",
  /** int */
  compressionMtThreads: "compression.mt.threads",
  /** int */
  compressionMtDecompressionThreads: "compression.mt.dthreads",
  /** ullong, bytes */
  compressionXbzrleCache: "compression.xbzrle.cache",
  /** int, percent */
  autoConvergeInitial: "auto_converge.initial",
  /** int, percent */
  autoConvergeIncrement: "auto_converge.increment",
  /** int */
  parallelConnections: "parallel.connections",
  /** string */
  tlsDestination: "tls.destination",
} as const;

/** Flags of `domainMigrateSetMaxSpeed` (virDomainMigrateMaxSpeedFlags). */
export const maxSpeedFlags = { postCopy: 1 } as const;

/** Flags of `domainAbortJobFlags` (virDomainAbortJobFlagsValues). */
export const abortJobFlags = { postCopy: 1 } as const;

/** virDomainJobType. A migration in progress is always `unbounded`. */
export const jobType = { none: 0, bounded: 1, unbounded: 2, completed: 3, failed: 4, cancelled: 5 } as const;

/** Value of the figure `operation` (virDomainJobOperation). */
export const jobOperation = {
  unknown: 0,
  start: 1,
  save: 2,
  restore: 3,
  migrationIn: 4,
  migrationOut: 5,
  snapshot: 6,
  snapshotRevert: 7,
  dump: 8,
  backup: 9,
  snapshotDelete: 10,
} as const;

/** Flags of `domainGetJobStats` (virDomainGetJobStatsFlags). */
export const jobStatsFlags = { completed: 1, keepCompleted: 2 } as const;

/** Value of the statistic `dirtyrate.calc_status` (virDomainDirtyRateStatus). */
export const dirtyRateStatus = { unstarted: 0, measuring: 1, measured: 2 } as const;
