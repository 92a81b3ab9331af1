/**
 * Rule mtu-path: a segment whose members send packets larger than a port on their way lets through. Interconnects take
 * their overhead off, and what does not fit is dropped without a word where fragmenting is forbidden.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { ConfigChange } from "../fix/config-change.ts";
import { bridgedWay } from "../layer-two/bridged-way.ts";
import { limits } from "../limits.ts";
import { memoryPath } from "../path/memory-path.ts";
import type { Crossing } from "../path/way.ts";
import type { FabricEnd } from "../ports.ts";
import { edgesInUse } from "./needed-edges.ts";
import type { Finding } from "./finding.ts";
import { areJoined } from "./segment-parts.ts";
import type { JudgedMove, MoveSituation } from "./situation.ts";
import { peersInSegment } from "./situation.ts";
import { listText } from "./words.ts";
import { endsOf, ordered } from "./ordered.ts";
import { endName } from "../path/text.ts";

/** A port that lets less through than is needed, with what its link adds to each packet. */
interface Narrow {
  readonly end: FabricEnd;
  readonly mtu: number;
  readonly overheadBytes: number;
  readonly technology: string | undefined;
  /** A port on the link could not be read, so the segment may not pass there. */
  readonly isDoubtful: boolean;
}

export function mtuPathState(index: FabricIndex): readonly Finding[] {
  return ordered(index).segments.flatMap(({ name, mtu }) => {
    if (mtu === undefined) return [];
    return edgesInUse(index, name).flatMap(({ links }) =>
      links.flatMap((id) => {
        const ports = narrowPorts(index, id, mtu);
        return ports.length === 0
          ? []
          : [narrowFinding(index, name, mtu, ports, `members of ${name} send up to ${mtu}`, [])];
      }),
    );
  });
}

function narrowPorts(index: FabricIndex, linkName: string, need: number): readonly Narrow[] {
  const link = index.link(linkName);
  if (link === undefined) return [];
  const overheadBytes = link.dci?.overheadBytes ?? 0;
  const ports = endsOf(link).map((end) => ({ end, port: index.port(end) }));
  const isDoubtful = ports.some(({ port }) => port === undefined || port.vlans.kind === "unknown");
  return ports.flatMap(({ end, port }) =>
    port?.mtu === undefined || port.mtu - overheadBytes >= need
      ? []
      : [{ end, mtu: port.mtu, overheadBytes, technology: link.dci?.technology, isDoubtful }],
  );
}

function narrowFinding(
  index: FabricIndex,
  segment: string,
  need: number,
  ports: readonly Narrow[],
  consequence: string,
  subjects: readonly string[],
): Finding {
  const isDoubtful = ports.every((port) => port.isDoubtful);
  const [first] = ports;
  const vlan = first === undefined ? undefined : index.vlanOf(segment, first.end.device);
  const allowed = ports.map(({ end, mtu }) => `${endName(end)} allows ${mtu}`);
  const overheads = [
    ...new Set(
      ports.flatMap(({ overheadBytes, technology }) =>
        overheadBytes === 0 ? [] : [`${(technology ?? "the interconnect").toUpperCase()} adds ${overheadBytes} bytes`],
      ),
    ),
  ];
  return {
    rule: "mtu-path",
    severity: isDoubtful ? "warn" : "block",
    certainty: isDoubtful ? "unknown" : "yes",
    subjects: [...ports.map(({ end }) => endName(end)), segment, ...subjects],
    message: `VLAN ${vlan ?? segment} needs MTU ${need}, ${listText(allowed)}${overheads.length === 0 ? "" : `; ${listText(overheads)}`}: ${consequence}`,
    figures: [
      {
        name: "largest packet",
        before: Math.min(...ports.map(({ mtu, overheadBytes }) => mtu - overheadBytes)),
        after: need,
        unit: "bytes",
      },
    ],
    evidence: [
      `${segment} has MTU ${need}`,
      ...(isDoubtful ? ["whether the segment passes there could not be read"] : []),
    ],
    fix: ports.map(({ end, mtu, overheadBytes }): ConfigChange => ({
      kind: "set-mtu",
      port: end,
      mtu: need + overheadBytes,
      before: mtu,
    })),
  };
}

export function mtuPathMoves(index: FabricIndex, situation: MoveSituation): readonly Finding[] {
  return situation.moves.flatMap((move) => [
    ...segmentFindings(index, situation, move),
    ...memoryFindings(index, move),
  ]);
}

function segmentFindings(index: FabricIndex, situation: MoveSituation, move: JudgedMove): readonly Finding[] {
  const { endpoint, source, target } = move;
  const segments = [...new Set(endpoint.nics.map((nic) => nic.segment))].sort();
  return segments.flatMap((name) => {
    const need = index.segment(name)?.mtu;
    if (need === undefined || !areJoined(index, name, source, target)) return [];
    const peers = peersInSegment(index, situation, move, name).slice(0, limits.peersAsked);
    const ports = new Map<string, Narrow>();
    const behind: string[] = [];
    for (const peer of peers) {
      const there = narrowOnWay(index, name, target, peer, need);
      // What did not get through before the move is no news.
      if (there.length === 0 || narrowOnWay(index, name, source, peer, need).length > 0) continue;
      behind.push(peer);
      for (const port of there) ports.set(endName(port.end), port);
    }
    if (ports.size === 0) return [];
    const who = `${endpoint.name} on ${target} would not get full packets to ${listText(behind)}`;
    return [narrowFinding(index, name, need, [...ports.values()], who, [endpoint.name, target])];
  });
}

function narrowOnWay(index: FabricIndex, segment: string, from: string, to: string, need: number): readonly Narrow[] {
  if (from === to) return [];
  const way = bridgedWay(index, segment, from, to);
  if (way.kind !== "known" || way.mtu === undefined || way.mtu >= need) return [];
  const isDoubtful = way.certainty !== "yes";
  return narrowOn(index, way.crossings, need).map((port) => ({ ...port, isDoubtful: port.isDoubtful || isDoubtful }));
}

function narrowOn(index: FabricIndex, crossings: readonly Crossing[], need: number): readonly Narrow[] {
  return [...new Set(crossings.map(({ link }) => link))].flatMap((link) => narrowPorts(index, link, need));
}

/** Memory travels in packets of the migration network's size. */
function memoryFindings(index: FabricIndex, { endpoint, source, target }: JudgedMove): readonly Finding[] {
  const segment = index.device(source)?.migration?.segment;
  const need = segment === undefined ? undefined : index.segment(segment)?.mtu;
  if (segment === undefined || need === undefined) return [];
  const way = memoryPath(index, source, target);
  if (way.kind !== "known" || way.mtu === undefined || way.mtu >= need) return [];
  const ports = narrowOn(
    index,
    way.legs.flatMap(({ crossings }) => crossings),
    need,
  );
  if (ports.length === 0) return [];
  const isDoubtful = (way.doubts ?? []).length > 0;
  const who = `the memory of ${endpoint.name} would not get from ${source} to ${target}`;
  return [
    narrowFinding(
      index,
      segment,
      need,
      ports.map((port) => ({ ...port, isDoubtful })),
      who,
      [endpoint.name, target],
    ),
  ];
}
