export * from "./admission/admit.ts";
export type { MoveClaim } from "./admission/ledger.ts";
