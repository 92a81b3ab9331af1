/**
 * Routing at the tunnel endpoints of a VXLAN fabric. Asymmetric: the leaf that routes bridges on over the VNI of the
 * destination's segment, so it must have that segment. Symmetric: it hands the packet to the leaf of the destination over
 * the VNI of the VRF, and that leaf routes once more (RFC 9135, sections 4 to 6). The links are the same.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { gatewayChoice } from "../gateway/choice.ts";
import type { Destination } from "./destination.ts";
import type { Face } from "./routers.ts";
import { faceOf, feetOf, mayEnter } from "./routers.ts";
import type { Step } from "./step.ts";

/** @returns undefined where the leaf routes like any other router. */
export function irbStep(index: FabricIndex, face: Face, destination: Destination): Step | undefined {
  const { segment, device } = destination;
  const irb = index.device(face.device)?.vtep?.irb;
  if (irb === undefined || segment === undefined || !mayEnter(index, face, segment)) return undefined;
  const vni = index.segment(segment)?.vni;
  const gateway = index.gatewaysIn(segment).find(({ kind }) => kind === "anycast");
  if (vni === undefined || gateway === undefined) return undefined;
  if (irb === "asymmetric") {
    if (feetOf(index, face.device).includes(segment)) return undefined;
    const message = `${face.device} routes asymmetrically and has no part in ${segment} (VNI ${vni})`;
    return { kind: "broken", why: { kind: "no-route", device: face.device, message } };
  }
  const egress = gatewayChoice(index, gateway, device);
  if (egress.kind !== "known" || egress.device === face.device) return undefined;
  if (index.device(egress.device)?.vtep === undefined) return undefined;
  return { kind: "tunnel", next: { segment, face: faceOf(index, egress.device, segment) } };
}
