/** Actions (section 7.2.5), and the instruction that carries them out at once (section 7.2.4). */
import type { FlowAction } from "../flows/flow.ts";
import { encodeVlan, padded, uint16, uint32 } from "./match.ts";
import { wirePort, wirePortOf } from "./ports.ts";

/** `enum ofp_action_type`. */
const actionType = { output: 0, pushVlan: 17, popVlan: 18, setField: 25 } as const;
/** OFPIT_APPLY_ACTIONS. */
const applyActions = 4;
const instructionHeaderBytes = 8;
/** The tag of IEEE 802.1Q. A pushed tag repeats the VLAN of an outer one, or has none: it is set in the next action. */
const dot1q = 0x8100;

/** A flow without instructions drops (section 5.4). */
export function encodeInstructions(actions: readonly FlowAction[]): Buffer {
  const list = encodeActions(actions);
  if (list.length === 0) return list;
  return Buffer.concat([uint16(applyActions), uint16(instructionHeaderBytes + list.length), Buffer.alloc(4), list]);
}

export function encodeActions(actions: readonly FlowAction[]): Buffer {
  return Buffer.concat(actions.flatMap(encodeAction));
}

function encodeAction(action: FlowAction): readonly Buffer[] {
  switch (action.kind) {
    case "output":
      return [output(wirePortOf(action.port))];
    case "normal":
      return [output(wirePort.normal)];
    case "pop-vlan":
      return [encoded(actionType.popVlan, Buffer.alloc(4))];
    case "push-vlan":
      return [
        encoded(actionType.pushVlan, Buffer.concat([uint16(dot1q), Buffer.alloc(2)])),
        encoded(actionType.setField, encodeVlan(action.vlan)),
      ];
    case "drop":
      return [];
    default:
      return action satisfies never;
  }
}

/** The two bytes behind the port, max_len, count only for frames that go to a controller. */
function output(port: number): Buffer {
  return encoded(actionType.output, Buffer.concat([uint32(port), Buffer.alloc(8)]));
}

/** Actions end on a multiple of 8, and unlike with a match their length counts the padding. */
function encoded(type: number, body: Buffer): Buffer {
  const action = padded(Buffer.concat([uint16(type), uint16(0), body]));
  action.writeUInt16BE(action.length, 2);
  return action;
}
