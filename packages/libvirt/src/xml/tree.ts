/**
 * An XML document as plain, readonly data, and the few questions and edits the rest of this folder needs.
 *
 * Text is decoded: `&lt;` in the document is `<` here. White space that only lays out elements is not part of the tree.
 * An edit returns a new tree and shares what did not change. Names are as written, with their prefix (`qemu:commandline`).
 */
import { requireCharacters } from "./entities.ts";
import { XmlError } from "./xml-error.ts";

export type XmlNode = XmlElement | XmlText | XmlComment;

export interface XmlElement {
  readonly kind: "element";
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
}

export interface XmlText {
  readonly kind: "text";
  readonly text: string;
}

export interface XmlComment {
  readonly kind: "comment";
  readonly text: string;
}

/** XML 1.0 names without the exotic letters libvirt never uses, so that every one of them can be written and read back. */
const nameShape = /^[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?$/u;

export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>> = {},
  children: readonly (XmlNode | string)[] = [],
): XmlElement {
  requireName(name);
  return {
    kind: "element",
    name,
    attributes: new Map(
      Object.entries(attributes).map(([key, value]) => [requireName(key), requireText(String(value))]),
    ),
    children: children.map((child) => (typeof child === "string" ? { kind: "text", text: requireText(child) } : child)),
  };
}

export function elementsOf(parent: XmlElement | undefined): readonly XmlElement[] {
  return parent?.children.filter((child) => child.kind === "element") ?? [];
}

/** The first descendant along a path of element names: find(domain, "os", "type"). */
export function find(parent: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let current = parent;
  for (const name of path) current = elementsOf(current).find((child) => child.name === name);
  return current;
}

/** All descendants along a path: every branch is followed. */
export function findAll(parent: XmlElement | undefined, ...path: readonly string[]): readonly XmlElement[] {
  let current: readonly XmlElement[] = parent === undefined ? [] : [parent];
  for (const name of path) current = current.flatMap(elementsOf).filter((child) => child.name === name);
  return current;
}

export function attribute(of: XmlElement | undefined, name: string): string | undefined {
  return of?.attributes.get(name);
}

/** The text of an element without surrounding white space, or undefined where there is none. */
export function textOf(of: XmlElement | undefined): string | undefined {
  if (of === undefined) return undefined;
  const text = of.children
    .map((child) => (child.kind === "text" ? child.text : ""))
    .join("")
    .trim();
  return text === "" ? undefined : text;
}

export function withAttribute(of: XmlElement, name: string, value: string | number | undefined): XmlElement {
  const attributes = new Map(of.attributes);
  if (value === undefined) attributes.delete(name);
  else attributes.set(requireName(name), requireText(String(value)));
  return { ...of, attributes };
}

export function withText(of: XmlElement, text: string): XmlElement {
  return { ...of, children: text === "" ? [] : [{ kind: "text", text: requireText(text) }] };
}

/** Replaces each child element for which `change` returns another one, and removes those for which it returns undefined. */
export function mapElements(of: XmlElement, change: (child: XmlElement) => XmlElement | undefined): XmlElement {
  return {
    ...of,
    children: of.children.flatMap((child): readonly XmlNode[] => {
      if (child.kind !== "element") return [child];
      const changed = change(child);
      return changed === undefined ? [] : [changed];
    }),
  };
}

/** Puts `child` in the place of the first child of its name, or last. */
export function set(of: XmlElement, child: XmlElement): XmlElement {
  const old = find(of, child.name);
  if (old === undefined) return { ...of, children: [...of.children, child] };
  return mapElements(of, (candidate) => (candidate === old ? child : candidate));
}

function requireName(name: string): string {
  if (nameShape.test(name)) return name;
  throw new XmlError(`${JSON.stringify(name)} cannot be the name of an element or attribute.`);
}

function requireText(text: string): string {
  requireCharacters(text);
  return text;
}
