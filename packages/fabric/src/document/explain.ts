/**
 * zod's issues as problems of the document. A union fails in every branch: told is the branch that was meant, which is the
 * one whose complaint is not that the value is of another kind altogether.
 */
import type { z } from "zod";
import { partsOfLesson, quoted } from "./lesson.ts";
import { didYouMean, nearestOf } from "./nearest.ts";
import { showPath } from "./problem.ts";
import type { DocumentPath, Problem } from "./problem.ts";

type Issue = z.core.$ZodIssue;

interface Explained extends Problem {
  /** The known key that an unknown one was probably meant to be. */
  readonly meantKey?: string | undefined;
  readonly isMissing?: boolean;
}

/**
 * @param data what was parsed, to tell a missing value from a wrong one.
 * @returns a problem for each thing to mend: a key that is missing because it is misspelled is told once.
 */
export function explain(issues: readonly Issue[], data: unknown): readonly Problem[] {
  const problems = issues.flatMap((issue) => explainOne(issue, data, []));
  const meant = new Set(
    problems.flatMap(({ path, meantKey }) =>
      meantKey === undefined ? [] : [showPath([...path.slice(0, -1), meantKey])],
    ),
  );
  return problems.filter(({ path, isMissing }) => isMissing !== true || !meant.has(showPath(path)));
}

function explainOne(issue: Issue, data: unknown, above: DocumentPath): readonly Explained[] {
  const path = [...above, ...issue.path.map((key) => (typeof key === "symbol" ? key.toString() : key))];
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(" ");
    return issue.keys.map((key) => unknownKey([...path, key], key, known));
  }
  if (issue.code === "invalid_union") {
    const meant = issue.errors.find((branch) => !branch.some(isBesideThePoint));
    if (meant !== undefined) return meant.flatMap((inner) => explainOne(inner, data, path));
    const misspelled = issue.errors.flat().find(isMisspelled);
    if (misspelled !== undefined) return explainOne(misspelled, data, path);
  }
  const lesson = partsOfLesson(issue.code === "invalid_key" ? (issue.issues[0]?.message ?? "") : issue.message);
  const key = path.at(-1);
  const isMissing = typeof key === "string" && valueAt(data, path) === undefined;
  return [{ path, message: isMissing ? `"${key}" is missing` : lesson.message, hint: lesson.hint, isMissing }];
}

function isMisspelled({ code, message }: Issue): boolean {
  return code === "invalid_value" && partsOfLesson(message).hint.startsWith("Did you mean");
}

function isBesideThePoint(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === "invalid_union") return issue.errors.every((branch) => branch.some(isBesideThePoint));
  return issue.code === "invalid_type" || issue.code === "invalid_value";
}

/** What other tools call the same thing; the first that is known in the place is suggested. */
const otherWords: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    address: ["addresses"],
    bandwidth: ["capacity", "rate"],
    delay: ["latency"],
    host: ["device"],
    hosts: ["devices"],
    id: ["name", "vlan"],
    ip: ["address", "addresses"],
    prefix: ["subnets"],
    pvid: ["native", "access"],
    speed: ["capacity", "rate"],
    subnet: ["subnets", "prefix"],
    tag: ["access", "vlan"],
    tagged: ["trunk"],
    type: ["kind"],
    untagged: ["access", "native"],
    vlan: ["access", "segment"],
    vlans: ["trunk", "segments"],
    vms: ["endpoints"],
  }),
);

function unknownKey(path: DocumentPath, key: string, known: readonly string[]): Explained {
  const word = otherWords.get(key.toLowerCase())?.find((candidate) => known.includes(candidate));
  const meantKey = word ?? nearestOf(key, known);
  const hint = meantKey === undefined ? didYouMean(key, known, "keys here") : `Did you mean "${meantKey}"?`;
  return { path, message: `there is no key ${quoted(key)} here`, hint, isAboutKey: true, meantKey };
}

function valueAt(data: unknown, path: DocumentPath): unknown {
  let value = data;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[key];
  }
  return value;
}
