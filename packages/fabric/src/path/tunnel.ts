/**
 * A routed packet in a VXLAN tunnel: over the ways of the underlay, in the VNI of its VRF. Neither end needs the segment
 * of the destination for it.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { underlayWay, vxlanOverheadBytes } from "../layer-two/overlay.ts";
import { evenly } from "../layer-two/spread.ts";
import { summed } from "../layer-two/stretches.ts";
import type { Way } from "./way.ts";

const tunnels = memoTable<Way>("tunnels");

/** @param segment for whose packets; the VLAN of the crossings is its own, as over any overlay. */
export function tunnelled(index: FabricIndex, segment: string, from: string, to: string): Way {
  return index.remember(tunnels, `${segment}\u0000${from}\u0000${to}`, () => {
    const way = underlayWay(index, from, [to], evenly);
    if (way === undefined) {
      const message = `no way of the underlay leads from ${from} to ${to}`;
      return { kind: "broken", waypoints: [], legs: [], why: { kind: "no-reach", segment, from, to, message } };
    }
    const isIpv6 = index.device(from)?.vtep?.address.includes(":") === true;
    const overheadBytes = isIpv6 ? vxlanOverheadBytes.ipv6 : vxlanOverheadBytes.ipv4;
    const vlan = index.vlanOf(segment, from) ?? 0;
    const stretches = way.steps.map((step) => ({ ...step, vlan, overheadBytes }));
    const { crossings, latencyUs, mtu } = summed(stretches, { doubts: [], assumed: [] });
    return {
      kind: "known",
      waypoints: [],
      legs: [{ segment, from, to, crossings }],
      latencyUs,
      ...(mtu === undefined ? {} : { mtu }),
    };
  });
}
