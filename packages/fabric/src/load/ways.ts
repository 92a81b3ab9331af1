/**
 * What load needs of path/: the way of a flow, and the way that a VM's memory takes. As an interface, because the sums
 * here do not care how ways are found; `waysOf` is the real one.
 */
import type { Flow } from "../fabric.ts";
import type { Placement } from "../fabric-index.ts";
import type { FlowPath, Way } from "../path/way.ts";

export interface Ways {
  readonly flowPath: (flow: Flow, placement?: Placement) => FlowPath;
  readonly memoryPath: (sourceHost: string, targetHost: string) => Way;
}
