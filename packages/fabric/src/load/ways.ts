/**
 * What load needs of path/: the way of a flow, and the way that a VM's memory takes. As an interface, because the sums
 * here do not care how ways are found; `waysOf` is the real one.
 */
import type { Flow } from "../fabric.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { flowWays } from "../path/flow-path.ts";
import { memoryPath } from "../path/memory-path.ts";
import type { FlowPath, Way } from "../path/way.ts";

export interface Ways {
  readonly flowWays: (flow: Flow, placement?: Placement) => Pick<FlowPath, "forward" | "reverse">;
  readonly memoryPath: (sourceHost: string, targetHost: string) => Way;
}

export const waysOf = (index: FabricIndex): Ways => ({
  flowWays: (flow, placement) => flowWays(index, flow, placement === undefined ? {} : { placement }),
  memoryPath: (source, target) => memoryPath(index, source, target),
});
