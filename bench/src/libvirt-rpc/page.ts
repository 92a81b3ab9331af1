/** The figures of libvirt-rpc for people. */
import type { Spread } from "../paired.ts";
import { tableOf } from "../table.ts";
import type { Load, LoadFigures } from "./load.ts";

export interface PageFigures extends LoadFigures, Omit<Load, "uri" | "daemonPid"> {
  readonly vms: number;
  readonly stats: Readonly<Record<"ratio" | "ratioWithConnecting" | "virshMs" | "oursMs", Spread>>;
  readonly perCallBytes: number;
}

export function pageOf(figures: PageFigures): string {
  const { stats, perConnection, latencyMs } = figures;
  return [
    tableOf([
      [`statistics of ${figures.vms} VMs`, "min", "median", "max"],
      spreadRow("virsh domstats, ms", stats.virshMs),
      spreadRow("ours on a standing connection, ms", stats.oursMs),
      spreadRow("ours to virsh", stats.ratio),
      spreadRow("ours to virsh, connecting as well", stats.ratioWithConnecting),
    ]),
    "",
    tableOf([
      [`${figures.connections} connections, KiB each`, ""],
      ["our heap", kib(perConnection.heapBytes)],
      ["our buffers outside it", kib(perConnection.externalBytes)],
      ["our resident memory", kib(perConnection.residentBytes)],
      ["libvirtd's resident memory", kib(perConnection.daemonResidentBytes)],
    ]),
    "",
    tableOf([
      ["one connection", ""],
      [`heap after ${figures.callsBefore} calls, KiB`, kib(figures.heapBeforeBytes)],
      [`heap after ${figures.callsAfter} calls, KiB`, kib(figures.heapAfterBytes)],
      ["left behind by a call, bytes", figures.perCallBytes.toFixed(1)],
      ["a trivial call, p50 / p95 / p99, ms", [latencyMs.p50, latencyMs.p95, latencyMs.p99].map(two).join(" / ")],
      ["calls a second, one at a time", figures.oneAtATimeCallsPerS.toFixed(0)],
      [`calls a second, ${figures.inFlight} in flight`, figures.inFlightCallsPerS.toFixed(0)],
    ]),
  ].join("\n");
}

const spreadRow = (title: string, { min, median, max }: Spread): readonly string[] => [
  title,
  two(min),
  two(median),
  two(max),
];
const kib = (bytes: number): string => (bytes / 1024).toFixed(1);
const two = (value: number): string => value.toFixed(2);
