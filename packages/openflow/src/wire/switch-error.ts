/** The ERROR message of a switch (section 7.4.4) as text and numbers. */
import { OpenFlowError } from "../errors.ts";
import type { Message } from "./message.ts";

export interface SwitchError {
  readonly type: number;
  readonly code: number;
  /** In the specification's names where this package can run into them, otherwise the bare numbers. */
  readonly text: string;
  readonly hint?: string;
}

/** `enum ofp_error_type`; 0xffff, experimenter errors, carries a number of its own in the place of the code. */
const typeNames: readonly string[] = [
  "HELLO_FAILED",
  "BAD_REQUEST",
  "BAD_ACTION",
  "BAD_INSTRUCTION",
  "BAD_MATCH",
  "FLOW_MOD_FAILED",
  "GROUP_MOD_FAILED",
  "PORT_MOD_FAILED",
  "TABLE_MOD_FAILED",
  "QUEUE_OP_FAILED",
  "SWITCH_CONFIG_FAILED",
  "ROLE_REQUEST_FAILED",
  "METER_MOD_FAILED",
  "TABLE_FEATURES_FAILED",
];

const codeNames: Readonly<Record<string, string>> = {
  "0.0": "INCOMPATIBLE",
  "1.0": "BAD_VERSION",
  "1.5": "EPERM",
  "1.6": "BAD_LEN",
  "2.4": "BAD_OUT_PORT",
  "2.5": "BAD_ARGUMENT",
  "2.7": "TOO_MANY",
  "2.10": "MATCH_INCONSISTENT",
  "4.7": "BAD_VALUE",
  "4.9": "BAD_PREREQ",
  "5.1": "TABLE_FULL",
  "5.3": "OVERLAP",
  "5.4": "EPERM",
};

const hints: Readonly<Record<string, string>> = {
  "0.0": "Let the bridge speak OpenFlow 1.3: ovs-vsctl add bridge BRIDGE protocols OpenFlow13",
  "1.0": "Let the bridge speak OpenFlow 1.3: ovs-vsctl add bridge BRIDGE protocols OpenFlow13",
  "2.4": "The flow sends to a port number that no switch can have; ovs-vsctl list interface shows ofport.",
  "2.10": "An action needs what the match does not promise: pop-vlan needs a match on a VLAN.",
};

const errorHeaderBytes = 4;

export function readSwitchError(message: Message): SwitchError {
  const { body } = message;
  if (body.length < errorHeaderBytes)
    throw new OpenFlowError("openflow.protocol", `The peer sent an error message of ${body.length} bytes.`);
  const type = body.readUInt16BE(0);
  const code = body.readUInt16BE(2);
  const key = `${type}.${code}`;
  const names = [typeNames[type], codeNames[key]].filter((name) => name !== undefined);
  const hint = hints[key];
  return {
    type,
    code,
    text: `${[...names, ""].join(" ")}(type ${type}, code ${code})`,
    ...(hint === undefined ? {} : { hint }),
  };
}
