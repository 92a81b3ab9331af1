/** Numbers of include/libvirt/libvirt-host.h and of storage, which calls about a host take and answer. */

/** Flags of `connectOpen` (virConnectFlags). */
export const openFlags = { readOnly: 1 } as const;

/** virCPUCompareResult. */
export const cpuComparison = { error: -1, incompatible: 0, identical: 1, superset: 2 } as const;

/** virConnectBaselineCPUFlags. */
export const baselineCpuFlags = { expandFeatures: 1, migratable: 2 } as const;

/** virNodeSuspendTarget. */
export const suspendTarget = { memory: 0, disk: 1, hybrid: 2 } as const;

/** virStoragePoolState. */
export const storagePoolState = { inactive: 0, building: 1, running: 2, degraded: 3, inaccessible: 4 } as const;

/** Reason of the event "connection-closed" (virConnectCloseReason). */
export const closeReason = { error: 0, endOfFile: 1, keepalive: 2, client: 3 } as const;
