/**
 * The rules by their numbers, and the order in which findings are listed: severity, rule, subjects. The order does not
 * depend on the document's.
 */
import type { Finding, FindingRule, FindingSeverity } from "./finding.ts";

/** Ranked by what practitioners ask for first. Missing numbers are rules of the ranking that are not built. */
export const ruleNumbers: Readonly<Record<FindingRule, number>> = {
  "vlan-path": 1,
  "port-group": 2,
  "trombone-egress": 3,
  "move-bandwidth": 4,
  "stateful-asymmetry": 5,
  "mtu-path": 6,
  "gateway-at-target": 7,
  "trunk-symmetry": 8,
  "trombone-ingress": 9,
  "fhrp-half-filtered": 10,
  "fhrp-election": 11,
  "move-limits": 12,
  "move-network": 13,
  "chatty-peers": 14,
  "batch-order": 15,
  announce: 16,
  "vlan-sprawl": 18,
  "single-point": 19,
  "interconnect-loss": 20,
  duplicate: 22,
  drift: 24,
  "post-move": 25,
};

const severityRanks: Readonly<Record<FindingSeverity, number>> = { block: 0, warn: 1, info: 2 };

export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(
    (left, right) =>
      severityRanks[left.severity] - severityRanks[right.severity] ||
      ruleNumbers[left.rule] - ruleNumbers[right.rule] ||
      compare(left.subjects.join("\u0000"), right.subjects.join("\u0000")) ||
      compare(left.message, right.message),
  );
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
