/** libvirt's notation of a version: major * 1,000,000 + minor * 1,000 + release. */
import type { Version } from "@trunkline/model";

export function versionOf(packed: bigint): Version {
  const number = Number(packed);
  return {
    major: Math.floor(number / 1_000_000),
    minor: Math.floor(number / 1_000) % 1_000,
    patch: number % 1_000,
  };
}
