/** Moves: what is asked for, the record, what it waits for, how far it is, and its report. */
import { z } from "zod";
import type { MoveEvent, MoveState } from "@trunkline/migration";
import type {
  Accuracy,
  MoveOptions,
  MoveReport,
  MoveRequest,
  NetworkReport,
  Outcome,
  Prediction,
  StreamSecurity,
  WaitReason,
  MoveOrigin,
} from "@trunkline/model";
import { checkSchema } from "./checks.ts";
import { limits } from "./limits.ts";
import { hostNameText, hostRef, moveIdText, plainText, timestamp, vmIdText } from "./names.ts";
import { pageOf, pageQuery, yesOrNo } from "./paging.ts";
import { errorDetails } from "./problem.ts";
import { shaped } from "./shaped.ts";

const driver = z.enum(["client", "peer-to-peer"]);
const tls = z.enum(["off", "opportunistic", "required"] as const satisfies readonly StreamSecurity[]);
const mode = z.enum(["auto", "precopy", "auto-converge", "postcopy"]);
const storageCopy = z.enum(["full", "incremental"]);
const priority = z.int().min(-limits.priority).max(limits.priority).describe("Higher goes first; 0 is usual.");

/** How a move is to go. */
export const moveOrigin = z.enum(["operator", "evacuation", "drs", "dpm"] as const satisfies readonly MoveOrigin[]);

export const moveOptionFields = {
  driver: driver.default("client").describe("Who drives the switch-over: the controller, or the source's libvirt."),
  maxRateBps: z.int().min(1).max(limits.rateBpsMax).exactOptional(),
  maxDowntimeMs: z.int().min(1).max(limits.downtimeMsMax).exactOptional(),
  tls: tls.exactOptional().describe("Encrypt the memory on its way; a host may ask for more than is asked for here."),
  deadlineMs: z
    .int()
    .min(1)
    .max(limits.deadlineMsMax)
    .exactOptional()
    .describe(
      "A copy that has not ended by then is called off, and the VM stays; or post-copy ends it, where that is allowed.",
    ),
  allowPostCopy: z
    .boolean()
    .exactOptional()
    .describe("Post-copy may be used where the copy would not end otherwise: the VM is lost if a host dies meanwhile."),
  mode: mode.default("auto").describe("How memory is copied; auto takes the plainest way that is expected to end."),
  copyStorage: storageCopy
    .exactOptional()
    .describe("Copy the disks that the target does not share: all of each, or what lies above a backing file it has."),
  handover: z
    .boolean()
    .default(true)
    .describe("Hand frames over to the target while the guest is paused, where both virtual switches allow it."),
  priority: priority.default(0),
};

export const moveOptionsSchema = shaped<MoveOptions>()(
  z.object({
    driver,
    maxRateBps: z.number().exactOptional(),
    maxDowntimeMs: z.number().exactOptional(),
    tls: tls.exactOptional(),
    deadlineMs: z.number().exactOptional(),
    allowPostCopy: z.boolean().exactOptional(),
    mode,
    copyStorage: storageCopy.exactOptional(),
    handover: z.boolean(),
    priority: z.number(),
  }),
);

export const moveWishSchema = z.strictObject({
  vm: plainText(limits.nameChars).describe("Name or UUID."),
  target: hostRef,
  ...moveOptionFields,
  dryRun: z.boolean().default(false).describe("Look and predict, touch nothing."),
});

export const priorityBody = z.strictObject({ priority });

const range = z.object({ low: z.number(), high: z.number() });

export const predictionSchema = shaped<Prediction>()(
  z
    .object({
      totalMs: z.number(),
      downtimeMs: z.number(),
      bytes: z.number(),
      rounds: z.number(),
      converges: z.boolean(),
      basis: z.string(),
      ranges: z.object({ totalMs: range, downtimeMs: range, bytes: range }).exactOptional(),
      verdict: z.enum(["converges", "uncertain", "does-not-converge"]).exactOptional(),
    })
    .meta({ id: "Prediction" }),
);

const networkSchema = shaped<NetworkReport>()(
  z
    .object({
      links: z.array(
        z.object({
          link: z.string(),
          from: z.string(),
          to: z.string(),
          predictedBytes: z.number().nullable(),
          measuredBytes: z.number().nullable(),
        }),
      ),
      flows: z.array(
        z.object({
          flow: z.string(),
          before: z.string(),
          after: z.string(),
          roundTripDeltaUs: z.number().nullable(),
          siteCrossingsBefore: z.number(),
          siteCrossingsAfter: z.number(),
        }),
      ),
    })
    .meta({ id: "NetworkReport", description: "What the move does to the network, predicted and measured." }),
);

const outcome = z.enum([
  "completed",
  "failed",
  "cancelled",
  "refused",
  "unsettled",
] as const satisfies readonly Outcome[]);

const figure = z.number().exactOptional();

export const moveReportSchema = shaped<MoveReport>()(
  z
    .object({
      moveId: moveIdText,
      vm: z.string(),
      source: hostNameText,
      target: hostNameText,
      outcome,
      runsOn: hostNameText.nullable(),
      checks: z.array(checkSchema),
      predicted: predictionSchema.nullable(),
      measured: z
        .object({
          moveMs: z.number(),
          downtimeMs: figure,
          bytesSent: figure,
          rounds: figure,
          totalMs: figure,
          clientGapMs: figure,
          tcpSessionSurvived: z.boolean().exactOptional(),
          tcpBytesLost: figure,
          announceFrames: figure,
          switchLearnedMs: figure,
          framesHandedOver: figure,
          phases: z.record(z.string(), z.number()),
          copy: z
            .object({
              firstRoundBytes: z.number(),
              firstRoundMs: z.number(),
              memoryInUseBytes: figure,
              dirtied: z.array(z.object({ overMs: z.number(), bytes: z.number() })),
            })
            .exactOptional(),
        })
        .nullable(),
      network: networkSchema.exactOptional(),
      evidence: z.array(checkSchema),
      failure: z.object({ code: z.string(), message: z.string(), details: errorDetails.exactOptional() }).nullable(),
    })
    .meta({ id: "MoveReport" }),
);

const requestSchema = shaped<MoveRequest>()(
  z.object({
    id: moveIdText,
    vm: vmIdText,
    vmName: z.string(),
    source: hostNameText,
    target: hostNameText,
    sourceUri: z.string(),
    targetUri: z.string(),
    driver,
    memoryMiB: z.number(),
    isPersistent: z.boolean(),
    maxRateBps: figure,
    maxDowntimeMs: figure,
    deadlineMs: figure,
    allowPostCopy: z.boolean().exactOptional(),
    copyStorage: storageCopy.exactOptional(),
    tls: tls.exactOptional(),
    mode: mode.exactOptional(),
    plan: z
      .object({
        mode: mode.exclude(["auto"]),
        autoConverge: z.object({ initial: z.number(), increment: z.number() }).exactOptional(),
        maxDowntimeMs: z.number(),
        downtimeRises: z.boolean(),
        postCopy: z.enum(["after-first-round", "at-deadline"]).exactOptional(),
        tls: tls.exactOptional(),
        disks: z
          .array(
            z.object({ target: z.string(), path: z.string(), capacityBytes: z.number(), allocatedBytes: z.number() }),
          )
          .exactOptional(),
        rateBps: figure,
      })
      .exactOptional(),
    handover: z.boolean(),
    asked: z.object({
      by: z.string(),
      origin: moveOrigin,
      priority: z.number(),
      outlivesProcess: z.boolean(),
    }),
  }),
);

/** Its inner fields are those of the state machine, which has a page of its own; outside, the phase and the step count. */
const stateSchema = z
  .looseObject({ phase: z.string(), step: z.string().optional() })
  .meta({ id: "MoveState", description: "As docs/state-machine.md describes it." }) as unknown as z.ZodType<
  MoveState,
  MoveState
>;
const moveEventSchema = z.looseObject({ kind: z.string() }) as unknown as z.ZodType<MoveEvent, MoveEvent>;

const waitReasonSchema = shaped<WaitReason>()(
  z.object({
    kind: z.enum(["vm", "host-out", "host-in", "link", "paused", "turn"]),
    subject: z.string(),
    message: z.string(),
  }),
);

export const progressSchema = z.object({
  elapsedMs: z.number(),
  memoryTotalBytes: z.number(),
  memoryRemainingBytes: z.number(),
  memorySentBytes: z.number(),
  rateBps: z.number().optional(),
  round: z.number(),
  dirtyRateBps: z.number().optional(),
  disks: z.object({ totalBytes: z.number(), remainingBytes: z.number() }).exactOptional(),
});

export const moveSchema = z
  .object({
    request: requestSchema,
    state: stateSchema,
    createdAt: timestamp,
    changedAt: timestamp,
    report: moveReportSchema.nullable(),
    waitsFor: z.array(waitReasonSchema).describe("Why it has not started; empty once it has."),
    progress: progressSchema.nullable().describe("While it copies."),
  })
  .meta({ id: "Move" });

export type Move = z.output<typeof moveSchema>;

export const moveListQuery = z.strictObject({
  vm: plainText(limits.nameChars).exactOptional().describe("Name or UUID."),
  host: hostRef.exactOptional().describe("Source or target."),
  isOver: yesOrNo.exactOptional(),
  ...pageQuery,
});

export const moveListSchema = pageOf(moveSchema);

const spread = z.object({ median: z.number(), p90: z.number() }).nullable();

export const accuracySchema = shaped<Accuracy>()(
  z
    .object({
      moves: z.number(),
      total: spread,
      bytes: spread,
      downtimeMs: spread,
      withinRange: z.number().nullable(),
      endForetold: z.number().nullable(),
      uncertain: z.number().nullable(),
    })
    .meta({ id: "Accuracy", description: "Errors as shares of what was measured, of the downtime in milliseconds." }),
);

export const accuracyQuery = z.strictObject({
  vm: plainText(limits.nameChars).exactOptional().describe("Name or UUID."),
  host: hostRef.exactOptional().describe("Source or target."),
});

export const transitionsSchema = z.object({
  items: z.array(
    z.object({ sequence: z.number(), at: timestamp, event: moveEventSchema.nullable(), state: stateSchema }),
  ),
});
