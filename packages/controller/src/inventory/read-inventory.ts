/** The inventory file: YAML, checked whole, every error of it at once with path and line. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { LineCounter, isNode, parseDocument } from "yaml";
import { z } from "zod";
import { TrunklineError, hostName, messageOf } from "@trunkline/model";
import type { Inventory, InventoryHost } from "@trunkline/model";
import { fixedShareBps, rateStepBps } from "@trunkline/scheduler";

const name = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\w.-]+$/, "letters, digits, dot, dash and underscore");
const portRef = z.strictObject({ device: name, port: z.string().min(1) });
const vlan = z.int().min(1).max(4094);
const address = z.union([z.ipv4(), z.ipv6()]);
const command = z.array(z.string()).min(1);
const switchAccess = {
  bridge: z.string().min(1),
  ovsdb: z.string().min(1),
  control: z.string().min(1).optional(),
  openflow: z.string().min(1).optional(),
};

/** At least 1: a budget of none would let moves wait for ever. */
const moves = z.int().min(1).max(1000);

const hostSchema = z.strictObject({
  name,
  uri: z.string().regex(/^qemu(\+(unix|tcp|tls|ssh))?:\/\//, "a libvirt URI such as qemu+ssh://root@host/system"),
  peerUri: z.string().optional(),
  memoryMiB: z.int().positive().optional(),
  cpuThreads: z.int().positive().optional(),
  migration: z
    .strictObject({
      address,
      vlan: vlan.optional(),
      port: z.string().optional(),
      rateBps: z.number().positive().optional(),
      tls: z.enum(["off", "opportunistic", "required"]).optional(),
      certificateName: z.string().min(1).optional(),
    })
    .optional(),
  virtualSwitch: z.strictObject(switchAccess).optional(),
  shell: command.optional(),
  moveBudget: z.strictObject({ in: moves.optional(), out: moves.optional() }).optional(),
});

const linkSchema = z.strictObject({
  a: portRef,
  b: portRef,
  capacityBps: z.number().positive().optional(),
  moveBudget: z
    .strictObject({ moves: moves.optional(), rateBps: z.number().positive().optional() })
    .refine(
      (budget) => (fixedShareBps(budget) ?? rateStepBps) >= rateStepBps,
      `each move's share must be at least 1 MiB/s (${rateStepBps} bit/s), the smallest bound that libvirt takes`,
    )
    .optional(),
});

const schema = z.strictObject({
  hosts: z.array(hostSchema).min(1),
  switches: z.array(z.strictObject({ name, ...switchAccess })).default([]),
  links: z.array(linkSchema).default([]),
  probes: z
    .array(z.strictObject({ name, shell: command, attachedTo: portRef.optional(), vlan: vlan.optional() }))
    .default([]),
  services: z
    .array(
      z.strictObject({
        vm: name,
        address,
        echoPort: z.int().min(1).max(65535),
        statusPort: z.int().min(1).max(65535).optional(),
      }),
    )
    .default([]),
  fabric: z.string().min(1).optional(),
});

export function readInventory(path: string): Inventory {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new TrunklineError("inventory.missing", `${path} could not be read: ${messageOf(cause)}`, { cause });
  }
  return parseInventory(text, path);
}

/** The schema for editors, as committed in docs/inventory.schema.json. What refers to another part is only checked here. */
export function inventoryJsonSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return `${JSON.stringify({ $schema, title: "Inventory of Trunkline", ...rest }, null, 2)}\n`;
}

export function parseInventory(text: string, path: string): Inventory {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number | undefined): string =>
    offset === undefined ? "" : `${path}:${lines.linePos(offset).line}: `;
  if (document.errors.length > 0)
    throw invalid(
      path,
      document.errors.map((error) => at(error.pos[0]) + (error.message.split("\n")[0] ?? "")),
    );

  const result = schema.safeParse(document.toJS());
  if (!result.success) {
    const problems = result.error.issues.map((issue) => {
      const keys = issue.path.map((key) => (typeof key === "symbol" ? key.toString() : key));
      const node = deepest(keys, (trail) => document.getIn(trail, true));
      return `${at(isNode(node) ? node.range?.[0] : undefined)}${keys.join(".") || "document"}: ${issue.message}`;
    });
    throw invalid(path, problems);
  }
  const problems = crossProblems(result.data);
  if (problems.length > 0) throw invalid(path, problems);
  const { fabric, ...rest } = result.data;
  const inventory = fabric === undefined ? rest : { ...rest, fabric: resolve(dirname(path), fabric) };
  return inventory as unknown as Inventory;
}

/**
 * One host as `host add` gives it: the fields of an entry of `hosts`.
 * @throws host.invalid with every problem in its message and details.
 */
export function parseHost(data: unknown): InventoryHost {
  const result = hostSchema.safeParse(data);
  if (result.success) return result.data as unknown as InventoryHost;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.map(String).join(".") || "host"}: ${issue.message}`,
  );
  throw new TrunklineError("host.invalid", `this cannot be a host:\n  ${problems.join("\n  ")}`, {
    details: { problems },
  });
}

/** What the shape alone cannot say: names are unique, and references lead somewhere. */
function crossProblems(data: z.infer<typeof schema>): readonly string[] {
  const names = [...data.hosts, ...data.switches].map((device) => device.name);
  const doubled = names.filter((candidate, index) => names.indexOf(candidate) !== index);
  const problems = doubled.map((candidate) => `the name ${candidate} is given to more than one device`);
  for (const [index, link] of data.links.entries())
    for (const end of [link.a, link.b])
      if (!names.includes(end.device)) problems.push(`links.${index}: there is no device ${hostName(end.device)}`);
  return problems;
}

/** The node at the path, or at the longest part of it that exists. */
function deepest(keys: readonly (string | number)[], find: (trail: readonly (string | number)[]) => unknown): unknown {
  for (let length = keys.length; length >= 0; length -= 1) {
    const node = find(keys.slice(0, length));
    if (node !== undefined && node !== null) return node;
  }
  return undefined;
}

function invalid(path: string, problems: readonly string[]): TrunklineError {
  return new TrunklineError("inventory.invalid", `${path} is not a valid inventory:\n  ${problems.join("\n  ")}`, {
    details: { path, problems },
  });
}
