/**
 * Where the two ends of a flow are attached, and by which of their NICs they speak to each other.
 *
 * Two ends in one segment use it. Otherwise each speaks by a NIC whose segment has a gateway; between several, the name of
 * the segment decides, so that the order of the document does not. Addresses are of one family on both sides, IPv4 where
 * both have it.
 *
 * What is outside routes for itself: an endpoint at a device of kind "external" needs no gateway.
 */
import { parseInterfaceAddress } from "../address/ip.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { attachedTo } from "../fabric-index.ts";
import type { Endpoint, Flow, Nic } from "../fabric.ts";
import type { Destination } from "./destination.ts";
import { deviceDestination, endpointDestination, policyOf } from "./destination.ts";
import { feetOf } from "./routers.ts";

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

interface NicPair {
  readonly from: Nic | undefined;
  readonly to: Nic | undefined;
  readonly family: 4 | 6 | undefined;
}

function speakingNics(index: FabricIndex, from: Endpoint, to: Endpoint): NicPair {
  const pairs = choices(from).flatMap((here) =>
    choices(to).map((there): NicPair & { readonly rank: readonly [number, string, string] } => {
      const family = commonFamily(here, there);
      const isOneSegment = here !== undefined && here.segment === there?.segment;
      const isRouted = [here, there].every((nic) => nic === undefined || index.gatewaysIn(nic.segment).length > 0);
      const merit = (family === "none" ? 8 : 0) + (isOneSegment ? 0 : isRouted ? 2 : 4);
      return {
        from: here,
        to: there,
        family: family === "none" ? undefined : family,
        rank: [merit, nicKey(here), nicKey(there)],
      };
    }),
  );
  const [best] = pairs.toSorted(({ rank: left }, { rank: right }) => {
    const at = left.findIndex((part, place) => part !== right[place]);
    return at < 0 ? 0 : (left[at] ?? 0) < (right[at] ?? 0) ? -1 : 1;
  });
  return best ?? { from: undefined, to: undefined, family: undefined };
}

const choices = ({ nics }: Endpoint): readonly (Nic | undefined)[] => (nics.length === 0 ? [undefined] : nics);

const nicKey = (nic: Nic | undefined): string =>
  nic === undefined ? "" : [nic.segment, nic.mac ?? "", ...nic.addresses.toSorted()].join("\u0000");

/** "none" where both have addresses and nothing fits; undefined where an end says none, so that any family will do. */
function commonFamily(here: Nic | undefined, there: Nic | undefined): 4 | 6 | undefined | "none" {
  const [left, right] = [familiesOf(here), familiesOf(there)];
  if (left.size === 0 || right.size === 0)
    return left.has(4) || right.has(4) ? 4 : left.has(6) || right.has(6) ? 6 : undefined;
  const common = ([4, 6] as const).find((family) => left.has(family) && right.has(family));
  return common ?? "none";
}

function familiesOf(nic: Nic | undefined): ReadonlySet<4 | 6> {
  return new Set((nic?.addresses ?? []).flatMap((address) => parseInterfaceAddress(address)?.version ?? []));
}

function endOf(
  index: FabricIndex,
  endpoint: Endpoint,
  nic: Nic | undefined,
  family: 4 | 6 | undefined,
  situation: Situation,
): FlowEnd {
  const { name } = endpoint;
  const device = attachedTo(index, situation.placement, name) ?? endpoint.device;
  const isOutside = index.device(device)?.kind === "external" || nic === undefined;
  const address = nic?.addresses
    .filter((text) => family === undefined || parseInterfaceAddress(text)?.version === family)
    .toSorted()[0];
  if (nic === undefined) return { name, device, isOutside, destination: deviceDestination(index, device) };
  const segment = attachedSegment(index, nic, device);
  const routedDevice = attachedTo(index, situation.routedPlacement ?? situation.placement, name) ?? device;
  const destination = isOutside
    ? deviceDestination(index, device, address)
    : endpointDestination(index, {
        device,
        segment,
        home: nic.segment,
        address,
        routed: { site: index.siteOf(routedDevice), segment: attachedSegment(index, nic, routedDevice) },
      });
  return { name, device, isOutside, nic, segment, ...(address === undefined ? {} : { address }), destination };
}

/**
 * Where LISP moves endpoints across subnets, the network that the NIC asks for is another segment in the other site; it is
 * found by the label's VLAN, or by being the only one with a gateway there.
 */
function attachedSegment(index: FabricIndex, nic: Nic, device: string): string {
  const isHome = index.vlanOf(nic.segment, device) !== undefined;
  if (isHome || policyOf(index, nic.segment)?.mode !== "lisp-across") return nic.segment;
  const label = index.device(device)?.networks?.find(({ name }) => name === nic.network);
  const [labelled, ...others] = label === undefined ? [] : index.segmentsOfVlan(label.vlan, device);
  return labelled !== undefined && others.length === 0 ? labelled.name : nic.segment;
}

/** An endpoint whose own device is a router and that names no NIC speaks as that router. */
export const routesForItself = (index: FabricIndex, end: FlowEnd): boolean =>
  end.isOutside && (index.device(end.device)?.kind === "external" || feetOf(index, end.device).length > 0);
