/**
 * What went over each link, by direction and end, and what the bridges have learned. Cables are counted by the kernel in the
 * namespaces of their ends; a tunnel's port by its bridge, without the headers of the tunnel.
 *
 * A frame that a filter drops has crossed the link: it is counted as sent and as received.
 */
import { z } from "zod";
import { linkId } from "@trunkline/fabric";
import type { LabContext } from "../context.ts";
import { LabError } from "../lab-error.ts";
import { run } from "../process/run.ts";
import type { BridgePlan, CableEnd, CablePlan } from "../topology/lab-plan.ts";
import { managementSocket } from "./filters.ts";
import { BRIDGE, vsctl } from "./open-vswitch.ts";

export type Counter = { readonly packets: number; readonly bytes: number };

export type EndCounters = {
  readonly device: string;
  readonly port: string;
  readonly sent: Counter;
  readonly received: Counter;
};

/** `link` is as linkId() writes it: `h1/up0--sw1/p-h1`. */
export type LinkCounters = { readonly link: string; readonly a: EndCounters; readonly b: EndCounters };

export type MacEntry = {
  readonly mac: string;
  readonly vlanId: number;
  readonly port: string;
  /** Undefined for an entry that does not age. */
  readonly ageS: number | undefined;
};

export async function readLinkCounters(context: LabContext): Promise<readonly LinkCounters[]> {
  const { nodes, cables } = context.plan;
  const read = await Promise.all(
    nodes.map(async ({ namespace }) => [namespace, await deviceCounters(namespace, context.signal)] as const),
  );
  const byNamespace = new Map(read);
  return Promise.all(
    cables.map(async (cable): Promise<LinkCounters> => {
      const endOf = async (end: CableEnd) => ({
        device: end.node.name,
        port: end.port,
        ...(cable.kind === "dci"
          ? await tunnelCounters(context, end)
          : counted(byNamespace.get(end.node.namespace)?.get(end.device), end)),
      });
      return { link: idOf(cable), a: await endOf(cable.a), b: await endOf(cable.b) };
    }),
  );
}

export function idOf({ a, b }: CablePlan): string {
  return linkId({ a: { device: a.node.name, port: a.port }, b: { device: b.node.name, port: b.port } });
}

type Counters = { readonly sent: Counter; readonly received: Counter };

const direction = z.object({ packets: z.number(), bytes: z.number() });
const devicesSchema = z.array(
  z.object({ ifname: z.string(), stats64: z.object({ rx: direction, tx: direction }) }).loose(),
);

async function deviceCounters(
  namespace: string,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, Counters>> {
  const command = ["ip", "-n", namespace, "-json", "-statistics", "link", "show"];
  const shown = devicesSchema.safeParse(JSON.parse(await run(command, { signal })));
  if (!shown.success) throw unreadable(command);
  const pick = ({ packets, bytes }: Counter): Counter => ({ packets, bytes });
  return new Map(
    shown.data.map(({ ifname, stats64 }) => [ifname, { sent: pick(stats64.tx), received: pick(stats64.rx) }]),
  );
}

async function tunnelCounters(context: LabContext, end: CableEnd): Promise<Counters> {
  const socket = `unix:${managementSocket(bridgeOf(context, end.node.name))}`;
  const command = ["ovs-ofctl", "-O", "OpenFlow14", "dump-ports", socket, end.port];
  return counted(parsePortCounters(await run(command, { signal: context.signal })), end);
}

/** `rx pkts=44, bytes=6476, …` and `tx pkts=91, bytes=15104, …` of one port. */
export function parsePortCounters(text: string): Counters | undefined {
  const of = (name: "rx" | "tx"): Counter | undefined => {
    const match = new RegExp(`${name} pkts=(\\d+), bytes=(\\d+)`).exec(text);
    return match === null ? undefined : { packets: Number(match[1]), bytes: Number(match[2]) };
  };
  const [received, sent] = [of("rx"), of("tx")];
  return received === undefined || sent === undefined ? undefined : { sent, received };
}

function counted(counters: Counters | undefined, end: CableEnd): Counters {
  if (counters !== undefined) return counters;
  throw new LabError("lab.not-found", `The port ${end.port} of ${end.node.name} cannot be counted: it is not there`, {
    hint: "Run `trunkline lab up` again: it puts back what is missing.",
  });
}

/** The MAC table of a device's bridge. */
export async function readMacTable(context: LabContext, device: string): Promise<readonly MacEntry[]> {
  const bridge = bridgeOf(context, device);
  const { signal } = context;
  const table = await run(["ovs-appctl", "-t", bridge.controlSocket, "fdb/show", BRIDGE], { signal });
  const list = ["--format=json", "--columns=name,ofport", "list", "interface"];
  return parseMacTable(table, parsePortNumbers(await run(vsctl(bridge, list), { signal })));
}

const interfacesSchema = z.object({ data: z.array(z.tuple([z.string(), z.unknown()])) });

function parsePortNumbers(text: string): ReadonlyMap<string, string> {
  const { data } = interfacesSchema.parse(JSON.parse(text));
  return new Map(data.map(([name, number]) => [String(number), name]));
}

/** Columns `port VLAN MAC Age`; the port is its OpenFlow number or LOCAL, the age seconds or "static". */
export function parseMacTable(text: string, names: ReadonlyMap<string, string>): readonly MacEntry[] {
  const rows = [...text.matchAll(/^\s*(\d+|LOCAL)\s+(\d+)\s+([0-9a-f:]{17})\s+(\d+|static|\?)\s*$/gm)];
  return rows.map(([, port = "", vlan, mac = "", age]) => ({
    mac,
    vlanId: Number(vlan),
    port: names.get(port) ?? port,
    ageS: Number.isNaN(Number(age)) ? undefined : Number(age),
  }));
}

function bridgeOf(context: LabContext, device: string): BridgePlan {
  const bridge = context.plan.bridges.find((candidate) => candidate.node.name === device);
  if (bridge !== undefined) return bridge;
  throw new LabError("lab.not-found", `${device} has no bridge in the lab ${context.plan.lab}`, {
    hint: `Bridges are at ${context.plan.bridges.map(({ node }) => node.name).join(", ")}.`,
  });
}

function unreadable(command: readonly string[]): LabError {
  return new LabError("lab.command", `\`${command.join(" ")}\` printed something that is not understood`, {
    hint: "Run the command by hand; the lab needs iproute2 with JSON output.",
  });
}
