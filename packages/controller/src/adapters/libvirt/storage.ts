/** Disks on a host's own storage, by libvirt's: how large they are, what room another host has, and one that is removed. */
import { dirname } from "node:path";
import { domByUuid, remoteErrorCode, storagePoolState } from "@trunkline/libvirt";
import type { Connection, ProcedureResult } from "@trunkline/libvirt";
import type { VmId } from "@trunkline/model";
import type { DiskSize, StorageRoom } from "@trunkline/ports";
import { remoteCodeOf } from "./errors.ts";

export async function diskSizes(
  connection: Connection,
  vm: VmId,
  disks: readonly string[],
  signal: AbortSignal,
): Promise<readonly DiskSize[] | undefined> {
  const dom = domByUuid(vm);
  const sizeOf = async (target: string): Promise<DiskSize> => {
    const info = await connection.call("domainGetBlockInfo", { dom, path: target, flags: 0 }, { signal });
    return { target, capacityBytes: Number(info.capacityBytes), allocatedBytes: Number(info.allocationBytes) };
  };
  return await unless(remoteErrorCode.noDomain, async () => await Promise.all(disks.map(sizeOf)));
}

/** A pool is asked to look at its folder first: what was put there by hand since is not among its volumes. */
export async function roomFor(
  connection: Connection,
  path: string,
  signal: AbortSignal,
): Promise<StorageRoom | undefined> {
  return await unless(remoteErrorCode.noStoragePool, async () => {
    const folder = { path: dirname(path) };
    const { pool } = await connection.call("storagePoolLookupByTargetPath", folder, { signal });
    const before = await connection.call("storagePoolGetInfo", { pool }, { signal });
    if (before.state !== storagePoolState.running) return undefined;
    await connection.call("storagePoolRefresh", { pool, flags: 0 }, { signal });
    const { availableBytes } = await connection.call("storagePoolGetInfo", { pool }, { signal });
    const volume = await volumeAt(connection, path, signal);
    return { pool: pool.name, availableBytes: Number(availableBytes), hasFile: volume !== undefined };
  });
}

export async function removeVolume(connection: Connection, path: string, signal: AbortSignal): Promise<void> {
  if ((await roomFor(connection, path, signal))?.hasFile !== true) return;
  const volume = await volumeAt(connection, path, signal);
  if (volume !== undefined) await connection.call("storageVolDelete", { volume, flags: 0 }, { signal });
}

async function volumeAt(
  connection: Connection,
  path: string,
  signal: AbortSignal,
): Promise<ProcedureResult<"storageVolLookupByPath">["volume"] | undefined> {
  return await unless(
    remoteErrorCode.noStorageVolume,
    async () => (await connection.call("storageVolLookupByPath", { path }, { signal })).volume,
  );
}

async function unless<T>(code: number, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (remoteCodeOf(error) === code) return undefined;
    throw error;
  }
}
