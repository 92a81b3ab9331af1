/**
 * Text to tree and back, over fast-xml-parser with `preserveOrder`.
 *
 * INVARIANTS
 * - parseXml(buildXml(tree)) equals the tree that parseXml made.
 * - Whatever the text, the result is a tree or an XmlError, in time and memory bounded by limits.ts.
 * - No document type: nothing external is read, no entity is defined.
 */
import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser";
import { decode, encodeAttribute, encodeText, requireCharacters } from "./entities.ts";
import { MAX_XML_CHARACTERS, MAX_XML_DEPTH, MAX_XML_NODES } from "./limits.ts";
import type { XmlElement, XmlNode } from "./tree.ts";
import { XmlError } from "./xml-error.ts";

const textKey = "#text";
const commentKey = "#comment";
const cdataKey = "#cdata";
const attributesKey = ":@";
const attributePrefix = "@_";

export function parseXml(text: string): XmlElement {
  if (text.length > MAX_XML_CHARACTERS) {
    throw new XmlError(`The document has ${text.length} characters; more than ${MAX_XML_CHARACTERS} are not read.`);
  }
  requireCharacters(text);
  if (/<!(?:DOCTYPE|ENTITY)/iu.test(text)) {
    throw new XmlError("The document declares a document type or an entity, which is not read.", {
      hint: "Take the <!DOCTYPE …> out; libvirt needs none.",
    });
  }
  // The parser drops text behind the root without a word; a document that ends in text was cut or glued together.
  if (!text.trimEnd().endsWith(">")) throw new XmlError("The document does not end with the end of its root element.");
  const roots = nodesOf(readOrdered(text), { nodes: 0 }).filter((node) => node.kind !== "comment");
  const [root] = roots;
  if (root?.kind !== "element" || roots.length > 1) {
    throw new XmlError("The document does not consist of one root element and nothing beside it.");
  }
  return root;
}

/** The document as text, one element per line where no text would change by that. */
export function buildXml(root: XmlElement): string {
  const builder = new XMLBuilder({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: attributePrefix,
    textNodeName: textKey,
    commentPropName: commentKey,
    processEntities: false,
    suppressEmptyNode: true,
    suppressBooleanAttributes: false,
    format: false,
    maxNestedTags: MAX_XML_DEPTH + 2,
  });
  return `${builder.build([orderedElement(root, 0)])}\n`;
}

function readOrdered(text: string): unknown {
  const verdict = attempt(() => XMLValidator.validate(text));
  if (verdict !== true) throw new XmlError(`The document is not XML: ${verdict.err.msg} (line ${verdict.err.line})`);
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: attributePrefix,
    textNodeName: textKey,
    commentPropName: commentKey,
    cdataPropName: cdataKey,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    processEntities: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    jPath: false,
    maxNestedTags: MAX_XML_DEPTH,
  });
  return attempt((): unknown => parser.parse(text));
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new XmlError(`The document is not XML: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** fast-xml-parser's ordered form: each node an object with one member, its name, and perhaps `:@` for the attributes. */
function nodesOf(ordered: unknown, count: { nodes: number }): readonly XmlNode[] {
  const nodes = asArray(ordered).flatMap((node) => nodeOf(node, count));
  const hasElements = nodes.some((node) => node.kind === "element");
  return mergeTexts(nodes).filter((node) => node.kind !== "text" || !hasElements || node.text.trim() !== "");
}

function nodeOf(node: unknown, count: { nodes: number }): readonly XmlNode[] {
  count.nodes += 1;
  if (count.nodes > MAX_XML_NODES) throw new XmlError(`The document has more than ${MAX_XML_NODES} nodes.`);
  const members = Object.entries(asRecord(node));
  const [name, content] = members.find(([key]) => key !== attributesKey) ?? ["", undefined];
  switch (name) {
    case "":
      return [];
    case textKey:
      return [{ kind: "text", text: decode(asString(content)) }];
    case cdataKey:
      return [{ kind: "text", text: rawTextOf(content) }];
    case commentKey:
      return [{ kind: "comment", text: rawTextOf(content) }];
    default:
      return [{ kind: "element", name, attributes: attributesOf(members), children: nodesOf(content, count) }];
  }
}

function attributesOf(members: readonly (readonly [string, unknown])[]): ReadonlyMap<string, string> {
  const attributes = members.find(([key]) => key === attributesKey)?.[1] ?? {};
  return new Map(
    Object.entries(asRecord(attributes)).map(([key, value]) => {
      // XML 1.0 section 3.3.3: white space in a value is a blank unless it was written as a number.
      return [key.slice(attributePrefix.length), decode(asString(value).replace(/[\t\n\r]/gu, " "))];
    }),
  );
}

function rawTextOf(content: unknown): string {
  return asArray(content)
    .map((part) => asString(asRecord(part)[textKey]))
    .join("");
}

/** A CDATA section between two texts is one text: otherwise building and parsing again would give another tree. */
function mergeTexts(nodes: readonly XmlNode[]): readonly XmlNode[] {
  const merged: XmlNode[] = [];
  for (const node of nodes) {
    const last = merged.at(-1);
    if (node.kind === "text" && node.text === "") continue;
    if (node.kind === "text" && last?.kind === "text")
      merged[merged.length - 1] = { kind: "text", text: last.text + node.text };
    else merged.push(node);
  }
  return merged;
}

type Ordered = Readonly<Record<string, unknown>>;

function orderedElement(of: XmlElement, depth: number): Ordered {
  const attributes = [...of.attributes].map(
    ([key, value]) => [`${attributePrefix}${key}`, encodeAttribute(value)] as const,
  );
  const hasText = of.children.some((child) => child.kind === "text");
  const hasElements = of.children.some((child) => child.kind === "element");
  const children = of.children.map((child) => orderedNode(child, depth + 1));
  return {
    [of.name]: hasElements && !hasText ? laidOut(children, depth) : children,
    ...(attributes.length === 0 ? {} : { [attributesKey]: Object.fromEntries(attributes) }),
  };
}

function orderedNode(node: XmlNode, depth: number): Ordered {
  switch (node.kind) {
    case "element":
      return orderedElement(node, depth);
    case "text":
      return { [textKey]: encodeText(node.text) };
    case "comment":
      return { [commentKey]: [{ [textKey]: node.text }] };
    default:
      return node satisfies never;
  }
}

function laidOut(children: readonly Ordered[], depth: number): readonly Ordered[] {
  const inner = { [textKey]: `\n${"  ".repeat(depth + 1)}` };
  return [...children.flatMap((child) => [inner, child]), { [textKey]: `\n${"  ".repeat(depth)}` }];
}

function asArray(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new XmlError("The document could not be read: the parser returned no list.");
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw new XmlError("The document could not be read: the parser returned no element.");
}

function asString(value: unknown): string {
  if (typeof value === "string") return value;
  throw new XmlError("The document could not be read: the parser returned no text.");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
