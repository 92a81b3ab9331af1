/** Is the guest whole? Its memory by its own checksums, its disk read back by itself and read from outside. */
import type { Lab } from "@trunkline/lab";
import { TrunklineError } from "@trunkline/model";

export interface Wholeness {
  readonly memoryErrors: number;
  readonly memoryPagesChecked: number;
  /** Records that the guest had on stable storage and that are missing or damaged. */
  readonly diskWritesLost: number;
}

export async function proveWhole(lab: Lab, vm: string): Promise<Wholeness> {
  const status = await lab.guestStatus(vm, { verify: true });
  if (status === undefined)
    throw new TrunklineError("lab.failed", `the guest ${vm} does not answer its status port`, {
      hint: "Look at its console in the lab's folder.",
    });
  const disk = lab.readDiskRecords(vm);
  const missing = Math.max(0, status.recordsWritten - disk.valid);
  return {
    memoryErrors: status.memoryErrors,
    memoryPagesChecked: status.memoryPagesChecked,
    diskWritesLost: missing + disk.corrupt + status.diskVerifyErrors + status.writeErrors,
  };
}
