/**
 * Where the two ends of a flow are attached, and how others reach them.
 *
 * What is outside routes for itself: an endpoint at a device of kind "external" needs no gateway.
 */
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import type { Endpoint, Flow, Nic } from "../fabric.ts";
import type { KnownWay } from "./compose.ts";
import { at } from "./compose.ts";
import type { Destination } from "./destination.ts";
import { deviceDestination, endpointDestination, policyOf } from "./destination.ts";
import { feetOf } from "./routers.ts";
import type { Family, NicFacts } from "./speaking-nics.ts";
import { speakingNics } from "./speaking-nics.ts";

/** Where endpoints are, and where the network believes that they are. */
export interface Situation {
  readonly placement?: Placement;
  /** What host routes point to, while they have not followed yet; without it, where the endpoints are. */
  readonly routedPlacement?: Placement;
}

export interface FlowEnd {
  readonly name: string;
  readonly device: string;
  readonly isOutside: boolean;
  readonly nic?: Nic;
  /** What it is attached to at the device; for a NIC that LISP moved across subnets not the NIC's own segment. */
  readonly segment?: string;
  readonly address?: string;
  /** As others reach it. */
  readonly destination: Destination;
  /** The stretch that consists of the end alone. */
  readonly standing: KnownWay;
  /** Equal for ends that leave their segment alike. */
  readonly senderKey: string;
}

export type FlowEnds =
  | { readonly kind: "known"; readonly from: FlowEnd; readonly to: FlowEnd }
  | { readonly kind: "unknown"; readonly why: string };

export function flowEnds(index: FabricIndex, flow: Pick<Flow, "from" | "to">, situation: Situation): FlowEnds {
  const [from, to] = [index.endpoint(flow.from), index.endpoint(flow.to)];
  if (from === undefined || to === undefined)
    return { kind: "unknown", why: `the fabric has no endpoint ${from === undefined ? flow.from : flow.to}` };
  const pair = speakingNics(index, from, to);
  return {
    kind: "known",
    from: endOf(index, from, pair.from, pair.family, situation),
    to: endOf(index, to, pair.to, pair.family, situation),
  };
}

const endTable = memoTable<Map<string, FlowEnd>>("ends of flows");

function endOf(
  index: FabricIndex,
  endpoint: Endpoint,
  facts: NicFacts,
  family: Family | undefined,
  { placement, routedPlacement }: Situation,
): FlowEnd {
  const { name } = endpoint;
  const device = placement?.get(name) ?? endpoint.device;
  const routedDevice = (routedPlacement ?? placement)?.get(name) ?? endpoint.device;
  // Routes that point elsewhere are asked about for a moment only.
  if (routedDevice !== device) return makeEnd(index, endpoint, facts, family, device, routedDevice);
  const ends = index.remember(endTable, facts.keyOf(family), () => new Map<string, FlowEnd>());
  const known = ends.get(device);
  if (known !== undefined) return known;
  const end = makeEnd(index, endpoint, facts, family, device, device);
  ends.set(device, end);
  return end;
}

function makeEnd(
  index: FabricIndex,
  { name }: Endpoint,
  { nic, addresses }: NicFacts,
  family: Family | undefined,
  device: string,
  routedDevice: string,
): FlowEnd {
  const isOutside = index.device(device)?.kind === "external" || nic === undefined;
  const standing = at({ device, role: "endpoint", name });
  if (nic === undefined)
    return { name, device, isOutside, standing, destination: deviceDestination(index, device), senderKey: device };
  const address = addresses.find(({ version }) => family === undefined || version === family)?.text;
  const segment = attachedSegment(index, nic, device);
  const destination = isOutside
    ? deviceDestination(index, device, address)
    : endpointDestination(index, {
        device,
        segment,
        home: nic.segment,
        address,
        routed: { site: index.siteOf(routedDevice), segment: attachedSegment(index, nic, routedDevice) },
      });
  const senderKey = senderKeyOf(device, segment, nic, family);
  const end = { name, device, isOutside, nic, segment, standing, destination, senderKey };
  return address === undefined ? end : { ...end, address };
}

/**
 * Where LISP moves endpoints across subnets, the network that the NIC asks for is another segment in the other site; it is
 * found by the VLAN of the label.
 */
function attachedSegment(index: FabricIndex, nic: Nic, device: string): string {
  const isHome = index.vlanOf(nic.segment, device) !== undefined;
  if (isHome || policyOf(index, nic.segment)?.mode !== "lisp-across") return nic.segment;
  const label = index.device(device)?.networks?.find(({ name }) => name === nic.network);
  const [labelled, ...others] = label === undefined ? [] : index.segmentsOfVlan(label.vlan, device);
  return labelled !== undefined && others.length === 0 ? labelled.name : nic.segment;
}

export function senderKeyOf(device: string, segment: string, nic: Nic, family: Family | undefined): string {
  return [device, segment, family, nic.gateway, nic.forwarder].join("\u0000");
}

/** An endpoint whose own device is a router and that names no NIC speaks as that router. */
export const routesForItself = (index: FabricIndex, end: FlowEnd): boolean =>
  end.isOutside && (index.device(end.device)?.kind === "external" || feetOf(index, end.device).length > 0);
