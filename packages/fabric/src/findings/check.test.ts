/** What holds for all findings, whatever the fabric: over the fixtures of the rules, each of which is a faulty network. */
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import type { Fabric } from "../fabric.ts";
import { applyChanges } from "../fix/apply.ts";
import { inverse } from "../fix/inverse.ts";
import { checkFabric, checkMoves } from "./check.ts";
import { drawnNetwork } from "./drawn-networks.fixture.ts";
import { reversedFabric } from "./fabric-shuffle.fixture.ts";
import { findingsOf, fixturesIn } from "./fixtures.fixture.ts";
import type { RuleFixture } from "./fixtures.fixture.ts";
import type { Finding } from "./finding.ts";
import { inOrder } from "./order.ts";

const folder = fileURLToPath(new URL("__fixtures__/", import.meta.url));
const fixtures = fixturesIn(
  new Map(readdirSync(folder).map((file) => [file, readFileSync(`${folder}${file}`, "utf8")])),
);

const foundByName = new Map(fixtures.map((fixture) => [fixture.name, findingsOf(fixture)]));
const foundOf = (fixture: RuleFixture): readonly Finding[] => foundByName.get(fixture.name) ?? [];

describe.each(fixtures)("$name", (fixture) => {
  test("findings do not depend on the order of the document", () => {
    const reversed = { ...fixture, fabric: reversedFabric(fixture.fabric) };
    expect(findingsOf(reversed)).toEqual(foundOf(fixture));
  });

  test("what is not known for certain never blocks, and every block is mended or advised", () => {
    const own = foundOf(fixture);
    expect(own.filter(({ severity, certainty }) => severity === "block" && certainty !== "yes")).toEqual([]);
    expect(own.filter(({ certainty }) => certainty === "no")).toEqual([]);
    expect(
      own.filter(({ severity, fix, advice }) => severity === "block" && fix === undefined && advice === undefined),
    ).toEqual([]);
    expect(
      own.filter(
        ({ subjects, message }) => subjects.length === 0 || message === "" || /undefined|NaN|\[object/.test(message),
      ),
    ).toEqual([]);
  });

  test("every fix can be taken back", () => {
    for (const change of foundOf(fixture).flatMap(({ fix = [] }) => fix)) {
      const back = inverse(change);
      if (back === undefined) throw new Error(`nothing takes ${JSON.stringify(change)} back`);
      expect(inverse(back)).toBeDefined();
    }
  });
});

const isCertainBlock = ({ severity, certainty }: Finding): boolean => severity === "block" && certainty === "yes";
/** Which of several gaps is told may change with what is known; what it is about may not: a segment, a gateway, a VM. */
const blockKey = ({ rule, subjects }: Finding): string =>
  `${rule} ${subjects.find((subject) => !subject.includes("/")) ?? ""}`;

// Variants of a rule's fixtures differ in little else than what is known.
const plain = fixtures.filter(({ name }) => /trigger$|near-miss$/.test(name));

test.each(plain)("$name: a port that nobody could read makes no new certain block", (fixture) => {
  const before = new Set(foundOf(fixture).filter(isCertainBlock).map(blockKey));
  for (const fabric of withOneUnreadPort(fixture.fabric)) {
    const found = findingsOf(fixture, fabric).filter(isCertainBlock);
    expect(found.filter((finding) => !before.has(blockKey(finding)))).toEqual([]);
  }
});

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
    foundOf(fixture).some(({ rule, fix = [] }) => rule === fixture.rule && fix.length > 0),
);

test.each(mended)("$name: the fix mends it", (fixture) => {
  const withFix = ({ rule, fix = [] }: Finding): boolean => rule === fixture.rule && fix.length > 0;
  const changes = foundOf(fixture)
    .filter(withFix)
    .flatMap(({ fix = [] }) => fix);
  expect(findingsOf(fixture, applyChanges(fixture.fabric, changes)).filter(withFix)).toEqual([]);
});

test("several rules have fixes", () => {
  expect(new Set(mended.map(({ rule }) => rule)).size).toBeGreaterThanOrEqual(6);
});

/** A drawn network, a move in it, and which of its ports could not be read. */
const drawnMove = fc.tuple(drawnNetwork, fc.nat(4), fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }));

test("in drawn networks findings do not depend on the order either", () => {
  fc.assert(
    fc.property(drawnMove, ([fabric, host]) => {
      expect(foundIn(reversedFabric(fabric), host)).toEqual(foundIn(fabric, host));
    }),
    { numRuns: 60 },
  );
});

test("in drawn networks unread ports make no new certain block either", () => {
  fc.assert(
    fc.property(drawnMove, ([fabric, host, unread]) => {
      const before = new Set(foundIn(fabric, host).filter(isCertainBlock).map(blockKey));
      const after = foundIn(withUnreadPorts(fabric, unread), host).filter(isCertainBlock).map(blockKey);
      expect(after.filter((key) => !before.has(key))).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

function foundIn(fabric: Fabric, host: number): readonly Finding[] {
  const index = indexFabric(fabric);
  const hosts = fabric.devices
    .filter(({ kind }) => kind === "host")
    .map(({ name }) => name)
    .sort();
  return [...checkFabric(index), ...checkMoves(index, [{ endpoint: "vm0", target: hosts[host % hosts.length] ?? "" }])];
}

function withUnreadPorts(fabric: Fabric, numbers: readonly number[]): Fabric {
  let number = -1;
  const ports = fabric.devices.reduce((sum, device) => sum + device.ports.length, 0);
  const unread = new Set(numbers.map((each) => each % ports));
  return {
    ...fabric,
    devices: fabric.devices.map((device) => ({
      ...device,
      ports: device.ports.map((port) => {
        number += 1;
        return unread.has(number) ? { ...port, vlans: { kind: "unknown" as const, why: "no answer" } } : port;
      }),
    })),
  };
}

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
