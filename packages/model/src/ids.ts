/**
 * Identities. A brand costs nothing at run time and keeps a host's name from being passed where a VM's id is asked for.
 * A VM is identified by its UUID alone: names may be given twice, UUIDs may not run twice.
 */

export type HostName = string & { readonly brand: "HostName" };
export type VmId = string & { readonly brand: "VmId" };
export type MoveId = string & { readonly brand: "MoveId" };
export type BatchId = string & { readonly brand: "BatchId" };

export const hostName = (text: string): HostName => text as HostName;
export const moveId = (text: string): MoveId => text as MoveId;
export const batchId = (text: string): BatchId => text as BatchId;

/** @param text a UUID in any case, with or without dashes. @returns its canonical form: lower case, with dashes. */
export function vmId(text: string): VmId {
  // The form in which hypervisors tell it, thousands at a time.
  if (canonicalUuid.test(text)) return text as VmId;
  const hex = text.toLowerCase().replaceAll("-", "");
  if (!/^[0-9a-f]{32}$/.test(hex)) throw new TypeError(`not a UUID: ${JSON.stringify(text)}`);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return parts.join("-") as VmId;
}

const canonicalUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
