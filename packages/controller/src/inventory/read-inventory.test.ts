import { describe, expect, it } from "vitest";
import { TrunklineError } from "@trunkline/model";
import { parseInventory } from "./read-inventory.ts";

const good = `hosts:
  - name: h1
    uri: qemu+ssh://root@h1/system
  - name: h2
    uri: qemu:///system
    migration: { address: 10.0.20.2, vlan: 20 }
switches:
  - { name: sw1, bridge: br0, ovsdb: "tcp:10.0.0.9:6640" }
links:
  - { a: { device: h1, port: up0 }, b: { device: sw1, port: p1 } }
`;

function problemsOf(text: string): readonly string[] {
  try {
    parseInventory(text, "inventory.yaml");
  } catch (error) {
    if (error instanceof TrunklineError && error.code === "inventory.invalid")
      return error.details["problems"] as string[];
    throw error;
  }
  return [];
}

describe("an inventory", () => {
  it("is read with its optional parts left out", () => {
    const inventory = parseInventory(good, "inventory.yaml");
    expect(inventory.hosts.map((host) => host.name)).toEqual(["h1", "h2"]);
    expect(inventory.probes).toEqual([]);
  });

  it("is told all its errors at once, each with its line", () => {
    const problems = problemsOf(
      good.replace("qemu+ssh://root@h1/system", "vbox:///session").replace("vlan: 20", "vlan: 5000"),
    );
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/^inventory\.yaml:3: hosts\.0\.uri: /);
    expect(problems[1]).toMatch(/^inventory\.yaml:6: hosts\.1\.migration\.vlan: /);
  });

  it.each([
    ["a name twice", good.replace("name: h2", "name: h1"), "h1 is given to more than one device"],
    ["a link to nowhere", good.replace("device: sw1", "device: sw9"), "there is no device sw9"],
    ["an unknown field", good.replace("name: h1", "name: h1\n    colour: red"), "colour"],
    ["no hosts", "hosts: []\n", "hosts"],
    ["something that is not YAML", "hosts: [\n", "inventory.yaml:"],
    ["an empty file", "", "document"],
  ])("refuses %s", (_what, text, expected) => {
    expect(problemsOf(text).join("\n")).toContain(expected);
  });
});
