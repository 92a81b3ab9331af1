export * from "./admission/admit.ts";
export { fixedShareBps } from "./admission/ledger.ts";
export type { MoveClaim } from "./admission/ledger.ts";
export { candidatesFor } from "./evacuation/candidates.ts";
export type { Arrival, Candidate, Candidates } from "./evacuation/candidates.ts";
export { evacuationQuestions, planEvacuation } from "./evacuation/plan.ts";
export type { EvacuationInput, EvacuationQuestion, MoveVerdict } from "./evacuation/plan.ts";
export * from "./evacuation/steps.ts";
export { rateStepBps } from "./limits.ts";
