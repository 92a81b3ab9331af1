/** Disks that the target does not share: which of them travel with the move, and what keeps them from it. */
import type { CheckResult, DiskCopy } from "@trunkline/model";
import type { LocalDisk, MoveFacts } from "./facts.ts";

/** The file that the target opens under a disk's path is the source's own. */
export function isShared({ disks }: Pick<MoveFacts, "disks">, target: string): boolean {
  const proof = disks.find((candidate) => candidate.target === target);
  const opens = proof?.opens.known === true && proof.opens.value;
  const isOther = proof?.isSame?.known === true && !proof.isSame.value;
  return opens && !isOther;
}

/** Those that are to travel, whatever keeps them from it. */
export const travellingDisks = (facts: MoveFacts): readonly LocalDisk[] =>
  (facts.storage?.disks ?? []).filter(({ target }) => !isShared(facts, target));

/** As the plan of the move has them: those whose size is known. */
export const diskCopiesOf = (facts: MoveFacts): readonly DiskCopy[] =>
  travellingDisks(facts).flatMap(({ target, path, size }) => (size.known ? [{ target, path, ...size.value }] : []));

export function disksCopied(facts: MoveFacts): readonly CheckResult[] {
  return travellingDisks(facts).map((disk) => ({
    rule: "disk-copy",
    subject: `${facts.vm.name}/${disk.target}`,
    ...verdictOn(facts, disk),
  }));
}

type Verdict = Pick<CheckResult, "severity" | "message" | "fix">;

function verdictOn({ target, storage, source }: MoveFacts, { path, size, room }: LocalDisk): Verdict {
  const block = (message: string, fix: string): Verdict => ({ severity: "block", message, fix });
  if (!size.known)
    return block(`${source} does not say how large ${path} is: ${size.why}`, `on ${source}: virsh domblkinfo VM DISK`);
  if (!room.known)
    return block(`${target} does not say what room it has for ${path}: ${room.why}`, `on ${target}: virsh pool-list`);
  const folder = path.slice(0, Math.max(1, path.lastIndexOf("/")));
  if (room.value === null)
    return block(
      `${target} has no running storage pool for ${folder}, so nothing there can make ${path}`,
      `on ${target}: virsh pool-define-as NAME dir --target ${folder} && virsh pool-start NAME`,
    );
  const { pool, availableBytes, hasFile } = room.value;
  if (storage?.copy === "full" && hasFile)
    return block(
      `${target} has a file ${path} of its own, which the copy would overwrite`,
      `if nobody needs it, on ${target}: virsh vol-delete ${path}`,
    );
  if (storage?.copy === "incremental" && !hasFile)
    return block(
      `${target} has no ${path}: an incremental copy goes into an image that is there, above the same backing file`,
      `on ${target}: qemu-img create -f qcow2 -F FORMAT -b BACKING_FILE ${path}, or take --copy-storage full`,
    );
  const { allocatedBytes, capacityBytes } = size.value;
  const held = `${gib(allocatedBytes)} of its ${gib(capacityBytes)}`;
  if (availableBytes < allocatedBytes)
    return block(
      `${path} holds ${held}, and the pool ${pool} on ${target} has ${gib(availableBytes)} free`,
      `make room on ${target}: virsh vol-list ${pool} --details`,
    );
  const message = `${path} (${held}) is copied into the pool ${pool} on ${target}`;
  if (availableBytes < capacityBytes)
    return { severity: "warn", message: `${message}, which has too little room for all of it once it is filled` };
  return { severity: "pass", message: `${message}; the file on ${source} stays where it is` };
}

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
