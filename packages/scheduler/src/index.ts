export * from "./admission/admit.ts";
export { fixedShareBps } from "./admission/ledger.ts";
export type { MoveClaim } from "./admission/ledger.ts";
export { rateStepBps } from "./limits.ts";
