/** Rule vlan-sprawl: one finding for all trunks, with the worst of them and what the removal would save. */
import type { FabricIndex } from "../fabric-index.ts";
import type { Finding, FindingFigure } from "./finding.ts";
import { sprawlReport } from "./sprawl-report.ts";
import { countText } from "./words.ts";

export function vlanSprawl(index: FabricIndex): readonly Finding[] {
  const report = sprawlReport(index);
  const wide = report.ports.filter(({ removable }) => removable > 0);
  const [worst] = wide.toSorted((left, right) => right.removable - left.removable);
  if (worst === undefined) return [];
  const end = `${worst.end.device}/${worst.end.port}`;
  const policy = worst.neededByPolicy.length;
  const kept = policy === 0 ? "" : `, ${policy} more kept for cluster policy`;
  const others = wide.length === 1 ? "" : `; ${countText(report.removable, "VLAN")} on ${wide.length} trunks together`;
  const instances =
    report.instancesBefore === report.instancesAfter
      ? ""
      : `; STP port instances ${report.instancesBefore} -> ${report.instancesAfter}`;
  const isAssumed = wide.some(({ end: { device, port } }) => index.port({ device, port })?.knowledge === "assumed");
  const figures: readonly FindingFigure[] = [
    { name: "VLANs that nobody needs", before: report.removable, after: 0, unit: "count" },
    { name: "STP port instances", before: report.instancesBefore, after: report.instancesAfter, unit: "count" },
  ];
  return [
    {
      rule: "vlan-sprawl",
      severity: "info",
      certainty: isAssumed ? "unknown" : "yes",
      subjects: [end, ...wide.map((port) => `${port.end.device}/${port.end.port}`).filter((other) => other !== end)],
      message: `${end} allows ${countText(worst.allowed, "VLAN")}, ${worst.inUse.length} in use${kept}, ${worst.removable} removable${others}${instances}`,
      figures,
      evidence: [
        "a VLAN is in use where described members need the link to reach each other or to keep a second way",
        ...(isAssumed ? ["what some of these ports carry was assumed, not read"] : []),
      ],
      fix: wide.flatMap(({ proposal }) => proposal ?? []),
      advice: "make sure that nothing undescribed uses these VLANs before taking them off",
    },
  ];
}
