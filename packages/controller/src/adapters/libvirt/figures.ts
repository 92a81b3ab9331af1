/** Job statistics (virDomainGetJobStats) as progress and as final figures. */
import { numberParam } from "@trunkline/libvirt";
import type { TypedParam } from "@trunkline/libvirt";
import type { TransferFigures } from "@trunkline/model";
import type { TransferProgress } from "@trunkline/ports";

export function progressOf(params: readonly TypedParam[]): TransferProgress {
  const rate = numberParam(params, "memory_bps");
  const dirtyPages = numberParam(params, "memory_dirty_rate");
  const pageSize = numberParam(params, "memory_page_size") ?? defaultPageBytes;
  return {
    elapsedMs: numberParam(params, "time_elapsed") ?? 0,
    memoryTotalBytes: numberParam(params, "memory_total") ?? 0,
    memoryRemainingBytes: numberParam(params, "memory_remaining") ?? 0,
    memorySentBytes: numberParam(params, "memory_processed") ?? 0,
    // libvirt's memory_bps is bytes per second.
    rateBps: rate === undefined ? undefined : rate * bitsPerByte,
    round: numberParam(params, "memory_iteration") ?? 0,
    dirtyRateBps: dirtyPages === undefined ? undefined : dirtyPages * pageSize * bitsPerByte,
    ...disksOf(params),
  };
}

function disksOf(params: readonly TypedParam[]): Pick<TransferProgress, "disks"> {
  const totalBytes = numberParam(params, "disk_total") ?? 0;
  const remainingBytes = numberParam(params, "disk_remaining") ?? 0;
  return totalBytes === 0 ? {} : { disks: { totalBytes, remainingBytes } };
}

export function figuresOf(params: readonly TypedParam[]): TransferFigures {
  const downtimeMs = numberParam(params, "downtime");
  const bytesSent = numberParam(params, "data_processed");
  const rounds = numberParam(params, "memory_iteration");
  const totalMs = numberParam(params, "time_elapsed");
  return {
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
    ...(bytesSent === undefined ? {} : { bytesSent }),
    ...(rounds === undefined ? {} : { rounds }),
    ...(totalMs === undefined ? {} : { totalMs }),
  };
}

const bitsPerByte = 8;
const defaultPageBytes = 4096;

/** libvirt takes whole MiB per second; a cap below one would mean "no cap", so one is the least. */
export const mibPerS = (bps: number): number => Math.max(1, Math.round(bps / 8 / 1024 / 1024));
