/** How a move is to go, as options of a command: of one VM, or of each of several. */
import type { Command } from "commander";
import { TrunklineError } from "@trunkline/model";
import type { MoveMode, MoveOptions, StorageCopy, StreamSecurity } from "@trunkline/model";

export interface MoveOptionTexts {
  readonly p2p?: boolean;
  readonly handover?: boolean;
  readonly allowPostcopy?: boolean;
  readonly rate?: string;
  readonly maxDowntime?: string;
  readonly mode?: string;
  readonly deadline?: string;
  readonly tls?: string;
  readonly copyStorage?: string;
  readonly priority?: string;
}

export function addMoveOptions(command: Command): Command {
  return command
    .option("--priority <n>", "place in the queue, -100 to 100; higher goes first", "0")
    .option("--p2p", "let the source's libvirt drive (docs/state-machine.md says what that costs)")
    .option(
      "--no-handover",
      "let frames for the paused guest be lost instead of handing them over to its waiting copy (docs/silence.md)",
    )
    .option("--rate <bps>", "at most so many bits per second; 200M and 1G are understood")
    .option("--max-downtime <ms>", "let QEMU stop the guest only when the rest fits into this time")
    .option("--mode <mode>", "auto, precopy, auto-converge or postcopy", "auto")
    .option("--tls <mode>", "encrypt the memory on its way: off, opportunistic or required")
    .option("--deadline <seconds>", "call the move off, and let the VM stay, when its copy has not ended by then")
    .option(
      "--allow-postcopy",
      "let the rest follow the VM where the copy would not end otherwise (docs/prediction.md: what that risks)",
    )
    .option("--copy-storage <what>", "copy the disks that the target does not share: full or incremental");
}

/** @throws usage.invalid. */
export function moveOptionsOf(options: MoveOptionTexts): MoveOptions {
  const maxRateBps = options.rate === undefined ? undefined : rateOf(options.rate);
  const tls = options.tls === undefined ? undefined : securityOf(options.tls);
  const deadlineMs =
    options.deadline === undefined ? undefined : positiveInteger("--deadline", options.deadline) * 1000;
  const maxDowntimeMs =
    options.maxDowntime === undefined ? undefined : positiveInteger("--max-downtime", options.maxDowntime);
  return {
    driver: options.p2p === true ? "peer-to-peer" : "client",
    mode: modeOf(options.mode ?? "auto"),
    handover: options.handover !== false,
    ...(options.allowPostcopy === true ? { allowPostCopy: true } : {}),
    priority: wholeNumber("--priority", options.priority ?? "0"),
    ...(maxRateBps === undefined ? {} : { maxRateBps }),
    ...(maxDowntimeMs === undefined ? {} : { maxDowntimeMs }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(tls === undefined ? {} : { tls }),
    ...(options.copyStorage === undefined ? {} : { copyStorage: storageCopyOf(options.copyStorage) }),
  };
}

function storageCopyOf(text: string): StorageCopy {
  if (text === "full" || text === "incremental") return text;
  throw new TrunklineError("usage.invalid", `--copy-storage ${text} is neither full nor incremental`);
}

function modeOf(text: string): MoveMode {
  const mode = modes.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw new TrunklineError("usage.invalid", `--mode ${text} is not built; ${modes.join(", ")} are`);
}

function securityOf(text: string): StreamSecurity {
  if (text === "off" || text === "opportunistic" || text === "required") return text;
  throw new TrunklineError("usage.invalid", `--tls ${text} is none of off, opportunistic and required`);
}

const modes: readonly MoveMode[] = ["auto", "precopy", "auto-converge", "postcopy"];

function rateOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  const factor = { "": 1, k: 1e3, M: 1e6, G: 1e9 }[match?.[2] ?? ""] ?? 1;
  const rate = Number(match?.[1]) * factor;
  if (!Number.isFinite(rate) || rate <= 0)
    throw new TrunklineError(
      "usage.invalid",
      `--rate ${text} is not a rate; write bits per second, such as 200M or 1G`,
    );
  return rate;
}

function positiveInteger(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text))
    throw new TrunklineError("usage.invalid", `${option} ${text} is not a positive whole number`);
  return Number(text);
}

function wholeNumber(option: string, text: string): number {
  if (!/^-?\d{1,3}$/.test(text)) throw new TrunklineError("usage.invalid", `${option} ${text} is not a whole number`);
  return Number(text);
}
