/** What was looked at before a move, and what came out. "unknown" is honest: silence is not proof. */
export type Severity = "pass" | "warn" | "block" | "unknown";

export interface CheckResult {
  /** Stable name of the rule, e.g. `vlan-trunked`; docs/checks.md lists them. */
  readonly rule: string;
  readonly severity: Severity;
  /** The object it is about: a VM, a host, `switch/port`. */
  readonly subject: string;
  /** One sentence that says what was found. */
  readonly message: string;
  /** The command or the deed that mends it. */
  readonly fix?: string;
}

export const isBlocked = (checks: readonly CheckResult[]): boolean =>
  checks.some((check) => check.severity === "block");
