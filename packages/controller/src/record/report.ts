/** The report of a move: what was asked, checked, predicted, measured and proven. */
import type {
  HostName,
  CheckResult,
  Measured,
  MoveFailure,
  MoveReport,
  MoveRequest,
  NetworkReport,
  Outcome,
  Prediction,
  Whereabouts,
} from "@trunkline/model";
import type { MoveState } from "@trunkline/migration";
import type { HandoverFigures } from "@trunkline/ports";
import type { MoveRun } from "../act/run-move.ts";

export type ReportInput = {
  readonly request: MoveRequest;
  readonly checks: readonly CheckResult[];
  readonly predicted: Prediction | null;
  readonly network?: NetworkReport;
  /** The reason where frames could not be handed over; undefined where that was not wished for. */
  readonly handedOver?: HandoverFigures | string | undefined;
  /** What became of the disks that travelled. */
  readonly disks?: readonly CheckResult[];
} &
  /** It never began. `failure` is told where no check says why. */
  (
    | {
        readonly outcome: "refused" | "cancelled" | "completed";
        readonly runsOn: HostName | null;
        readonly failure?: MoveFailure;
        readonly run?: never;
      }
    | { readonly run: MoveRun; readonly outcome?: never }
    /** All that a later process knows of a move that ended before its report was written. */
    | { readonly state: MoveState; readonly run?: never; readonly outcome?: never }
  );

export function reportOf(input: ReportInput): MoveReport {
  const { request, checks, predicted } = input;
  const base = {
    moveId: request.id,
    vm: request.vmName,
    source: request.source,
    target: request.target,
    checks,
    predicted,
    ...(input.network === undefined ? {} : { network: input.network }),
  };
  if ("state" in input) {
    const { state } = input;
    const failure = failureIn(state);
    const evidence = placeEvidence(state, request);
    // One that was called off or refused while it waited says nothing of where its VM was by then.
    const isAsked = state.phase === "completed" || state.phase === "failed";
    const runsOn = isAsked ? hostOf(whereabouts(state), request) : null;
    return { ...base, outcome: outcomeOf(state), runsOn, measured: null, evidence, failure };
  }
  if (input.run === undefined)
    return {
      ...base,
      outcome: input.outcome,
      runsOn: input.runsOn,
      measured: null,
      evidence: [],
      failure: input.failure ?? refusalOf(checks),
    };
  const { run } = input;
  const runsOn = hostOf(whereabouts(run.state), request);
  return {
    ...base,
    outcome: outcomeOf(run.state),
    runsOn,
    measured: measuredOf(run, input.handedOver),
    evidence: [
      ...placeEvidence(run.state, request),
      ...(run.testimony?.evidence ?? []),
      ...encryptionEvidence(run, request),
      ...handoverEvidence(input.handedOver, request),
      ...(input.disks ?? []),
    ],
    failure: run.hitDeadline && run.state.phase === "cancelled" ? lateness(request) : failureIn(run.state),
  };
}

/** Told where encryption was wished for: what became of the wish. */
function encryptionEvidence({ encryption, state }: MoveRun, request: MoveRequest): readonly CheckResult[] {
  if (encryption === undefined || state.phase !== "completed") return [];
  const known = { rule: "stream-encrypted", subject: `${request.source} to ${request.target}` } as const;
  if (encryption.isEncrypted) return [{ ...known, severity: "pass", message: "the memory travelled under TLS" }];
  const message = `the memory travelled in the clear: ${encryption.why ?? "nobody knows why"}`;
  const fix = `put certificates for memory streams on ${request.target} (docs/guide.md, Encrypting the memory)`;
  return [{ ...known, severity: "warn", message, fix }];
}

const lateness = ({ deadlineMs = 0 }: MoveRequest): MoveFailure => ({
  code: "move.deadline",
  message: `its copy had not ended after ${deadlineMs / 1000} s, so it was called off; the VM stays where it was`,
});

function outcomeOf(state: MoveState): Outcome {
  switch (state.phase) {
    case "completed":
    case "failed":
    case "cancelled":
    case "refused":
      return state.phase;
    default:
      return "unsettled";
  }
}

function whereabouts(state: MoveState): Whereabouts {
  if (state.phase === "completed") return "target";
  if (state.phase === "cancelled") return "source";
  return state.phase === "failed" ? state.runsOn : "unknown";
}

function hostOf(where: Whereabouts, request: MoveRequest): HostName | null {
  if (where === "source") return request.source;
  return where === "target" ? request.target : null;
}

/** Null for a dry run that nothing blocks. */
function refusalOf(checks: readonly CheckResult[]): MoveFailure | null {
  const blocks = checks.filter((check) => check.severity === "block");
  if (blocks.length === 0) return null;
  const message = `${blocks.length} check(s) block the move: ${blocks.map((check) => check.rule).join(", ")}`;
  return { code: "move.refused", message };
}

function failureIn(state: MoveState): MoveFailure | null {
  if (state.phase === "failed" || state.phase === "refused") return state.failure;
  if (state.phase === "reconciling") return { code: "move.unsettled", message: state.why };
  return null;
}

function placeEvidence(state: MoveState, request: MoveRequest): readonly CheckResult[] {
  const alarm = "alarm" in state && state.alarm !== null ? [alarmOf(state.alarm, request)] : [];
  if (state.phase !== "completed") return alarm;
  const message = `${request.target} runs ${request.vmName} and ${request.source} has no copy; both were asked`;
  const note = state.note === null ? "" : ` (${state.note})`;
  return [...alarm, { rule: "runs-once", severity: "pass", subject: request.vmName, message: message + note }];
}

const alarmOf = (alarm: string, request: MoveRequest): CheckResult => ({
  rule: "split-brain",
  severity: "block",
  subject: request.vmName,
  message: alarm,
  fix: "check the VM's file systems: both copies wrote to the same disks for a while",
});

function handoverEvidence(handedOver: ReportInput["handedOver"], request: MoveRequest): readonly CheckResult[] {
  if (handedOver === undefined) return [];
  const rule = "frames-handed-over";
  const subject = `${request.source} to ${request.target}`;
  if (typeof handedOver === "string")
    return [{ rule, severity: "unknown", subject, message: `frames were not handed over: ${handedOver}` }];
  const { engaged, frames, problem } = handedOver;
  if (problem !== undefined)
    return [{ rule, severity: "warn", subject, message: `frames were not handed over as they should: ${problem}` }];
  if (!engaged)
    return [{ rule, severity: "unknown", subject, message: "there was no moment at which to hand frames over" }];
  const count = frames === undefined ? "frames" : `${frames} frame(s)`;
  return [
    {
      rule,
      severity: "pass",
      subject,
      message: `${count} for the paused guest went to its waiting copy instead of being lost`,
    },
  ];
}

function measuredOf(run: MoveRun, handedOver: ReportInput["handedOver"]): Measured {
  const { figures, testimony } = run;
  const framesHandedOver = typeof handedOver === "string" ? undefined : handedOver?.frames;
  return {
    moveMs: run.moveMs,
    phases: run.phases,
    ...(run.copy === undefined ? {} : { copy: run.copy }),
    ...figures,
    ...testimony?.client,
    ...(framesHandedOver === undefined ? {} : { framesHandedOver }),
    ...(testimony?.switchLearnedMs === undefined ? {} : { switchLearnedMs: testimony.switchLearnedMs }),
  };
}
