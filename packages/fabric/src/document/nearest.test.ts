import { expect, test } from "vitest";
import { limits } from "../limits.ts";
import { didYouMean, nearestOf } from "./nearest.ts";

test.each([
  ["kmv1", ["kvm1", "kvm2"], "kvm1"],
  ["web1", ["web01", "web02"], "web01"],
  ["KVM1", ["kvm1", "kvm2"], "kvm1"],
  ["capcity", ["latency", "capacity"], "capacity"],
  ["ab", ["xy", "cd"], undefined],
  ["leaf12", ["spine1"], undefined],
  ["x", ["y", "z"], undefined],
  ["h3", ["h2", "h1"], "h1"],
])("%s of %j means %s", (word, names, expected) => {
  expect(nearestOf(word, names)).toBe(expected);
  expect(nearestOf(word, names.toReversed())).toBe(expected);
});

test("no more names are compared than the limit says", () => {
  const names = Array.from({ length: limits.namesCompared }, (_, index) => `other${index}`);
  expect(nearestOf("kvm1", [...names, "kvm2"])).toBeUndefined();
  expect(nearestOf("kvm1", [...names.slice(1), "kvm2"])).toBe("kvm2");
});

test("where nothing is near, some of the names are told", () => {
  expect(didYouMean("x", ["kvm1", "kvm2"], "hosts")).toBe("Known hosts: kvm1, kvm2.");
  expect(didYouMean("x", [], "hosts")).toBe("The document has no hosts.");
  const many = Array.from({ length: 20 }, (_, index) => `h${index + 1}`);
  expect(didYouMean("leaf", many, "hosts")).toBe(`Known hosts: ${many.slice(0, 12).join(", ")} and 8 more.`);
});
