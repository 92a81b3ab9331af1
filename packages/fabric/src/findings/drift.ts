/**
 * Rule drift: the document and the network do not agree. Every other finding rests on the document, so a difference is
 * told before anything is concluded from it.
 */
import type { Difference } from "../observed/difference.ts";
import type { Finding } from "./finding.ts";
import { inOrder } from "./order.ts";

export function driftFindings(differences: readonly Difference[]): readonly Finding[] {
  return inOrder(
    differences.map(({ kind, subjects, message, document, observed, certainty }): Finding => ({
      rule: "drift",
      severity: certainty === "yes" ? "warn" : "info",
      certainty,
      subjects,
      message: message.replace(/\.$/, ""),
      evidence: [`document: ${document ?? "nothing"}`, `observed: ${observed}`, kind],
      advice: "find out which of the two is meant, and change the other",
    })),
  );
}
