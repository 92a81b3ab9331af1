/** The flows of a frame hand-over: which frames leave the source's bridge for the tunnel, and where they arrive. */
import type { Flow, FlowAction } from "@trunkline/openflow";
import type { SwitchBridge } from "@trunkline/ovsdb";
import { TrunklineError } from "@trunkline/model";
import type { MoveId, VmNic } from "@trunkline/model";
import { limits } from "../../limits.ts";
import { numbersOf } from "./handover-tunnel.ts";

/** A bridge as it was read, with its end of the tunnel. */
export interface WayEnd {
  readonly bridge: SwitchBridge;
  readonly tunnelPort: number;
}

/** "tl" in the upper half, so that our flows can be told from others'. */
const cookieBase = 0x746c_0000_0000_0000n;
export const digitsOf = (move: MoveId): string => move.replaceAll("-", "").slice(0, 8);
export const cookieOf = (move: MoveId): bigint => cookieBase | BigInt(`0x${digitsOf(move)}`);
/** Above what people use (NORMAL is 0, ovs-ofctl's default 32768), in the order in which they are looked at. */
const priority = { arrive: 65_000, refuse: 64_999, redirect: 64_998 } as const;

/**
 * Frames for the guest, tagged from trunks and untagged from access ports of its VLAN: into the tunnel, and while they are
 * shared also where they go without us.
 */
export function redirects(
  nic: VmNic,
  { bridge, tunnelPort }: WayEnd,
  cookie: bigint,
  { shared }: { readonly shared: boolean },
): readonly Flow[] {
  const hardTimeoutS = shared ? limits.handoverSharedS : limits.handoverEngagedS;
  const base = { cookie, priority: priority.redirect, hardTimeoutS };
  const out: readonly FlowAction[] = [{ kind: "output", port: tunnelPort }];
  const asBefore: readonly FlowAction[] = shared ? [{ kind: "normal" }] : [];
  const tagged = nic.vlans.map((vlan): Flow => {
    const match = { vlan, destinationMac: nic.mac };
    return { ...base, match, actions: [...asBefore, { kind: "pop-vlan" }, ...out] };
  });
  const bareActions = [...asBefore, ...out];
  const untagged = bridge.ports
    .filter((port) => port.tag !== undefined && nic.vlans.includes(port.tag))
    .flatMap(numbersOf)
    .map((inPort): Flow => {
      const match = { inPort, vlan: "untagged", destinationMac: nic.mac } as const;
      return { ...base, match, actions: bareActions };
    });
  const bare: Flow = { ...base, match: { vlan: "untagged", destinationMac: nic.mac }, actions: bareActions };
  return nic.vlans.length === 0 ? [bare] : [...tagged, ...untagged];
}

export function arrival(nic: VmNic, { bridge, tunnelPort }: WayEnd, cookie: bigint): Flow {
  const tap = bridge.ports.find((port) =>
    port.interfaces.some((device) => device.externalIds["attached-mac"]?.toLowerCase() === nic.mac),
  );
  const [port] = tap === undefined ? [] : numbersOf(tap);
  if (port === undefined)
    throw new TrunklineError("host.failed", `the target's ${bridge.name} has no port for ${nic.mac} yet`);
  const match = { inPort: tunnelPort, destinationMac: nic.mac };
  return {
    cookie,
    priority: priority.arrive,
    hardTimeoutS: limits.handoverLaidS,
    match,
    actions: [{ kind: "output", port }],
  };
}

/** Nothing but the guest's frames may come out of the tunnel. */
export function refusal({ tunnelPort }: WayEnd, cookie: bigint): Flow {
  const match = { inPort: tunnelPort };
  return { cookie, priority: priority.refuse, hardTimeoutS: limits.handoverLaidS, match, actions: [{ kind: "drop" }] };
}
