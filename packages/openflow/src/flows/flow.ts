/**
 * Flows as this package writes and reads them. Everything a caller may say wrongly is refused here, before a byte is sent,
 * so that an error of the switch is news and not arithmetic.
 */
import { OpenFlowError } from "../errors.ts";
import {
  MAX_ACTIONS_PER_FLOW,
  MAX_COOKIE,
  MAX_ETHER_TYPE,
  MAX_FLOWS_PER_CALL,
  MAX_PORT_NUMBER,
  MAX_PRIORITY,
  MAX_TIMEOUT_S,
  MAX_VLAN,
  MIN_ETHER_TYPE,
  MIN_VLAN,
} from "../limits.ts";
import { LOCAL_PORT_NUMBER } from "../wire/ports.ts";

export interface Flow {
  /** Whose flow it is; 1 to 2^64 - 2. Cookie 0 is what the bridge's own NORMAL flow has, so it is nobody's. */
  readonly cookie: bigint;
  /** 0 to 65535; of the flows that match, the highest counts. The bridge's own NORMAL flow has 0. */
  readonly priority: number;
  readonly table?: 0;
  /** The flow goes after so many seconds without a frame. */
  readonly idleTimeoutS?: number;
  /** The flow goes after so many seconds whatever happens: also when its owner is dead. Adding it again starts anew. */
  readonly hardTimeoutS?: number;
  readonly match: FlowMatch;
  /** In their order. `drop` stands alone. */
  readonly actions: readonly FlowAction[];
}

/** A field left out matches everything. Ports are numbers of the column `ofport`; 65534 is the bridge's own port. */
export interface FlowMatch {
  readonly inPort?: number;
  /** Of the frame as it came: frames of an access port are untagged here, whatever its VLAN is. */
  readonly vlan?: number | "untagged";
  readonly destinationMac?: string;
  readonly sourceMac?: string;
  /** Behind the VLAN tag, if there is one. */
  readonly etherType?: number;
}

/** `output` sends the frame as it is (no VLAN handling), and never out of the port it came in by (section 4.5). */
export type FlowAction =
  | { readonly kind: "output"; readonly port: number }
  | { readonly kind: "pop-vlan" }
  | { readonly kind: "push-vlan"; readonly vlan: number }
  | { readonly kind: "normal" }
  | { readonly kind: "drop" };

/** Flows whose cookie equals `cookie` in the bits of `cookieMask`; without a mask, in all bits. */
export interface CookieFilter {
  readonly cookie: bigint;
  readonly cookieMask?: bigint;
}

const macAddress = /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}$/u;
const allOnes = 0xffff_ffff_ffff_ffffn;

export function checkFlows(flows: readonly Flow[]): void {
  if (flows.length > MAX_FLOWS_PER_CALL)
    throw new OpenFlowError(
      "openflow.refused",
      `${flows.length} flows are more than ${MAX_FLOWS_PER_CALL} for one call.`,
    );
  for (const [index, flow] of flows.entries()) {
    const why = faultOf(flow);
    if (why === undefined) continue;
    throw new OpenFlowError("openflow.refused", `Flow ${index + 1} of ${flows.length} cannot be sent: ${why}.`, {
      details: { request: index },
    });
  }
}

/**
 * A filter to delete by must not take cookie 0 in: the NORMAL flow that Open vSwitch itself gives a bridge without
 * controller has it, and without that flow the bridge forwards nothing.
 */
export function checkDeletion(filter: CookieFilter): void {
  checkFilter(filter);
  if ((filter.cookie & (filter.cookieMask ?? allOnes)) === 0n)
    throw new OpenFlowError("openflow.refused", "Flows were not deleted: the filter takes in the bridge's own flow.", {
      hint: "Give the flows a cookie other than 0 and delete by that.",
    });
}

export function checkFilter({ cookie, cookieMask = allOnes }: CookieFilter): void {
  if (cookie < 0n || cookie > allOnes || cookieMask < 0n || cookieMask > allOnes)
    throw new OpenFlowError("openflow.refused", "A cookie and its mask have 64 bits.");
}

export function checkPort(port: number): void {
  if (!isPort(port)) throw new OpenFlowError("openflow.refused", `There can be no port ${port}.`);
}

function faultOf(flow: Flow): string | undefined {
  if (flow.cookie < 1n || flow.cookie > MAX_COOKIE) return `its cookie ${flow.cookie} is not in 1 to 2^64 - 2`;
  if (!isWithin(flow.priority, 0, MAX_PRIORITY)) return `its priority ${flow.priority} is not in 0 to ${MAX_PRIORITY}`;
  for (const timeoutS of [flow.idleTimeoutS, flow.hardTimeoutS]) {
    if (timeoutS !== undefined && !isWithin(timeoutS, 1, MAX_TIMEOUT_S))
      return `its timeout of ${timeoutS} s is not in 1 to ${MAX_TIMEOUT_S}`;
  }
  return faultOfMatch(flow.match) ?? faultOfActions(flow.actions);
}

function faultOfMatch({ inPort, vlan, destinationMac, sourceMac, etherType }: FlowMatch): string | undefined {
  if (inPort !== undefined && !isPort(inPort)) return `there can be no port ${inPort}`;
  if (vlan !== undefined && vlan !== "untagged" && !isWithin(vlan, MIN_VLAN, MAX_VLAN))
    return `there is no VLAN ${vlan}`;
  for (const mac of [destinationMac, sourceMac]) {
    if (mac !== undefined && !macAddress.test(mac)) return `${JSON.stringify(mac)} is no MAC address`;
  }
  if (etherType !== undefined && !isWithin(etherType, MIN_ETHER_TYPE, MAX_ETHER_TYPE))
    return `${etherType} is no ether type`;
  return undefined;
}

function faultOfActions(actions: readonly FlowAction[]): string | undefined {
  if (actions.length === 0) return "it has no actions; to discard frames, say drop";
  if (actions.length > MAX_ACTIONS_PER_FLOW) return `it has more than ${MAX_ACTIONS_PER_FLOW} actions`;
  for (const action of actions) {
    if (action.kind === "drop" && actions.length > 1) return "drop stands alone";
    if (action.kind === "output" && !isPort(action.port)) return `there can be no port ${action.port}`;
    if (action.kind === "push-vlan" && !isWithin(action.vlan, MIN_VLAN, MAX_VLAN))
      return `there is no VLAN ${action.vlan}`;
  }
  return undefined;
}

function isPort(port: number): boolean {
  return port === LOCAL_PORT_NUMBER || isWithin(port, 1, MAX_PORT_NUMBER);
}

function isWithin(value: number, smallest: number, largest: number): boolean {
  return Number.isInteger(value) && value >= smallest && value <= largest;
}
