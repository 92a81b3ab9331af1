/**
 * What is wrong with a document, and how it is told. Problems of one stage are gathered and told together, each with its
 * place and with what would be right: whoever writes such a file wants one round of mending, not ten.
 */
import { TrunklineError } from "@trunkline/model";
import { limits } from "../limits.ts";

export type DocumentPath = readonly (string | number)[];

export interface Problem {
  readonly path: DocumentPath;
  /** Without a full stop. */
  readonly message: string;
  /** What to do about it, as whole sentences. */
  readonly hint: string;
  /** It is the key that is wrong, not its value. */
  readonly isAboutKey?: boolean;
}

/** Hints that look for similar names are given as functions: only those that are told are worked out. */
export type Complain = (path: DocumentPath, message: string, hint: string | (() => string)) => void;

/** Keeps the first problems of a stage and counts the rest. */
export interface Ledger {
  readonly add: (problem: Problem) => void;
  readonly complain: Complain;
  readonly problems: readonly Problem[];
  readonly total: () => number;
}

export function openLedger(): Ledger {
  const problems: Problem[] = [];
  let total = 0;
  const isFull = (): boolean => {
    total += 1;
    return problems.length >= limits.documentProblems;
  };
  return {
    problems,
    total: () => total,
    add: (problem) => {
      if (!isFull()) problems.push(problem);
    },
    complain: (path, message, hint) => {
      if (!isFull()) problems.push({ path, message, hint: typeof hint === "string" ? hint : hint() });
    },
  };
}

/** Syntax, then shape, then what the parts owe each other: a stage is only reached when those before it are in order. */
export type Stage = "syntax" | "shape" | "references";

const stageWords: Readonly<Record<Stage, string>> = {
  syntax: "in its syntax",
  shape: "in the shape of its entries",
  references: "in what its entries say of each other",
};

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** @param placeOf undefined where the place is not known: large documents in JSON. */
export function refusal(
  file: string,
  stage: Stage,
  ledger: Ledger,
  placeOf: (problem: Problem) => Place | undefined,
): TrunklineError {
  const placed = ledger.problems.map((problem) => ({ ...problem, place: placeOf(problem) }));
  const sorted = placed.toSorted(
    (one, other) =>
      (one.place?.line ?? 0) - (other.place?.line ?? 0) || (one.place?.column ?? 0) - (other.place?.column ?? 0),
  );
  const problems = sorted.map(({ place, path, message, hint }) => {
    const where = place === undefined ? file : `${file}:${place.line}:${place.column}`;
    return [where, ...(path.length === 0 ? [] : [showPath(path)])].join(" ") + `: ${message}. ${hint}`;
  });
  const rest = ledger.total() - problems.length;
  const told = rest === 0 ? problems : [...problems, `and ${rest} more`];
  const count = ledger.total() === 1 ? "1 error" : `${ledger.total()} errors`;
  return new TrunklineError(
    "fabric.invalid",
    `${file} is not a valid fabric document: ${count} ${stageWords[stage]}\n  ${told.join("\n  ")}`,
    { details: { path: file, stage, problems } },
  );
}

/** devices, 0, name → devices[0].name */
export function showPath(path: DocumentPath): string {
  return path.map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");
}
