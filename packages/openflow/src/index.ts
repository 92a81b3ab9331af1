/** Client of OpenFlow 1.3 for programs that edit the flows of a bridge without being its controller. Depends on Node alone. */
export { OpenFlowError } from "./errors.ts";
export type { OpenFlowErrorCode, OpenFlowErrorDetails } from "./errors.ts";
export { connectOpenFlow } from "./flows/connection.ts";
export type { OpenFlowCallOptions, OpenFlowConnection, OpenFlowOptions } from "./flows/connection.ts";
export type { CookieFilter, Flow, FlowAction, FlowMatch } from "./flows/flow.ts";
export type { PortStatistics } from "./wire/port-stats.ts";
export type { FlowStatistics } from "./wire/flow-stats.ts";
