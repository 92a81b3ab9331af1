/**
 * How memory is to be copied: the plainest way that is expected to end, with the reason in words. Where none is, the move
 * is refused and the ways out are named, unless the operator has asked for that very mode.
 */
import type { CheckResult, MoveMode, Prediction, TransferPlan } from "@trunkline/model";
import { predict } from "./predict.ts";
import type { PredictionInput } from "./predict.ts";

export interface TransferChoice {
  readonly plan: TransferPlan;
  readonly predicted: Prediction;
  readonly check: CheckResult;
}

export interface TransferWish {
  readonly mode: MoveMode;
  /** By which the copy is to have ended; without it, whenever it ends. */
  readonly deadlineMs?: number | undefined;
  /** `auto` may take post-copy where the copy would not end, and a deadline leads to it instead of calling the copy off. */
  readonly allowPostCopy?: boolean | undefined;
}

export function chooseTransfer(
  { mode, deadlineMs = Infinity, allowPostCopy = false }: TransferWish,
  subject: string,
  asked: PredictionInput,
): TransferChoice {
  const { maxDowntimeMs } = asked;
  const downtimeRises = mode === "auto";
  const input = { ...asked, downtimeRises };
  const plain = predict(input);
  const braked = predict({ ...input, autoConverge: usualBrake });
  const isBounded = deadlineMs !== Infinity;
  const bounds = {
    maxDowntimeMs,
    downtimeRises,
    ...(allowPostCopy && isBounded ? { postCopy: "at-deadline" as const } : {}),
  };
  const choices: Readonly<Record<Exclude<MoveMode, "auto">, Omit<TransferChoice, "check">>> = {
    precopy: { plan: { mode: "precopy", ...bounds }, predicted: plain },
    "auto-converge": { plan: { mode: "auto-converge", autoConverge: usualBrake, ...bounds }, predicted: braked },
    postcopy: {
      plan: { mode: "postcopy", ...bounds, postCopy: "after-first-round" },
      predicted: predict({ ...input, postCopy: true }),
    },
  };
  const judged = (
    choice: Omit<TransferChoice, "check">,
    severity: CheckResult["severity"],
    message: string,
    fix?: string,
  ): TransferChoice => {
    const check = { rule: "convergence", severity, subject, message, ...(fix === undefined ? {} : { fix }) };
    return { ...choice, check };
  };
  if (mode === "postcopy") return judged(choices.postcopy, "warn", `as asked for, ${follows}`);
  if (mode !== "auto") {
    const choice = choices[mode];
    if (choice.predicted.verdict === "converges") return judged(choice, "pass", `${ends} with ${mode}, as asked for`);
    const isSure = choice.predicted.verdict === "does-not-converge";
    const message = `${isSure ? never : perhaps} with ${mode}, as asked for`;
    return judged(choice, isSure ? "warn" : "unknown", message, waysOut(mode));
  }
  if (allowPostCopy && plain.verdict !== "converges")
    return judged(choices.postcopy, "warn", `${plain.verdict === "uncertain" ? perhaps : never}: ${follows}`);
  const isInTime = ({ totalMs }: Prediction): boolean => totalMs <= deadlineMs;
  if (plain.verdict === "converges" && (isInTime(plain) || !isInTime(braked)))
    return isInTime(plain)
      ? judged(choices.precopy, "pass", `${ends} without slowing the guest down`)
      : judged(choices.precopy, "warn", tooLate(plain, deadlineMs), "a higher --rate, or a later --deadline");
  if (plain.verdict === "converges")
    return judged(choices["auto-converge"], "warn", `${tooLate(plain, deadlineMs)}; slowed down, the guest makes it`);
  if (braked.verdict !== "does-not-converge") {
    const why = plain.verdict === "uncertain" ? perhaps : never;
    const message = `${why} by itself: the guest is slowed down as far as that needs (auto-converge)`;
    // Whether it will be slowed down at all shows in the copy; a prediction that it may is no warning.
    return judged(choices["auto-converge"], plain.verdict === "uncertain" ? "pass" : "warn", message);
  }
  return judged(choices["auto-converge"], "block", `${never}, not even with the guest slowed down`, waysOut("auto"));
}

const tooLate = ({ totalMs }: Prediction, deadlineMs: number): string =>
  `the copy ends, but in ${Math.ceil(totalMs / 1000)} s, and it is given ${Math.round(deadlineMs / 1000)} s`;

const ends = "the copy ends";
const follows =
  "after one round the guest goes on at the target, and what is left follows (post-copy); from then on it is lost if either " +
  "host dies, and stands still while they cannot reach each other";
const perhaps = "the copy may not end";
const never = "memory is dirtied faster than it is sent, so the copy does not end";

const waysOut = (mode: MoveMode): string =>
  [
    "give it a higher --rate, or a longer --max-downtime",
    ...(mode === "precopy" ? ["take --mode auto, which slows the guest down"] : []),
    "move it when it writes less",
    ...(mode === "auto" ? ["--allow-postcopy ends it in any case", "--mode precopy tries all the same"] : []),
  ].join("; ");

/** QEMU's defaults for `cpu-throttle-initial` and `cpu-throttle-increment`. */
const usualBrake = { initial: 20, increment: 10 } as const;
