/** Broadcast domains by device, and what keeps two of them apart, in words. */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Gap, SegmentReach } from "../layer-two/segment-reach.ts";
import { segmentReach } from "../layer-two/segment-reach.ts";
import { segmentTopology } from "../layer-two/segment-topology.ts";
import { carries } from "../ports.ts";
import { endName } from "../path/text.ts";

const partTables = memoTable<ReadonlyMap<string, number>>("broadcast domains by device");

/** The number of the device's part of the segment; undefined where no link carries the segment to it. */
export function partOf(index: FabricIndex, segment: string, device: string): number | undefined {
  return index
    .remember(partTables, segment, () => {
      const table = new Map<string, number>();
      segmentTopology(index, segment).components.forEach((devices, number) => {
        for (const each of devices) table.set(each, number);
      });
      return table;
    })
    .get(device);
}

export function areJoined(index: FabricIndex, segment: string, left: string, right: string): boolean {
  if (left === right) return true;
  const part = partOf(index, segment, left);
  return part !== undefined && part === partOf(index, segment, right);
}

const reaches = memoTable<SegmentReach>("reach between parts of a segment");

/** segmentReach, remembered: several rules and endpoints ask the same. */
export function reachBetween(index: FabricIndex, segment: string, from: string, to: string): SegmentReach {
  return index.remember(reaches, [segment, from, to].join("\u0000"), () => segmentReach(index, segment, from, to));
}

export function gapSubject(gap: Gap): string {
  return gap.kind === "device" ? gap.device : endName(gap.port);
}

/** `VLAN 120 missing on leaf3/Eth7 (spine1/Eth3 allows it)`. */
export function gapText(index: FabricIndex, gap: Gap): string {
  if (gap.kind === "device") return `VLAN ${gap.vlan} is not in the VLAN database of ${gap.device}`;
  const far = index.linksOf(gap.port.device).find(({ near }) => near.port === gap.port.port)?.far;
  const opposite = far === undefined ? undefined : index.port(far)?.vlans;
  if (gap.kind === "native")
    return `${endName(gap.port)} does not carry VLAN ${gap.vlan} untagged, as ${far === undefined ? "its other end" : endName(far)} does`;
  const isOpen = opposite !== undefined && far !== undefined && carries(opposite, gap.vlan) === "yes";
  return `VLAN ${gap.vlan} missing on ${endName(gap.port)}${isOpen ? ` (${endName(far)} allows it)` : ""}`;
}

/** Sorted and each once: the same gap comes up for every device behind it. */
export function gapsKey(gaps: readonly Gap[]): string {
  return [...new Set(gaps.map((gap) => `${gapSubject(gap)} ${gap.kind} ${gap.vlan}`))].sort().join(", ");
}
