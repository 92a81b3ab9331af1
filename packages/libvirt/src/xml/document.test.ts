import { readFileSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCapabilities } from "./capabilities.ts";
import { parseDomainCapabilities } from "./domain-capabilities.ts";
import { parseDomain } from "./domain.ts";
import { buildXml, parseXml } from "./document.ts";
import { MAX_XML_CHARACTERS, MAX_XML_DEPTH } from "./limits.ts";
import { attribute, element, find, findAll, mapElements, set, textOf, withAttribute, withText } from "./tree.ts";
import type { XmlElement } from "./tree.ts";
import { XmlError } from "./xml-error.ts";

const golden = new URL("./__golden__/", import.meta.url);
const documents = readdirSync(golden)
  .filter((name) => name.endsWith(".xml"))
  .map((name) => [name, readFileSync(new URL(name, golden), "utf8")] as const);

describe("parseXml", () => {
  it.each(documents)("reads %s, and reads what it builds as the same tree", (_name, text) => {
    const tree = parseXml(text);
    expect(parseXml(buildXml(tree))).toEqual(tree);
  });

  it("decodes references once and builds them again", () => {
    const tree = parseXml(`<a b="&amp;lt; &#10;&quot;&apos;'">1 &lt; 2 &#x1F427; <![CDATA[<raw> & ]]>end</a>`);
    expect(attribute(tree, "b")).toBe(`&lt; \n"''`);
    expect(textOf(tree)).toBe("1 < 2 🐧 <raw> & end");
    expect(buildXml(tree)).toBe(`<a b="&amp;lt; &#10;&quot;&apos;&apos;">1 &lt; 2 🐧 &lt;raw&gt; &amp; end</a>\n`);
  });

  it("keeps white space where it is text, and drops it where it is layout", () => {
    expect(parseXml("<a> \n <b> x </b>\n</a>")).toEqual(element("a", {}, [element("b", {}, [" x "])]));
    expect(parseXml("<a>one<b/> two</a>").children).toHaveLength(3);
    expect(parseXml("<a> </a>")).toEqual(element("a", {}, [" "]));
  });

  it.each([
    ["nothing", ""],
    ["an open tag", "<a"],
    ["tags that do not match", "<a><b></a>"],
    ["two roots", "<a/><b/>"],
    ["text beside the root", "<a/>x"],
    ["an attribute twice", "<a b='1' b='2'/>"],
    ["an attribute without a value", "<a b/>"],
    ["an entity nobody defined", "<a>&nbsp;</a>"],
    ["a lone ampersand", "<a b='x & y'/>"],
    ["a character that does not exist", "<a>&#x110000;</a>"],
    ["a control character", "<a>\u0001</a>"],
    ["a control character as a number", "<a>&#1;</a>"],
    ["half a surrogate pair", "<a>\uD800</a>"],
    ["an element that would name a prototype", "<a><__proto__/></a>"],
    ["an external entity", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>`],
    ["a billion laughs", `<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>`],
    ["nesting without end", `${"<a>".repeat(MAX_XML_DEPTH + 2)}${"</a>".repeat(MAX_XML_DEPTH + 2)}`],
    ["a document without end", `<a>${" ".repeat(MAX_XML_CHARACTERS)}</a>`],
  ])("refuses %s", (_what, text) => {
    expect(() => parseXml(text)).toThrow(XmlError);
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ code: "libvirt.xml" }));
  });

  it("builds what it reads, for any tree", () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const once = parseXml(buildXml(tree));
        expect(parseXml(buildXml(once))).toEqual(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it("brings any attribute and any text back unchanged", () => {
    fc.assert(
      fc.property(words, words, (value, text) => {
        const read = parseXml(buildXml(element("a", { b: value }, text === "" ? [] : [text])));
        expect(read).toEqual(element("a", { b: value }, text === "" ? [] : [text]));
      }),
      { numRuns: 2_000 },
    );
  });

  it("20,000 damaged documents are read or refused with an XmlError", { timeout: 240_000 }, () => {
    const seen = { read: 0, refused: 0 };
    // Short documents, so that a few changed characters matter.
    const sources = documents.map(([, text]) => shortened(text));
    const change = fc.record({
      at: fc.nat(4_000),
      remove: fc.nat(6),
      put: fc.oneof(
        fc.constantFrom(
          "<",
          ">",
          "/",
          "'",
          '"',
          "&",
          "&lt;",
          "<![CDATA[",
          "]]>",
          "<!--",
          "-->",
          "<?",
          "",
          "=",
          " ",
          "&#0;",
          "<a>",
          "</a>",
          "-1",
          "x",
        ),
        fc.string({ maxLength: 4 }),
      ),
    });
    fc.assert(
      fc.property(fc.constantFrom(...sources), fc.array(change, { minLength: 1, maxLength: 3 }), (source, changes) => {
        let text = source;
        for (const { at, remove, put } of changes) {
          const index = at % (text.length + 1);
          text = text.slice(0, index) + put + text.slice(index + remove);
        }
        const read = readerOf(source);
        seen[outcomeOf(() => read(text))] += 1;
      }),
      { numRuns: 20_000 },
    );
    expect(seen.read).toBeGreaterThan(1_000);
    expect(seen.refused).toBeGreaterThan(5_000);
  });
});

describe("edits of a tree", () => {
  const tree = parseXml("<a><b n='1'/><c/><b n='2'/></a>");

  it("leave the old tree as it was", () => {
    expect(buildXml(set(tree, element("c", { n: 3 }, ["x"])))).toBe(
      `<a>\n  <b n="1"/>\n  <c n="3">x</c>\n  <b n="2"/>\n</a>\n`,
    );
    expect(buildXml(set(tree, element("d")))).toContain("<d/>");
    expect(
      findAll(
        mapElements(tree, (child) => (child.name === "b" ? undefined : child)),
        "b",
      ),
    ).toEqual([]);
    expect(attribute(withAttribute(tree, "x", 1), "x")).toBe("1");
    expect(attribute(withAttribute(withAttribute(tree, "x", 1), "x", undefined), "x")).toBeUndefined();
    expect(textOf(withText(tree, "t"))).toBe("t");
    expect(findAll(tree, "b").map((b) => attribute(b, "n"))).toEqual(["1", "2"]);
    expect(find(tree, "c", "d")).toBeUndefined();
  });

  it("refuse names and characters that XML cannot carry", () => {
    expect(() => element("a b")).toThrow(XmlError);
    expect(() => element("a", { "x><y": "1" })).toThrow(XmlError);
    expect(() => element("a", { x: "\u0000" })).toThrow(XmlError);
    expect(() => withText(tree, "\u0007")).toThrow(XmlError);
  });
});

const words = fc.string({
  unit: fc.constantFrom("a", "<", ">", "&", '"', "'", " ", "\n", "\t", "\r", "]]>", "é", "🐧"),
  maxLength: 12,
});

const { tree: trees } = fc.letrec<{ tree: XmlElement }>((tie) => ({
  tree: fc
    .tuple(
      fc.constantFrom("a", "b", "q:c", "d-e.f"),
      fc.dictionary(fc.constantFrom("x", "y", "q:z"), words),
      fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.array(words, { maxLength: 2 }),
        fc.array(tie("tree"), { maxLength: 4 }),
      ),
    )
    .map(([name, attributes, children]) => element(name, attributes, children)),
}));

/** The reader that a document of this kind meets. */
function readerOf(text: string): (text: string) => unknown {
  if (text.startsWith("<capabilities")) return parseCapabilities;
  return text.startsWith("<domainCapabilities") ? parseDomainCapabilities : parseDomain;
}

function outcomeOf(read: () => unknown): "read" | "refused" {
  try {
    read();
    return "read";
  } catch (error) {
    if (error instanceof XmlError) return "refused";
    throw error;
  }
}

function shortened(text: string): string {
  const tree = parseXml(text);
  const keepTwo = (of: XmlElement): XmlElement => {
    const seen = new Map<string, number>();
    return mapElements(of, (child) => {
      const count = (seen.get(child.name) ?? 0) + 1;
      seen.set(child.name, count);
      return count > 2 ? undefined : keepTwo(child);
    });
  };
  return buildXml(keepTwo(tree));
}
