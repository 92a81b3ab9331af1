import { describe, expect, it } from "vitest";
import { TrunklineError } from "@trunkline/model";
import { parseHost, parseInventory } from "./read-inventory.ts";

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

describe("budgets of moves", () => {
  const host = "uri: qemu:///system";
  const link = "b: { device: sw1, port: p1 }";

  it("are read of hosts and links, each part optional", () => {
    const text = good
      .replace(host, `${host}\n    moveBudget: { in: 1 }`)
      .replace(link, `${link}, moveBudget: { moves: 4, rateBps: 2e9 }`);
    const inventory = parseInventory(text, "inventory.yaml");
    expect(inventory.hosts.map((entry) => entry.moveBudget)).toEqual([undefined, { in: 1 }]);
    expect(inventory.links[0]?.moveBudget).toEqual({ moves: 4, rateBps: 2e9 });
  });

  it.each([
    ["a host that would take none", host, `${host}\n    moveBudget: { in: 0 }`, "hosts.1.moveBudget.in"],
    ["a field that a host's budget does not have", host, `${host}\n    moveBudget: { moves: 2 }`, "moves"],
    ["half a move", link, `${link}, moveBudget: { moves: 1.5 }`, "links.0.moveBudget.moves"],
    ["a share that libvirt cannot keep", link, `${link}, moveBudget: { moves: 4, rateBps: 3e7 }`, "at least 1 MiB/s"],
  ])("refuse %s", (_what, from, to, expected) => {
    expect(problemsOf(good.replace(from, to)).join("\n")).toContain(expected);
  });
});

describe("one host", () => {
  it("is read from plain data", () => {
    const data = { name: "h3", uri: "qemu+tcp://h3/system", moveBudget: { in: 1, out: 1 } };
    expect(parseHost(data)).toEqual(data);
  });

  it("is told all its problems at once", () => {
    expect(() => parseHost({ name: "h 3", uri: "http://h3", memoryMiB: -1 })).toThrow(
      expect.objectContaining({
        code: "host.invalid",
        details: {
          problems: [
            "name: letters, digits, dot, dash and underscore",
            "uri: a libvirt URI such as qemu+ssh://root@host/system",
            expect.stringMatching(/^memoryMiB: /),
          ],
        },
      }),
    );
    expect(() => parseHost("h3")).toThrow(/host: /);
  });
});
