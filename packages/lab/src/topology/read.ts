/**
 * Reads a topology document. All errors of the document are reported at once, each with the path of the value, its
 * line and column, and what would be right: whoever writes such a file wants one round of mending, not ten.
 */
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { LabError } from "../lab-error.ts";
import { TOPOLOGY_BYTES_MAX, TOPOLOGY_ITEMS_MAX } from "../limits.ts";
import { checkReferences } from "./check.ts";
import type { WrittenNames } from "./parts.ts";
import type { Complaint, DocumentPath, Part } from "./complaint.ts";
import { gatewaySchema, hostRoutesSchema, routerSchema } from "./routing-schema.ts";
import {
  clientSchema,
  DEFAULT_SEGMENT,
  hostSchema,
  linkSchema,
  sanSchema,
  siteSchema,
  switchSchema,
  VLAN_ROLES,
  vlanSchema,
  vmSchema,
} from "./schema.ts";
import type { Topology } from "./schema.ts";

export type TopologyIssue = {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
};

/** `name` is what the topology is called (its file's name), `file` is only quoted in errors. */
export function readTopology(text: string, name: string, file: string): Topology {
  if (Buffer.byteLength(text) > TOPOLOGY_BYTES_MAX) {
    const place = { path: "", line: 1, column: 1 };
    throw refusal(file, [{ ...place, message: "the document is larger than 1 MiB", hint: "Is it a topology at all?" }]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const issues = document.errors.map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return { path: "", line, column: col, message: error.message, hint: "Mend the YAML of this line." };
    });
    throw refusal(file, issues);
  }
  const complaints: Complaint[] = [];
  const topology = parseParts(plainValueOf(document, file), name, complaints);
  if (complaints.length > 0 || topology === undefined) {
    throw refusal(
      file,
      complaints.map((complaint) => {
        const { line, col } = lines.linePos(offsetOf(document, complaint.path));
        return { ...complaint, path: showPath(complaint.path), line, column: col };
      }),
    );
  }
  return topology;
}

/** Without aliases: they are of little use in a topology and of much in a document made to exhaust its reader. */
function plainValueOf(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    const place = { path: "", line: 1, column: 1 };
    throw refusal(file, [{ ...place, message: "the document uses YAML aliases", hint: "Write the values out." }]);
  }
}

function parseParts(raw: unknown, name: string, complaints: Complaint[]): Topology | undefined {
  const root = z.record(z.string(), z.unknown()).safeParse(raw);
  if (!root.success) {
    complaints.push({ path: [], message: "must be a mapping", hint: "See docs/lab.md, topology reference." });
    return undefined;
  }
  const lists = ["hosts", "switches", "routers", "clients", "links", "gateways", "hostRoutes", "vms"];
  const known = ["sites", "vlans", "san", ...lists];
  for (const key of Object.keys(root.data).filter((key) => !known.includes(key))) {
    complaints.push({ path: [key], message: `unknown key "${key}"`, hint: `Known are ${known.join(", ")}.` });
  }
  const document = root.data;

  const parse = <S extends z.ZodType>(schema: S, value: unknown, path: DocumentPath): Part<z.output<S>> | undefined => {
    const result = schema.safeParse(value);
    if (result.success) return { path, value: result.data };
    for (const issue of result.error.issues) {
      complaints.push({ path: [...path, ...issue.path.map(pathKey)], ...explain(issue) });
    }
    return undefined;
  };
  const parseList = <S extends z.ZodType>(key: string, schema: S, atLeast: number): Part<z.output<S>>[] => {
    const value = document[key] ?? [];
    if (!Array.isArray(value) || value.length > TOPOLOGY_ITEMS_MAX || value.length < atLeast) {
      const message = `must be a list of ${atLeast} to ${TOPOLOGY_ITEMS_MAX} items`;
      complaints.push({ path: [key], message, hint: "See docs/lab.md, topology reference." });
      return [];
    }
    return value.map((item, index) => parse(schema, item, [key, index])).filter((part) => part !== undefined);
  };

  const vlans = new Map<string, Part<z.output<typeof vlanSchema>>>();
  const rawVlans = z.record(z.string(), z.unknown()).safeParse(document["vlans"]);
  const vlanNames = Object.keys(rawVlans.data ?? {});
  for (const [vlan, value] of Object.entries(rawVlans.data ?? {})) {
    const part = parse(vlanSchema, value, ["vlans", vlan]);
    if (part !== undefined) vlans.set(vlan, part);
  }
  const parts = {
    sites: parseList("sites", siteSchema, 0),
    vlans,
    hosts: parseList("hosts", hostSchema, 1),
    switches: parseList("switches", switchSchema, 0),
    routers: parseList("routers", routerSchema, 0),
    san: parse(sanSchema, document["san"], ["san"]),
    clients: parseList("clients", clientSchema, 1),
    links: parseList("links", linkSchema, 0),
    gateways: parseList("gateways", gatewaySchema, 0),
    hostRoutes: parseList("hostRoutes", hostRoutesSchema, 0),
    vms: parseList("vms", vmSchema, 0),
  };
  const isDefaultUsed = [...parts.clients, ...parts.vms].some((part) => part.value.segment === DEFAULT_SEGMENT);
  for (const vlan of [...VLAN_ROLES, ...(isDefaultUsed ? [DEFAULT_SEGMENT] : [])]) {
    if (vlanNames.includes(vlan)) continue;
    const hint = `Add under vlans: ${vlan}: { id: …, subnet: … }.`;
    complaints.push({ path: ["vlans"], message: `the VLAN "${vlan}" is missing`, hint });
  }
  complaints.push(...checkReferences(parts, { vlans: vlanNames, ...namesIn(document) }));
  if (complaints.length > 0 || parts.san === undefined) return undefined;
  return {
    name,
    sites: parts.sites.map((part) => part.value),
    vlans: Object.fromEntries([...vlans].map(([vlan, part]) => [vlan, part.value])),
    hosts: parts.hosts.map((part) => part.value),
    switches: parts.switches.map((part) => part.value),
    routers: parts.routers.map((part) => part.value),
    san: parts.san.value,
    clients: parts.clients.map((part) => part.value),
    links: parts.links.map((part) => part.value),
    gateways: parts.gateways.map((part) => part.value),
    hostRoutes: parts.hostRoutes.map((part) => part.value),
    vms: parts.vms.map((part) => part.value),
  };
}

/** Names as written, also of parts with errors, so that a reference to such a part is not a second error. */
function namesIn(document: Readonly<Record<string, unknown>>): Omit<WrittenNames, "vlans"> {
  const named = z.object({ name: z.string() });
  const list = (key: string): string[] => {
    const value = document[key];
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    return items.flatMap((item) => named.safeParse(item).data?.name ?? []);
  };
  const sites = z.array(z.string()).safeParse(document["sites"]).data ?? [];
  return {
    sites,
    hosts: list("hosts"),
    gateways: list("gateways"),
    devices: ["hosts", "switches", "routers", "san", "clients"].flatMap(list),
  };
}

function explain(issue: z.core.$ZodIssue): { readonly message: string; readonly hint: string } {
  const hint = "See docs/lab.md, topology reference.";
  if (issue.code === "unrecognized_keys") {
    return { message: `unknown key "${issue.keys.join('", "')}"`, hint: "Remove it, or mend its spelling." };
  }
  if (issue.code === "invalid_type" && issue.input === undefined)
    return { message: `is missing or no ${issue.expected}`, hint };
  return { message: issue.message, hint };
}

function pathKey(key: PropertyKey): string | number {
  return typeof key === "symbol" ? key.toString() : key;
}

/** hosts, 0, name → hosts[0].name */
function showPath(path: DocumentPath): string {
  return path.map((key, index) => (typeof key === "number" ? `[${key}]` : index === 0 ? key : `.${key}`)).join("");
}

/** The place of the deepest part of the path that is written down: a missing key is reported at its parent. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: DocumentPath): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    const range = z.object({ range: z.tuple([z.number()]).rest(z.number()) }).safeParse(node);
    if (range.success) return range.data.range[0];
  }
  return 0;
}

function refusal(file: string, issues: readonly TopologyIssue[]): LabError {
  const sorted = [...issues].sort((a, b) => a.line - b.line || a.column - b.column);
  const text = sorted.map(
    (issue) => `  ${file}:${issue.line}:${issue.column} ${issue.path}: ${issue.message}. ${issue.hint}`,
  );
  return new LabError("lab.topology", `The topology has ${sorted.length} error(s):\n${text.join("\n")}`, {
    hint: "Mend the lines named above; docs/lab.md has the reference of topology files.",
    details: { file, issues: sorted },
  });
}
