/** What the doctor says of one thing, and how the questions are put: side by side, each with a deadline. */
import { messageOf } from "@trunkline/model";
import { limits } from "../limits.ts";

export const areas = ["machine", "lab", "state", "service", "hosts"] as const;

export type Area = (typeof areas)[number];

/** `unknown` is no fault: it could not be found out, and the message says why. */
export type FindingState = "ok" | "degraded" | "missing" | "unknown";

export interface Finding {
  readonly area: Area;
  readonly name: string;
  readonly state: FindingState;
  readonly message: string;
  /** Trunkline cannot move a VM before this is mended. */
  readonly isNeeded: boolean;
  /** What does not work, or works less well, while it stays as it is. */
  readonly consequence?: string;
  /** The command or the deed that mends it. */
  readonly fix?: string;
}

export interface Question {
  readonly area: Area;
  readonly name: string;
  readonly ask: (signal: AbortSignal) => Promise<readonly Finding[]>;
}

/** All answers in the order of the questions. Never rejects, and takes hardly longer than the deadline. */
export async function askAll(questions: readonly Question[], deadlineMs: number): Promise<readonly Finding[]> {
  const answers = questions.map(async (question) => await answerTo(question, deadlineMs));
  return (await Promise.all(answers)).flat();
}

export const healthy = (findings: readonly Finding[]): boolean =>
  findings.every(({ state, isNeeded }) => state !== "missing" || !isNeeded);

async function answerTo({ area, name, ask }: Question, deadlineMs: number): Promise<readonly Finding[]> {
  const over = new AbortController();
  const unknown = (message: string): Finding => ({ area, name, state: "unknown", message, isNeeded: false });
  const timers: NodeJS.Timeout[] = [];
  const tooLate = new Promise<readonly Finding[]>((resolve) => {
    const late = `no answer within ${deadlineMs} ms`;
    timers.push(
      setTimeout(() => {
        over.abort(new Error(late));
      }, deadlineMs),
      // Whoever was asked may say in its own words what the silence means; one that does not even do that is left.
      setTimeout(() => {
        resolve([unknown(late)]);
      }, deadlineMs + limits.doctorGraceMs),
    );
  });
  try {
    return await Promise.race([ask(over.signal), tooLate]);
  } catch (error) {
    return [unknown(`could not be found out: ${messageOf(error)}`)];
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}
