/** Findings, ways and the VLAN report as people read them, and a way as the contract has it. */
import pc from "picocolors";
import { wayText } from "@trunkline/fabric";
import type { FindingFigure, FindingSeverity, FlowPath, SprawlReport, Way, Waypoint } from "@trunkline/fabric";
import type { ShownFinding } from "../fabric/findings-of.ts";
import { table } from "./table.ts";

const marks: Readonly<Record<FindingSeverity, string>> = {
  block: pc.red("BLOCK"),
  warn: pc.yellow("warn "),
  info: pc.cyan("info "),
};

export function findingLines(findings: readonly ShownFinding[]): string {
  if (findings.length === 0) return "nothing is wrong with what is known of the fabric";
  return findings
    .flatMap((finding) => [
      `${marks[finding.severity]}  ${finding.rule.padEnd(20)} ${finding.message}${finding.certainty === "unknown" ? " (not certain)" : ""}`,
      ...(finding.figures ?? []).map((figure) => `       ${figureText(figure)}`),
      ...(finding.fix === null
        ? []
        : finding.fix.split("\n").map((line, at) => `       ${at === 0 ? "fix: " : "     "}${line}`)),
    ])
    .join("\n");
}

function figureText({ name, before, after, unit }: FindingFigure): string {
  const [was, is] = [before, after].map((value) => (value === undefined ? "–" : quantity(value, unit)));
  return before === undefined
    ? `${name}: ${is}`
    : after === undefined
      ? `${name}: ${was}`
      : `${name}: ${was} before, ${is} after`;
}

function quantity(value: number, unit: FindingFigure["unit"]): string {
  switch (unit) {
    case "bps":
      return rate(value);
    case "us":
      return `${(value / 1000).toFixed(1)} ms`;
    case "ms":
      return `${Math.round(value)} ms`;
    case "bytes":
      return `${value} bytes`;
    case "ratio":
      return `${Math.round(value * 100)} %`;
    case "count":
      return String(value);
  }
}

export function rate(bps: number): string {
  if (bps >= 1e9) return `${(bps / 1e9).toFixed(2)} Gbit/s`;
  return bps >= 1e6 ? `${(bps / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bps / 1e3)} kbit/s`;
}

export interface PathView {
  readonly forward: readonly Waypoint[];
  readonly reverse: readonly Waypoint[];
  /** Of one packet, by link: 1 where every packet takes it, less where several ways share. */
  readonly crossings: Readonly<Record<string, { readonly forward: number; readonly reverse: number }>>;
  /** Both directions; null where a link does not say how long it is. */
  readonly latencyMs: number | null;
  readonly isAsymmetric: FlowPath["isAsymmetric"];
  readonly siteCrossings: FlowPath["siteCrossings"];
  /** The whole answer of the fabric, with its legs. */
  readonly ways: { readonly forward: Way; readonly reverse: Way };
}

export function pathView({ forward, reverse, isAsymmetric, siteCrossings }: FlowPath): PathView {
  const crossings: Record<string, { forward: number; reverse: number }> = {};
  for (const [direction, way] of [
    ["forward", forward],
    ["reverse", reverse],
  ] as const)
    for (const { link, share } of crossingsOf(way))
      (crossings[link] ??= { forward: 0, reverse: 0 })[direction] += share;
  return {
    forward: waypointsOf(forward),
    reverse: waypointsOf(reverse),
    crossings,
    latencyMs: latencyMs(forward, reverse),
    isAsymmetric,
    siteCrossings,
    ways: { forward, reverse },
  };
}

const waypointsOf = (way: Way): readonly Waypoint[] => ("waypoints" in way ? way.waypoints : []);

const crossingsOf = (way: Way): readonly { readonly link: string; readonly share: number }[] =>
  "legs" in way ? way.legs.flatMap((leg) => leg.crossings) : [];

function latencyMs(forward: Way, reverse: Way): number | null {
  if (forward.kind !== "known" || reverse.kind !== "known") return null;
  if (!forward.latencyUs.known || !reverse.latencyUs.known) return null;
  return (forward.latencyUs.value + reverse.latencyUs.value) / 1000;
}

export function pathText(path: FlowPath): string {
  const view = pathView(path);
  const links = Object.entries(view.crossings);
  return [
    "there",
    ...wayText(path.forward).map((line) => `  ${line}`),
    "back",
    ...wayText(path.reverse).map((line) => `  ${line}`),
    ...(links.length === 0
      ? []
      : [
          "",
          table(links, [
            { title: "LINK", value: ([link]) => link },
            { title: "THERE", value: ([, { forward }]) => String(Number(forward.toFixed(3))), isNumber: true },
            { title: "BACK", value: ([, { reverse }]) => String(Number(reverse.toFixed(3))), isNumber: true },
          ]),
          "",
        ]),
    `between sites: ${path.siteCrossings.forward} there, ${path.siteCrossings.reverse} back` +
      (path.isAsymmetric === "yes" ? "; the two directions go different ways" : ""),
    `round trip over the links: ${view.latencyMs === null ? "not known" : `${view.latencyMs.toFixed(2)} ms`}`,
  ].join("\n");
}

export function sprawlText({ ports, removable, instancesBefore, instancesAfter }: SprawlReport): string {
  if (ports.length === 0) return "no trunk lists its VLANs";
  const trees = instancesBefore === 0 ? "" : `; spanning-tree instances ${instancesBefore} -> ${instancesAfter}`;
  return [
    table(ports, [
      { title: "TRUNK", value: ({ end }) => `${end.device}/${end.port}` },
      { title: "ALLOWED", value: ({ allowed }) => String(allowed), isNumber: true },
      { title: "IN USE", value: ({ inUse }) => String(inUse.length), isNumber: true },
      { title: "BY POLICY", value: ({ neededByPolicy }) => String(neededByPolicy.length), isNumber: true },
      { title: "REMOVABLE", value: (port) => String(port.removable), isNumber: true },
    ]),
    `${removable} of them could go${trees}`,
  ].join("\n");
}
