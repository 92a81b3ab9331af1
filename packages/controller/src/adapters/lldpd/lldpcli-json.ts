/**
 * Neighbours out of what `lldpcli -f json0 show neighbors details` prints, or with -f json (lldpd, src/client/display.c and
 * json_writer.c). json0 has a list for everything. json leaves out lists of one, turns `{ value }` into the value, and moves a
 * name out to be the key of the object that it names; both are read by the same questions.
 */
import type { NeighborSeen } from "@trunkline/fabric";

export interface LldpdPlace {
  readonly device: string;
  readonly atMs: number;
  /** Where a port of the fabric is called otherwise than the network interface: interface to port. */
  readonly ports?: Readonly<Record<string, string>>;
}

type Json = Readonly<Record<string, unknown>>;

/** @returns undefined for what is not an answer of lldpcli. An empty answer has no neighbours. */
export function lldpcliNeighbors(answer: unknown, place: LldpdPlace): readonly NeighborSeen[] | undefined {
  if (!isMapping(answer) || answer["lldp"] === undefined) return undefined;
  return partsOf(answer, "lldp").flatMap((lldp) =>
    partsOf(lldp, "interface").flatMap((entry) =>
      namedParts(entry).flatMap(([name, body]) => neighborOf(name, body, place)),
    ),
  );
}

/** lldpd listens to other makers' protocols as well, which tell less. */
function neighborOf(name: string, body: Json, place: LldpdPlace): readonly NeighborSeen[] {
  const via = textOf(body["via"]) ?? "LLDP";
  const protocol = via === "LLDP" ? "lldp" : via.startsWith("CDP") ? "cdp" : undefined;
  const [chassis] = partsOf(body, "chassis").flatMap(namedParts);
  const [port] = partsOf(body, "port");
  if (protocol === undefined || chassis === undefined || port === undefined) return [];
  const [systemName, facts] = chassis;
  const [chassisId, portId] = [identityOf(facts), identityOf(port)];
  const vlans = partsOf(body, "vlan").map((vlan) => ({
    vlan: Number(textOf(vlan["vlan-id"])),
    name: textOf(vlan["value"]),
    isUntagged: vlan["pvid"] === true,
  }));
  const untagged = vlans.find(({ isUntagged }) => isUntagged)?.vlan;
  const frameBytes = Number(textsOf(port, "mfs")[0] ?? 0);
  const isMac = chassisId?.type === "mac";
  return [
    {
      kind: "neighbor",
      protocol,
      atMs: place.atMs,
      where: { device: place.device, port: place.ports?.[name] ?? name },
      names: distinct([systemName, isMac || chassisId?.type === "ip" ? undefined : chassisId?.value]),
      // An alias is what an operator wrote at the port; such senders give the interface's name as description.
      ports: distinct([
        portId?.type === "mac" || portId?.type === "ifalias" ? undefined : portId?.value,
        ...textsOf(port, "descr"),
        portId?.value,
      ]),
      ...(isMac ? { mac: chassisId.value } : {}),
      addresses: distinct([...(chassisId?.type === "ip" ? [chassisId.value] : []), ...textsOf(facts, "mgmt-ip")]),
      roles: distinct(partsOf(facts, "capability").map(roleOf)),
      ...(untagged === undefined ? {} : { untaggedVlan: untagged }),
      // A port VLAN without a name is no membership that was told by name.
      vlanNames: vlans.flatMap(({ vlan, name: vlanName }) =>
        vlanName === undefined ? [] : [{ vlan, name: vlanName }],
      ),
      ...(frameBytes > 0 ? { maxFrameBytes: frameBytes } : {}),
    },
  ];
}

function roleOf(capability: Json): NeighborSeen["roles"][number] | undefined {
  if (capability["enabled"] !== true) return undefined;
  switch (textOf(capability["type"])) {
    case "Bridge":
      return "bridge";
    case "Router":
      return "router";
    case "Station":
      return "station";
    default:
      return undefined;
  }
}

function identityOf(body: Json): { readonly type: string | undefined; readonly value: string } | undefined {
  const [id] = partsOf(body, "id");
  const value = textOf(id?.["value"]);
  return value === undefined ? undefined : { type: textOf(id?.["type"]), value };
}

/** The mappings under a key, whether there is a list of them or one. */
function partsOf(body: Json, key: string): readonly Json[] {
  const value = body[key];
  return (Array.isArray(value) ? value : [value]).filter(isMapping);
}

/** Texts under a key: `"x"`, `{ value: "x" }` or lists of either. */
function textsOf(body: Json, key: string): readonly string[] {
  const value = body[key];
  return (Array.isArray(value) ? (value as readonly unknown[]) : [value]).flatMap((item) => textOf(item) ?? []);
}

function textOf(value: unknown): string | undefined {
  if (isMapping(value)) return textOf(value["value"]);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** An object with its name beside its fields, or names as keys with the objects under them. */
function namedParts(body: Json): readonly (readonly [string, Json])[] {
  const name = textsOf(body, "name")[0];
  if (name !== undefined) return [[name, body]];
  const isUnnamed = body["id"] !== undefined || body["via"] !== undefined;
  if (isUnnamed) return [["", body]];
  return Object.entries(body).flatMap(([key, part]) =>
    (Array.isArray(part) ? (part as readonly unknown[]) : [part]).filter(isMapping).map((one) => [key, one] as const),
  );
}

function distinct<T extends string>(values: readonly (T | undefined)[]): readonly T[] {
  return [...new Set(values.filter((value): value is T => value !== undefined && value !== ""))];
}

function isMapping(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
