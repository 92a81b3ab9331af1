import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { TrunklineError } from "@trunkline/model";
import { describe, expect, test } from "vitest";
import { emptyFabric } from "../fabric.ts";
import { limits } from "../limits.ts";
import { arbitraryFabric } from "./arbitrary-fabric.fixture.ts";
import { parseFabricDocument } from "./parse.ts";
import { writeFabricDocument } from "./write.ts";

const errors = join(import.meta.dirname, "__fixtures__/errors");

/** The refusal, or undefined for a document that is accepted. */
function outcomeOf(text: string, file: string): TrunklineError | undefined {
  try {
    parseFabricDocument(text, file);
    return undefined;
  } catch (error) {
    if (error instanceof TrunklineError && error.code === "fabric.invalid") return error;
    throw error;
  }
}

function refusalOf(text: string, file = "fabric.yaml"): TrunklineError {
  const refusal = outcomeOf(text, file);
  if (refusal === undefined) throw new Error("the document was accepted");
  return refusal;
}

describe("documents with errors are refused with all errors of the stage, each with its place and a hint", () => {
  const files = readdirSync(errors).filter((file) => file.endsWith(".yaml"));

  test("there are some, and none of their expectations is left over", () => {
    const expected = readdirSync(errors).filter((file) => file.endsWith(".expected.txt"));
    expect(expected.map((file) => file.replace(".expected.txt", ".yaml"))).toEqual(files);
    expect(files.length).toBeGreaterThan(20);
  });

  test.each(files)("%s", async (file) => {
    const { message } = refusalOf(readFileSync(join(errors, file), "utf8"), file);
    await expect(`${message}\n`).toMatchFileSnapshot(join(errors, file.replace(".yaml", ".expected.txt")));
  });
});

describe("large or hostile documents", () => {
  const long = (count: number) => JSON.stringify({ devices: many(count, (i) => ({ name: `h${i}`, kind: "host" })) });
  const padding = " ".repeat(limits.documentLocatedCharacters);

  test("many errors are counted, the first are told", () => {
    const { message, details } = refusalOf(`sites:\n${"  - 7\n".repeat(limits.documentProblems + 5)}`);
    expect(message).toMatch(/: 105 errors in the shape[^]*\n {2}and 5 more$/);
    expect(details["problems"]).toHaveLength(limits.documentProblems);
  });

  test("brackets without end are refused, not followed", () => {
    for (const bracket of ["[", "{ a: ", "- "])
      expect(refusalOf(bracket.repeat(10_000)).details["stage"]).toBe("syntax");
  });

  test("a document that is too large is refused before it is read", () => {
    const { message } = refusalOf(`sites: [dc1]\n${"#".repeat(limits.documentYamlCharacters)}`);
    expect(message).toMatch(/and 8388608 are read of YAML\. Write it as JSON/);
    expect(refusalOf(`{${" ".repeat(limits.documentJsonCharacters)}}`).message).toMatch(/are read of JSON/);
  });

  test("a large document that begins with a brace is read as JSON; its errors have paths and no lines", () => {
    expect(parseFabricDocument(long(9000), "fabric.json").devices).toHaveLength(9000);
    const { message } = refusalOf(long(9000).replace(`"h77"`, `"h78"`), "fabric.json");
    expect(message).toMatch(/\n {2}fabric\.json devices\[78\]\.name: the device "h78" is given twice/);
  });

  test("what begins with a brace and is not JSON is read as YAML, where it is short enough for that", () => {
    expect(refusalOf(`{\n${padding}\n"sites": [dc1, dc1] }`).message).toMatch(/\n {2}fabric\.yaml:3:16 sites\[1\]/);
    const huge = `{\n"sites": [dc1] ${" ".repeat(limits.documentYamlCharacters)}}`;
    expect(refusalOf(huge).message).toMatch(
      /1 error in its syntax\n[^]*too long to be read as YAML, so it must be JSON/,
    );
  });

  test("a small one is YAML, so that its errors have lines; a byte order mark is no error", () => {
    expect(refusalOf(`\uFEFF{ "sites":\n ["dc1", "dc1"] }`).message).toMatch(/fabric\.yaml:2:10 sites\[1\]/);
    expect(parseFabricDocument(`\uFEFF{ "sites": ["dc1"] ${padding}}`, "fabric.json").sites).toEqual([{ name: "dc1" }]);
  });

  test("ranges cannot be made to fill the memory", () => {
    const count = Math.ceil(limits.documentVlans / 4000) + 100;
    const ports = many(count, (i) => ({ name: `p${i}`, trunk: [`${(i % 50) + 1}-${4000 + Math.floor(i / 50)}`] }));
    const sw = (ports: unknown) => JSON.stringify({ devices: [{ name: "sw", kind: "switch", ports }] });
    expect(refusalOf(sw(ports)).message).toMatch(
      /more than 4000000 numbers together\. Write all where every VLAN is meant/,
    );
    const equal = many(count, (i) => ({ name: `p${i}`, trunk: ["1-4094"] }));
    expect(parseFabricDocument(sw(equal), "sw.json").devices[0]?.ports).toHaveLength(count);
  });

  test.each(["__proto__", "constructor", "toString"])("a key that every object has, %s, is an unknown key", (key) => {
    const refusal = outcomeOf(`{"sites":[],"${key}":false}`, "a.json");
    expect(refusal?.message).toContain(key);
  });

  test("whatever stands in a document, it is a fabric or refused as fabric.invalid", () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("10G", "all", "yes", "10.1.10.0/24", "h1/up0", "1-2", null, {}),
    );
    fc.assert(
      fc.property(arbitraryFabric, fc.nat(), value, (fabric, place, value) => {
        const document: unknown = JSON.parse(writeFabricDocument(fabric, "json"));
        const text = JSON.stringify(replaced(document, place % countOf(document), value));
        const refusal = outcomeOf(text, "mutated.json");
        expect(refusal?.message ?? "\n  mutated.json: accepted").toMatch(/\n {2}mutated\.json[: ]/);
      }),
      { numRuns: 150 },
    );
  });
});

describe("what is written", () => {
  const device = (rest: string) =>
    parseFabricDocument(`devices:\n  - { name: d, kind: switch, ${rest} }\n`, "d.yaml").devices[0];
  const ports = (rest: string) => device(`ports: [${rest}]`)?.ports;
  const link = (rest: string, head = "") =>
    parseFabricDocument(
      `${head}
devices: [{ name: h1, kind: host, ports: [{ name: up0 }] }, { name: sw1, kind: switch, ports: [{ name: p/1 }] }]
links: [{ a: h1/up0, b: sw1/p/1, ${rest} }]`,
      "l.yaml",
    ).links[0];

  test("ports: access, trunk, all, none of both", () => {
    expect(
      ports("{ name: a, access: 10 }, { name: b, trunk: [20, 10-12, 10], native: 1 }, { name: c, trunk: all }"),
    ).toEqual([
      { name: "a", vlans: { kind: "access", tag: 10 } },
      { name: "b", vlans: { kind: "trunk", trunks: [10, 11, 12, 20], native: 1 } },
      { name: "c", vlans: { kind: "trunk", trunks: "all" } },
    ]);
    expect(ports("{ name: d }, { name: e, unread: no answer }")).toEqual([
      { name: "d", vlans: { kind: "unknown", why: "the document does not say" } },
      { name: "e", vlans: { kind: "unknown", why: "no answer" } },
    ]);
  });

  test("yes and no of either version of YAML", () => {
    expect(["yes", "no", "unknown", "true", "false"].map((word) => device(`announces: ${word}`)?.announces)).toEqual([
      "yes",
      "no",
      "unknown",
      "yes",
      "no",
    ]);
    expect(["yes", "true", "no", "false"].map((word) => link(`up: ${word}`)?.isUp)).toEqual([true, true, false, false]);
  });

  test("ends as text, split at the first slash, or as a mapping", () => {
    expect(link("up: yes")?.b).toEqual({ device: "sw1", port: "p/1" });
    const text =
      "devices: [{ name: a, kind: host, ports: [{ name: p }] }, { name: b, kind: host, ports: [{ name: p }] }]";
    expect(parseFabricDocument(`${text}\nlinks: [{ a: { device: a, port: p }, b: b/p }]`, "l.yaml").links).toEqual([
      { a: { device: "a", port: "p" }, b: { device: "b", port: "p" } },
    ]);
  });

  test("rates and times of links, the same both ways or not", () => {
    expect(link("capacity: 10G, latency: 1.5ms")).toMatchObject({ capacityBps: 1e10, latencyUs: 1500 });
    expect(link("capacity: { forward: 10G, back: 1G }, latency: { back: 7 }")).toEqual({
      a: { device: "h1", port: "up0" },
      b: { device: "sw1", port: "p/1" },
      capacityBps: 1e10,
      capacityBackBps: 1e9,
      latencyBackUs: 7,
    });
  });

  test("defaults are for what says nothing; unknown says something, and links between sites take none", () => {
    const head = "defaults: { capacity: 10G, latency: 50us, mtu: 9000 }";
    const ends = { a: { device: "h1", port: "up0" }, b: { device: "sw1", port: "p/1" } };
    expect(link("up: yes", head)).toEqual({ ...ends, isUp: true, capacityBps: 1e10, latencyUs: 50 });
    expect(link("capacity: unknown, latency: 1", head)).toEqual({ ...ends, latencyUs: 1 });
    expect(link("kind: dci", head)).toEqual({ ...ends, kind: "dci" });
    expect(link("dci: { technology: otv }", head)).toEqual({ ...ends, kind: "dci", dci: { technology: "otv" } });
    const text = `${head}\ndevices: [{ name: d, kind: host, ports: [{ name: a }, { name: b, mtu: unknown }, { name: c, mtu: 1500 }] }]`;
    const [{ ports } = { ports: [] }] = parseFabricDocument(text, "d.yaml").devices;
    expect(ports.map(({ mtu }) => mtu)).toEqual([9000, undefined, 1500]);
  });

  test("a segment's name stands for its number in the site of the device", () => {
    const text = `
sites: [dc1, dc2]
segments: [{ name: web, vlan: 10, vlanBySite: { dc2: 110 } }, { name: db, vlan: 20 }]
devices:
  - { name: a, kind: switch, site: dc1, vlans: [web, db], ports: [{ name: p, trunk: [db, web], native: web }] }
  - { name: b, kind: switch, site: dc2, vlans: web, ports: [{ name: p, access: web }] }
  - { name: c, kind: switch, ports: [{ name: p, access: db }] }`;
    const [a, b, c] = parseFabricDocument(text, "s.yaml").devices;
    expect(a).toMatchObject({ vlans: [10, 20], ports: [{ vlans: { trunks: [10, 20], native: 10 } }] });
    expect(b).toMatchObject({ vlans: [110], ports: [{ vlans: { tag: 110 } }] });
    expect(c).toMatchObject({ ports: [{ vlans: { tag: 20 } }] });
  });

  test("spellings of the same address are one", () => {
    const text = `
segments: [{ name: web, vlan: 10, subnets: "2001:DB8:0:0::/64" }]
devices: [{ name: h, kind: host }]
endpoints: [{ name: v, device: h, nics: [{ segment: web, mac: 0000.0C07.AC01, addresses: "2001:db8::00a" }] }]`;
    const fabric = parseFabricDocument(text, "a.yaml");
    expect(fabric.segments[0]?.subnets).toEqual(["2001:db8::/64"]);
    expect(fabric.endpoints[0]).toEqual({
      name: "v",
      kind: "vm",
      device: "h",
      nics: [{ segment: "web", mac: "00:00:0c:07:ac:01", addresses: ["2001:db8::a"] }],
    });
  });

  test("sections may be left out, or have all of their lines commented out", () => {
    expect(parseFabricDocument("{}", "e.yaml")).toEqual(emptyFabric);
    const empty = Object.keys(emptyFabric).map((section) => `${section}:\n  # nothing`);
    expect(parseFabricDocument(["defaults:", ...empty].join("\n"), "e.yaml")).toEqual(emptyFabric);
  });

  test("reservations of more than an uplink has are no error of the document", () => {
    expect(device("shaping: [{ class: migration, reservation: 100T }]")?.shaping).toEqual([
      { name: "migration", reservationBps: 1e14 },
    ]);
  });

  test("what is wrong is told whatever the order of the sections", () => {
    const sections = [
      "segments: [{ name: web, vlan: 10 }]",
      "devices: [{ name: h, kind: host, site: dc1 }]",
      "sites: [dc]",
    ];
    const told = [sections, sections.toReversed()].map((parts) => refusalOf(parts.join("\n")).details["problems"]);
    const withoutPlaces = told.map((problems) => String(problems).replaceAll(/:\d+:\d+/g, ""));
    expect(withoutPlaces[0]).toBe(withoutPlaces[1]);
  });
});

function many<Item>(count: number, make: (index: number) => Item): readonly Item[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Values of a document, those that are made of others included. */
function countOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + countOf(inner), 1);
}

/** The document with the value of that number, counted from the outside, replaced by another. */
function replaced(value: unknown, place: number, other: unknown): unknown {
  if (place === 0) return other;
  let left = place - 1;
  const change = (inner: unknown): unknown => {
    const count = countOf(inner);
    const at = left;
    left -= count;
    return at >= 0 && at < count ? replaced(inner, at, other) : inner;
  };
  if (Array.isArray(value)) return value.map(change);
  return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, change(inner)]));
}
