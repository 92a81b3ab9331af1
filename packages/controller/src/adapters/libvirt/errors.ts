/** libvirt's errors in our words: an answer is `host.failed`, everything else is silence. */
import { LibvirtError } from "@trunkline/libvirt";
import { TrunklineError, messageOf } from "@trunkline/model";
import type { HostName } from "@trunkline/model";

export function hostError(host: HostName, doing: string, cause: unknown): TrunklineError {
  if (cause instanceof TrunklineError) return cause;
  if (cause instanceof LibvirtError && cause.remote !== undefined)
    return new TrunklineError("host.failed", `${host} refused to ${doing}: ${cause.remote.message}`, {
      cause,
      details: { host, libvirtCode: cause.remote.code, libvirtDomain: cause.remote.domain },
    });
  const hint = cause instanceof LibvirtError ? { hint: cause.hint } : {};
  return new TrunklineError("host.unreachable", `${host} could not be asked to ${doing}: ${messageOf(cause)}`, {
    cause,
    ...hint,
    details: { host },
  });
}

/** @returns libvirt's own error number, when it was libvirt who answered. */
export const remoteCodeOf = (error: unknown): number | undefined =>
  error instanceof LibvirtError ? error.remote?.code : undefined;
