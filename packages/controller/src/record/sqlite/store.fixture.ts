/** A folder for store files, moves to put into them, and a clock that stands still until it is told otherwise. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostName, moveId, vmId } from "@trunkline/model";
import type { MoveReport, MoveRequest } from "@trunkline/model";
import type { Clock } from "@trunkline/ports";
import { systemClock } from "../../adapters/system/system-clock.ts";

export interface StoreFolder {
  readonly path: string;
  file(name: string): string;
  remove(): void;
}

export function storeFolder(): StoreFolder {
  const folder = mkdtempSync(join(tmpdir(), "trunkline-store-"));
  return {
    path: join(folder, "state", "journal.db"),
    file: (name) => join(folder, name),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const frozenClock: Clock = { ...systemClock, timestamp: () => "2026-03-01T12:00:00.000Z" };

export const requestOf = (id: string, changes: Partial<MoveRequest> = {}): MoveRequest => ({
  id: moveId(id),
  vm: vmId("6f1d9d1e-1111-4222-8333-abcdefabcdef"),
  vmName: "vm1",
  source: hostName("h1"),
  target: hostName("h2"),
  sourceUri: "qemu+unix:///system?socket=/a",
  targetUri: "qemu+unix:///system?socket=/b",
  driver: "client",
  memoryMiB: 256,
  isPersistent: false,
  handover: false,
  asked: { by: "test", origin: "operator", priority: 0, outlivesProcess: true },
  ...changes,
});

export const reportFor = (request: MoveRequest): MoveReport => ({
  moveId: request.id,
  vm: request.vmName,
  source: request.source,
  target: request.target,
  outcome: "completed",
  runsOn: request.target,
  checks: [],
  predicted: null,
  measured: null,
  evidence: [],
  failure: null,
});
