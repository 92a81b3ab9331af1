/** What every step of building needs: the plan, the state on disk, a place for progress lines, a way to be stopped. */
import type { StateFile } from "./state/state-file.ts";
import type { LabPlan } from "./topology/lab-plan.ts";

export type LabContext = {
  readonly plan: LabPlan;
  readonly state: StateFile;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal | undefined;
};
