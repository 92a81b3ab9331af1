/**
 * The fixtures of the rules: fabric documents that trigger a rule, or come near and must not. What is asked of them
 * besides stands in comments at their top (`# moves: vm1 -> h2`, `# options: { concurrentMoves: 3 }`) or in a file
 * beside them (`.observations.json`, `.evidence.json`).
 */
import { parse } from "yaml";
import { parseFabricDocument } from "../document/parse.ts";
import { indexFabric } from "../fabric-index.ts";
import type { Fabric } from "../fabric.ts";
import { describeChange } from "../fix/describe.ts";
import { diffFabric } from "../observed/diff-fabric.ts";
import type { Observation } from "../observed/observation.ts";
import type { PlannedMove } from "../path/way.ts";
import { checkFabric, checkMoves } from "./check.ts";
import { driftFindings } from "./drift.ts";
import type { Finding, FindingRule } from "./finding.ts";
import { ruleNumbers } from "./order.ts";
import type { FindingOptions } from "./policy.ts";
import { checkPostMove } from "./post-move.ts";
import type { PostMoveEvidence } from "./post-move.ts";

export interface RuleFixture {
  /** `vlan-path.trigger`. */
  readonly name: string;
  readonly rule: FindingRule;
  readonly isTrigger: boolean;
  readonly fabric: Fabric;
  readonly moves: readonly PlannedMove[];
  readonly options: FindingOptions;
  readonly observations?: readonly Observation[];
  readonly evidence?: PostMoveEvidence;
}

/** @param files texts by name, of the folder `__fixtures__`: a test reads them, for this room touches no file. */
export function fixturesIn(files: ReadonlyMap<string, string>): readonly RuleFixture[] {
  return [...files.keys()]
    .filter((file) => file.endsWith(".yaml"))
    .toSorted()
    .map((file) => fixtureOf(files, file.replace(/\.yaml$/, "")));
}

function fixtureOf(files: ReadonlyMap<string, string>, name: string): RuleFixture {
  const [rule, kind = ""] = name.split(".");
  if (!isRule(rule) || !/^(?:trigger|near-miss)(?:-[a-z-]+)?$/.test(kind))
    throw new Error(`${name} is no fixture of a rule`);
  const text = files.get(`${name}.yaml`) ?? "";
  const [observations, evidence] = ["observations", "evidence"].map((what): unknown =>
    JSON.parse(files.get(`${name}.${what}.json`) ?? "null"),
  );
  return {
    name,
    rule,
    isTrigger: kind.startsWith("trigger"),
    fabric: parseFabricDocument(text, `${name}.yaml`),
    moves: movesIn(text),
    options: (parse(/^# options: (.*)$/m.exec(text)?.[1] ?? "{}") ?? {}) as FindingOptions,
    ...(observations === null ? {} : { observations: observations as readonly Observation[] }),
    ...(evidence === null ? {} : { evidence: evidence as PostMoveEvidence }),
  };
}

const isRule = (text: string | undefined): text is FindingRule =>
  text !== undefined && Object.hasOwn(ruleNumbers, text);

function movesIn(text: string): readonly PlannedMove[] {
  const words = /^# moves: (.*)$/m.exec(text)?.[1];
  return (words ?? "").split(", ").flatMap((move) => {
    const [endpoint, target] = move.split(" -> ");
    return endpoint === undefined || target === undefined ? [] : [{ endpoint, target }];
  });
}

/** Everything that is found in the fixture, of its rule or any other. */
export function findingsOf(fixture: RuleFixture, fabric: Fabric = fixture.fabric): readonly Finding[] {
  const index = indexFabric(fabric);
  return [
    ...checkFabric(index),
    ...(fixture.moves.length === 0 ? [] : checkMoves(index, fixture.moves, fixture.options)),
    ...(fixture.observations === undefined ? [] : driftFindings(diffFabric(fabric, fixture.observations))),
    ...(fixture.evidence === undefined ? [] : checkPostMove(index, fixture.evidence)),
  ];
}

/** One paragraph, as goldens hold it. */
export function findingText(finding: Finding): string {
  const { rule, severity, certainty, subjects, message, figures = [], evidence, fix = [], advice } = finding;
  return [
    `${severity}: ${message}`,
    `  rule: ${rule}, certainty: ${certainty}`,
    `  subjects: ${subjects.join(", ")}`,
    ...figures.map(
      ({ name, before, after, unit }) =>
        `  figure: ${name} ${[before, after].filter((value) => value !== undefined).join(" -> ")} ${unit}`,
    ),
    ...evidence.map((text) => `  evidence: ${text}`),
    ...fix.map((change) => `  fix: ${describeChange(change)}`),
    ...(advice === undefined ? [] : [`  advice: ${advice}`]),
  ].join("\n");
}
