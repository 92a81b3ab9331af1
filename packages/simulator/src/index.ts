export { VirtualClock } from "./clock/virtual-clock.ts";
export { SeededRandom } from "./clock/seeded-random.ts";
export { SimulatedCluster } from "./cluster/cluster.ts";
export type { ClusterOptions, SimulatedProcess } from "./cluster/cluster.ts";
export type { Violation } from "./cluster/ledger.ts";
export type { BridgeSpec, ClusterSpec, HostSpec, LinkSpec, SwitchSpec, VmSpec } from "./cluster/spec.ts";
export type { Call, CallFault, CallName, FaultHooks } from "./process/faults.ts";
export { demoCluster } from "./demo/demo-cluster.ts";
export { scenario } from "./demo/scenario.ts";
