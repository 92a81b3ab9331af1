import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { LabError } from "../lab-error.ts";
import { findTopology } from "./find.ts";
import { readTopology } from "./read.ts";

const fixture = (name: string) => readFileSync(new URL(`__fixtures__/${name}.yaml`, import.meta.url), "utf8");

function refusalOf(text: string): LabError {
  try {
    readTopology(text, "broken", "broken.yaml");
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error("the topology was accepted");
}

describe("a topology with errors", () => {
  test.each(["many-errors", "routing-errors"])(
    "%s: all of them at once, each with its place and a hint",
    async (name) => {
      const refusal = refusalOf(fixture(name));
      expect(refusal.code).toBe("lab.topology");
      const golden = fileURLToPath(new URL(`__golden__/${name}.txt`, import.meta.url));
      await expect(`${refusal.message}\n`).toMatchFileSnapshot(golden);
    },
  );

  test("names line and column of broken YAML", () => {
    const refusal = refusalOf("vlans:\n  management: { id: 5\nhosts: []\n");
    expect(refusal.message).toMatch(/broken\.yaml:3:1/);
  });

  test.each(["", "just a sentence", "- a\n- b\n", "hosts: 7\nvlans: x\n", "hosts: [null, 3]\nlinks: [{a: 1}]\n"])(
    "that is no topology at all is refused as one: %j",
    (text) => {
      expect(refusalOf(text).code).toBe("lab.topology");
    },
  );

  test("does not follow aliases, which may multiply", () => {
    expect(refusalOf("a: &a [x]\nvlans: *a\n").message).toMatch(/aliases/);
  });
});

test("defaults are filled in", () => {
  const { file } = findTopology("two-hosts");
  const topology = readTopology(readFileSync(file, "utf8"), "two-hosts", file);
  expect(topology.vms[0]).toMatchObject({ recordsPerSecond: 20, patrol: { bufferMiB: 32, rateMiBps: 8 } });
});

test("the default segment is asked for only where something is in it", () => {
  const { file } = findTopology("two-hosts");
  const without = readFileSync(file, "utf8").replace(/ {2}tenant: .*\n/, "");
  expect(refusalOf(without).message).toMatch(/the VLAN "tenant" is missing/);
  const renamed = readFileSync(file, "utf8")
    .replaceAll("tenant", "web")
    .replace("name: client,", "name: client, segment: web,")
    .replace("name: vm1", "name: vm1\n    segment: web");
  expect(readTopology(renamed, "two-hosts", file).vms[0]?.segment).toBe("web");
});

test("a trunk may leave a VLAN out: that is a fault one wants to show", () => {
  const { file } = findTopology("two-hosts");
  const text = readFileSync(file, "utf8").replace("p-h2, trunk: [management, tenant, ", "p-h2, trunk: [management, ");
  const topology = readTopology(text, "two-hosts", file);
  expect(topology.links[1]?.b.trunk).toEqual(["management", "migration", "storage"]);
});
