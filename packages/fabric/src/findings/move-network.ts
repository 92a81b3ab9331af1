/**
 * Rule move-network: the network that memory travels in. It must lead from host to host, be nobody else's, and not push
 * away what it shares a wire with: a memory stream is the largest flow of the house.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Device } from "../fabric.ts";
import { carries } from "../ports.ts";
import { memoryPath } from "../path/memory-path.ts";
import { isProvenBreak } from "./broken-flows.ts";
import type { Finding } from "./finding.ts";

import type { MoveSituation } from "./situation.ts";
import { countText, listText } from "./words.ts";
import { ordered } from "./ordered.ts";
import { endName } from "../path/text.ts";

export function moveNetworkState(index: FabricIndex): readonly Finding[] {
  return [...withoutFoot(index), ...notDedicated(index), ...sharedUplinks(index)];
}

function withoutFoot(index: FabricIndex): readonly Finding[] {
  return ordered(index).clusters.flatMap(({ name, hosts }) => {
    const lacking = hosts.filter((host) => index.device(host)?.migration === undefined).toSorted();
    if (lacking.length === 0 || lacking.length === hosts.length) return [];
    return [
      {
        rule: "move-network",
        severity: "warn",
        certainty: "yes",
        subjects: [...lacking, name],
        message: `${listText(lacking)} of cluster ${name} ${lacking.length === 1 ? "has" : "have"} no address in the migration network: nothing can be moved there over it`,
        evidence: [`${hosts.length - lacking.length} hosts of the cluster have one`],
        advice: "give each host of the cluster a foot in the migration network",
      } satisfies Finding,
    ];
  });
}

const migrationSegments = (index: FabricIndex): readonly string[] =>
  [...new Set(ordered(index).devices.flatMap(({ migration }) => migration?.segment ?? []))].sort();

function notDedicated(index: FabricIndex): readonly Finding[] {
  return migrationSegments(index).flatMap((segment) => {
    const others = index.endpointsIn(segment);
    if (others.length === 0) return [];
    return [
      {
        rule: "move-network",
        severity: "warn",
        certainty: "yes",
        subjects: [segment, ...others.map(({ name }) => name)],
        message: `migration VLAN ${index.segment(segment)?.vlan ?? segment} is not dedicated: ${countText(others.length, "endpoint")} ${others.length === 1 ? "is" : "are"} in it (${listText(others.map(({ name }) => name))}), and can read the memory that passes`,
        evidence: [`${segment} is the migration network of hosts`],
        advice: "give migration a VLAN of its own: memory travels unencrypted unless it is told otherwise",
      } satisfies Finding,
    ];
  });
}

interface SharedUplink {
  readonly host: string;
  readonly port: string;
  readonly isStorage: boolean;
}

/** Uplinks that carry migration and other traffic, on hosts that neither limit the one nor reserve for the other. */
function sharedUplinks(index: FabricIndex): readonly Finding[] {
  const shared = ordered(index).devices.flatMap((device) => uplinksOf(index, device));
  const storage = shared.filter(({ isStorage }) => isStorage);
  const vms = shared.filter(({ isStorage }) => !isStorage);
  const text = (uplinks: readonly SharedUplink[]): string =>
    listText(uplinks.map(({ host, port }) => endName({ device: host, port })).sort());
  const finding = (uplinks: readonly SharedUplink[], what: string, severity: "warn" | "info"): readonly Finding[] =>
    uplinks.length === 0
      ? []
      : [
          {
            rule: "move-network",
            severity,
            certainty: "yes",
            subjects: uplinks.map(({ host, port }) => endName({ device: host, port })).sort(),
            message: `migration shares ${text(uplinks)} with ${what}, and nothing limits it or reserves for the other`,
            evidence: [`shaping on these hosts: none of class migration`],
            advice: "shape the hosts' uplinks: a limit or a share for migration, a reservation for the rest",
          },
        ];
  return [...finding(storage, "storage traffic", "warn"), ...finding(vms, "VM traffic", "info")];
}

function uplinksOf(index: FabricIndex, device: Device): readonly SharedUplink[] {
  const { migration, shaping = [] } = device;
  if (migration === undefined || shaping.some(isProtecting)) return [];
  const vlan = index.vlanOf(migration.segment, device.name);
  const endpoints = index.endpointsAt(device.name);
  const others = new Set(
    endpoints.flatMap(({ nics }) =>
      nics.flatMap(({ segment }) => (segment === migration.segment ? [] : (index.vlanOf(segment, device.name) ?? []))),
    ),
  );
  if (vlan === undefined || others.size === 0) return [];
  const isStorage = endpoints.some(({ name }) => storageEndpoints(index).has(name));
  return index.linksOf(device.name).flatMap(({ near }): readonly SharedUplink[] => {
    const vlans = index.port(near)?.vlans;
    if (vlans === undefined || carries(vlans, vlan) !== "yes") return [];
    if (![...others].some((other) => carries(vlans, other) === "yes")) return [];
    return [{ host: device.name, port: near.port, isStorage }];
  });
}

const storageTable = memoTable<ReadonlySet<string>>("endpoints with storage traffic");

function storageEndpoints(index: FabricIndex): ReadonlySet<string> {
  return index.remember(
    storageTable,
    "",
    () =>
      new Set(
        ordered(index).flows.flatMap(({ from, to, trafficClass }) => (trafficClass === "storage" ? [from, to] : [])),
      ),
  );
}

const isProtecting = ({ name, limitBps, reservationBps, shares }: NonNullable<Device["shaping"]>[number]): boolean =>
  name === "migration" ? limitBps !== undefined || shares !== undefined : reservationBps !== undefined;

export function moveNetworkMoves(index: FabricIndex, { moves }: MoveSituation): readonly Finding[] {
  return moves.flatMap(({ endpoint, source, target }): readonly Finding[] => {
    const way = memoryPath(index, source, target);
    const base = { rule: "move-network", subjects: [endpoint.name, source, target] } as const;
    const isProven = way.kind === "broken" && isProvenBreak(index, way.why);
    if (way.kind === "broken")
      return [
        {
          ...base,
          severity: isProven ? "block" : "warn",
          certainty: isProven ? "yes" : "unknown",
          message: `the memory of ${endpoint.name} ${isProven ? "does" : "perhaps does"} not get from ${source} to ${target}: ${way.why.message}`,
          evidence: [`migration network: ${index.device(source)?.migration?.segment ?? "none"}`],
          advice: "let the migration network reach from host to host",
        },
      ];
    if (way.kind === "known") return [];
    return [
      {
        ...base,
        severity: "info",
        certainty: "unknown",
        message: `how the memory of ${endpoint.name} gets from ${source} to ${target} is not known: ${way.why}`,
        evidence: [way.why],
        advice: "describe the hosts' feet in the migration network",
      },
    ];
  });
}
