/** What holds for all findings, whatever the fabric: over the fixtures of the rules, each of which is a faulty network. */
import { describe, expect, test } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import type { Fabric } from "../fabric.ts";
import { applyChanges } from "../fix/apply.ts";
import { inverse } from "../fix/inverse.ts";
import { checkFabric, checkMoves } from "./check.ts";
import { reversedFabric } from "./fabric-shuffle.fixture.ts";
import { findingsOf, readFixtures } from "./fixtures.fixture.ts";
import type { Finding } from "./finding.ts";
import { inOrder } from "./order.ts";

const fixtures = readFixtures();

describe.each(fixtures)("$name", (fixture) => {
  test("findings do not depend on the order of the document", () => {
    const reversed = { ...fixture, fabric: reversedFabric(fixture.fabric) };
    expect(findingsOf(reversed)).toEqual(findingsOf(fixture));
  });

  test("what is not known for certain never blocks, and every block is mended or advised", () => {
    const found = findingsOf(fixture);
    expect(found.filter(({ severity, certainty }) => severity === "block" && certainty !== "yes")).toEqual([]);
    expect(found.filter(({ certainty }) => certainty === "no")).toEqual([]);
    expect(
      found.filter(({ severity, fix, advice }) => severity === "block" && fix === undefined && advice === undefined),
    ).toEqual([]);
    expect(
      found.filter(
        ({ subjects, message }) => subjects.length === 0 || message === "" || /undefined|NaN|\[object/.test(message),
      ),
    ).toEqual([]);
  });

  test("a port that nobody could read makes no new certain block", () => {
    const before = new Set(findingsOf(fixture).filter(isCertainBlock).map(blockKey));
    for (const fabric of withOneUnreadPort(fixture.fabric)) {
      const more = findingsOf(fixture, fabric).filter(
        (finding) => isCertainBlock(finding) && !before.has(blockKey(finding)),
      );
      expect(more).toEqual([]);
    }
  });

  test("every fix can be taken back", () => {
    for (const change of findingsOf(fixture).flatMap(({ fix = [] }) => fix)) {
      const back = inverse(change);
      if (back === undefined) throw new Error(`nothing takes ${JSON.stringify(change)} back`);
      expect(inverse(back)).toBeDefined();
    }
  });
});

const isCertainBlock = ({ severity, certainty }: Finding): boolean => severity === "block" && certainty === "yes";
/** Who is behind a gap may change with what is known; the gap itself may not be a new one. */
const blockKey = ({ rule, subjects }: Finding): string => `${rule} ${subjects[0] ?? ""}`;

function withOneUnreadPort(fabric: Fabric): readonly Fabric[] {
  return fabric.devices.flatMap((device) =>
    device.ports.map((port) => ({
      ...fabric,
      devices: fabric.devices.map((each) =>
        each === device
          ? {
              ...device,
              ports: device.ports.map((other) =>
                other === port ? { ...port, vlans: { kind: "unknown" as const, why: "no answer" } } : other,
              ),
            }
          : each,
      ),
    })),
  );
}

const mended = fixtures.filter(
  (fixture) =>
    fixture.isTrigger &&
    fixture.evidence === undefined &&
    findingsOf(fixture).some(({ rule, fix = [] }) => rule === fixture.rule && fix.length > 0),
);

test.each(mended)("$name: the fix mends it", (fixture) => {
  const withFix = ({ rule, fix = [] }: Finding): boolean => rule === fixture.rule && fix.length > 0;
  const changes = findingsOf(fixture)
    .filter(withFix)
    .flatMap(({ fix = [] }) => fix);
  expect(findingsOf(fixture, applyChanges(fixture.fabric, changes)).filter(withFix)).toEqual([]);
});

test("several rules have fixes", () => {
  expect(new Set(mended.map(({ rule }) => rule)).size).toBeGreaterThanOrEqual(6);
});

test("findings come sorted by severity, rule and subjects", () => {
  for (const { fabric, moves } of fixtures) {
    const index = indexFabric(fabric);
    for (const found of [checkFabric(index), checkMoves(index, moves)])
      expect(inOrder(found.toReversed())).toEqual(found);
  }
});

test("what nobody describes is said to be so", () => {
  const [{ fabric } = { fabric: undefined }] = fixtures;
  if (fabric === undefined) throw new Error("there are no fixtures");
  const found = checkMoves(indexFabric(fabric), [{ endpoint: "nobody", target: "nowhere" }]);
  expect(found.map(({ severity, certainty, message }) => [severity, certainty, message])).toEqual([
    ["warn", "unknown", "nothing can be said of moving nobody to nowhere: nobody is not described"],
  ]);
});

test("a move to where the endpoint is already, and a batch of none, find nothing", () => {
  for (const { fabric } of fixtures) {
    const index = indexFabric(fabric);
    expect(checkMoves(index, [])).toEqual([]);
    expect(
      checkMoves(
        index,
        fabric.endpoints.map(({ name, device }) => ({ endpoint: name, target: device })),
      ),
    ).toEqual([]);
  }
});
