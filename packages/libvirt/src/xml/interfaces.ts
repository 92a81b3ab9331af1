/**
 * The addresses of a domain's interfaces without the tree of the whole document: whoever describes thousands of VMs
 * needs nothing else of it. The document is libvirt's own, so it is taken to be well formed; what stands in other
 * places under the same names (`<metadata>` may hold anything) is told apart by its path.
 */
const interfacePath = "domain/devices/interface";

/** @returns one address per interface in the order of the document, in lower case; empty for one without an address. */
export function interfaceMacsOf(xml: string): readonly string[] {
  const macs: string[] = [];
  const path: string[] = [];
  for (const [, slash, name, attributes, isEmpty] of xml.matchAll(markup)) {
    if (name === undefined) continue;
    if (slash === "/") {
      path.pop();
      continue;
    }
    const parent = path.join("/");
    if (name === "interface" && parent === "domain/devices") macs.push("");
    if (name === "mac" && parent === interfacePath) {
      const mac = /\saddress\s*=\s*["']([0-9a-fA-F:]+)["']/u.exec(attributes ?? "")?.[1];
      if (mac !== undefined) macs[macs.length - 1] = copyOf(mac.toLowerCase());
    }
    if (isEmpty !== "/") path.push(name);
  }
  return macs;
}

/** A part of a text keeps the whole of it in memory (V8's sliced strings), which here is a document per VM. */
const copyOf = (part: string): string => Buffer.from(part, "latin1").toString("latin1");

/** Comments, CDATA, instructions and declarations, which hold no tags; else one tag. */
const markup =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<[?!][^>]*>|<(\/?)([A-Za-z_][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/gu;
