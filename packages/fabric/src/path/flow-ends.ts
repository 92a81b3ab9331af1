/**
 * Where the two ends of a flow are attached, and by which of their NICs they speak to each other.
 *
 * Two ends in one segment use it. Otherwise each speaks by a NIC whose segment has a gateway; between several, the name of
 * the segment decides, so that the order of the document does not. Addresses are of one family on both sides, IPv4 where
 * both have it.
 *
 * What is outside routes for itself: an endpoint at a device of kind "external" needs no gateway.
 */
import { assert } from "@trunkline/model";
import { parseInterfaceAddress } from "../address/ip.ts";
import type { FabricIndex, Placement } from "../fabric-index.ts";
import { attachedTo, memoTable } from "../fabric-index.ts";
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

/** What is worked out about a NIC once for all flows; `nic` is undefined for an endpoint without any. */
interface NicFacts {
  readonly place: number;
  readonly nic: Nic | undefined;
  readonly key: string;
  readonly families: ReadonlySet<4 | 6>;
  /** Sorted, with the version of each. */
  readonly addresses: readonly { readonly text: string; readonly version: 4 | 6 | undefined }[];
  readonly isRouted: boolean;
}

interface NicPair {
  readonly from: NicFacts;
  readonly to: NicFacts;
  readonly family: 4 | 6 | undefined;
}

const factsTable = memoTable<readonly NicFacts[]>("NICs of an endpoint");

function nicsOf(index: FabricIndex, { name, nics }: Endpoint): readonly NicFacts[] {
  return index.remember(factsTable, name, () =>
    (nics.length === 0 ? [undefined] : nics).map((nic, place): NicFacts => {
      const addresses = (nic?.addresses ?? [])
        .toSorted()
        .map((text) => ({ text, version: parseInterfaceAddress(text)?.version }));
      return {
        place,
        nic,
        key: nicKey(nic),
        families: new Set(addresses.flatMap(({ version }) => version ?? [])),
        addresses,
        isRouted: nic === undefined || index.gatewaysIn(nic.segment).length > 0,
      };
    }),
  );
}

function speakingNics(index: FabricIndex, from: Endpoint, to: Endpoint): NicPair {
  const pairs = nicsOf(index, from).flatMap((here) =>
    nicsOf(index, to).map((there): NicPair & { readonly rank: readonly [number, string, string] } => {
      const family = commonFamily(here, there);
      const isOneSegment = here.nic !== undefined && here.nic.segment === there.nic?.segment;
      const isRouted = here.isRouted && there.isRouted;
      const merit = (family === "none" ? 8 : 0) + (isOneSegment ? 0 : isRouted ? 2 : 4);
      return {
        from: here,
        to: there,
        family: family === "none" ? undefined : family,
        rank: [merit, here.key, there.key],
      };
    }),
  );
  const [best] = pairs.toSorted(({ rank: left }, { rank: right }) => {
    const at = left.findIndex((part, place) => part !== right[place]);
    return at < 0 ? 0 : (left[at] ?? 0) < (right[at] ?? 0) ? -1 : 1;
  });
  assert(best !== undefined, "an endpoint speaks by a NIC, or by none");
  return best;
}

const nicKey = (nic: Nic | undefined): string =>
  nic === undefined ? "" : [nic.segment, nic.mac ?? "", ...nic.addresses.toSorted()].join("\u0000");

/** "none" where both have addresses and nothing fits; undefined where an end says none, so that any family will do. */
function commonFamily(here: NicFacts, there: NicFacts): 4 | 6 | undefined | "none" {
  const [left, right] = [here.families, there.families];
  if (left.size === 0 || right.size === 0)
    return ([4, 6] as const).find((family) => left.has(family) || right.has(family));
  const common = ([4, 6] as const).find((family) => left.has(family) && right.has(family));
  return common ?? "none";
}

const endTable = memoTable<FlowEnd>("ends of flows");

function endOf(
  index: FabricIndex,
  endpoint: Endpoint,
  facts: NicFacts,
  family: 4 | 6 | undefined,
  situation: Situation,
): FlowEnd {
  const { name } = endpoint;
  const device = attachedTo(index, situation.placement, name) ?? endpoint.device;
  const routedDevice = attachedTo(index, situation.routedPlacement ?? situation.placement, name) ?? device;
  const key = [name, facts.place, family, device, routedDevice].join("\u0000");
  return index.remember(endTable, key, () => {
    const { nic } = facts;
    const isOutside = index.device(device)?.kind === "external" || nic === undefined;
    if (nic === undefined)
      return { name, device, isOutside, destination: deviceDestination(index, device), senderKey: device };
    const address = facts.addresses.find(({ version }) => family === undefined || version === family)?.text;
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
    return {
      name,
      device,
      isOutside,
      nic,
      segment,
      ...(address === undefined ? {} : { address }),
      destination,
      senderKey,
    };
  });
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

export function senderKeyOf(device: string, segment: string, nic: Nic, family: 4 | 6 | undefined): string {
  return [device, segment, family, nic.gateway, nic.forwarder].join("\u0000");
}

/** An endpoint whose own device is a router and that names no NIC speaks as that router. */
export const routesForItself = (index: FabricIndex, end: FlowEnd): boolean =>
  end.isOutside && (index.device(end.device)?.kind === "external" || feetOf(index, end.device).length > 0);
