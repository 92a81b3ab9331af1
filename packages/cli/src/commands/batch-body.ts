/** The words of `trunkline batch run`, and its file, as the request that they mean. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { parseBatchFile } from "@trunkline/api";
import { TrunklineError, hostName, messageOf } from "@trunkline/model";
import type { OnFailure } from "@trunkline/model";
import type { BatchBody } from "../follow/follow-batch.ts";
import { moveOptionsOf } from "./move-options.ts";
import type { MoveOptionTexts } from "./move-options.ts";

export interface BatchOptionTexts extends MoveOptionTexts {
  readonly file?: string;
  /** `vm2:vm1` */
  readonly after: readonly string[];
  readonly onFailure?: string;
}

type BatchMove = BatchBody["moves"][number];

/** What stands on the command line comes after what stands in the file. @throws usage.invalid. */
export function batchBody(texts: readonly string[], options: BatchOptionTexts): BatchBody {
  const file = options.file === undefined ? undefined : readBatchFile(options.file);
  const moves = [...(file?.moves ?? []), ...texts.map(moveOf)];
  if (moves.length === 0) throw new TrunklineError("usage.invalid", "no VM is named: write VM=HOST, or give a --file");
  const onFailure = options.onFailure === undefined ? file?.onFailure : onFailureOf(options.onFailure);
  return {
    moves: withOrder(moves, options.after),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...moveOptionsOf(options),
  };
}

/** Names of hosts have no equals sign, names of VMs may. */
function moveOf(text: string): BatchMove {
  const at = text.lastIndexOf("=");
  const [vm, target] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  if (vm === "" || target === "") throw new TrunklineError("usage.invalid", `"${text}" is neither VM=HOST nor VM`);
  return target === undefined ? { vm } : { vm, target: hostName(target) };
}

function withOrder(moves: readonly BatchMove[], after: readonly string[]): BatchMove[] {
  const orders = after.map((text) => {
    const [vm, other, ...rest] = text.split(":");
    if (vm === undefined || vm === "" || other === undefined || other === "" || rest.length > 0)
      throw new TrunklineError("usage.invalid", `--after ${text} is not VM:VM`);
    if (moves.every((move) => move.vm !== vm))
      throw new TrunklineError("usage.invalid", `--after ${text}: ${vm} is not in the batch`);
    return { vm, other };
  });
  return moves.map((move) => {
    const others = orders.flatMap(({ vm, other }) => (vm === move.vm ? [other] : []));
    return others.length === 0 ? move : { ...move, after: [...(move.after ?? []), ...others] };
  });
}

function onFailureOf(text: string): OnFailure {
  if (text === "stop" || text === "continue") return text;
  throw new TrunklineError("usage.invalid", `--on-failure ${text} is neither stop nor continue`);
}

function readBatchFile(path: string): ReturnType<typeof parseBatchFile> {
  try {
    return parseBatchFile(parse(readFileSync(path, "utf8")));
  } catch (cause) {
    if (cause instanceof TrunklineError) throw cause;
    throw new TrunklineError("usage.invalid", `${path} could not be read: ${messageOf(cause)}`, { cause });
  }
}
