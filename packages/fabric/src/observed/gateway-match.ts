/** Which gateway of the document a hello speaks for, and which of its members sent it. */
import type { Gateway, GatewayMember } from "../fabric.ts";
import { isSameAddress } from "../imports/addresses.ts";
import type { Lookup } from "./lookup.ts";
import type { GatewayHello } from "./observation.ts";

/**
 * By virtual address first, then by group within the segments that the VLAN can mean. A VLAN that nobody knows (an untagged
 * frame at a port whose native VLAN is unknown) rules nothing out.
 */
export function gatewayOf(lookup: Lookup, hello: GatewayHello): Gateway | undefined {
  const vlan = lookup.vlanOf(hello.where, hello.vlan);
  const segments =
    vlan === undefined
      ? undefined
      : new Set(lookup.index.segmentsOfVlan(vlan, hello.where.device).map(({ name }) => name));
  const candidates = lookup.index.fabric.gateways
    .filter(({ kind, segment }) => kind === hello.protocol && (segments === undefined || segments.has(segment)))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
  const byAddress = candidates.filter(({ address }) => hello.addresses.some((one) => isSameAddress(one, address)));
  const best = byAddress.filter(({ group }) => group === undefined || group === hello.group);
  if (best.length > 0) return best[0];
  if (byAddress.length > 0) return byAddress[0];
  return segments === undefined ? undefined : candidates.find(({ group }) => group === hello.group);
}

export function memberOf(lookup: Lookup, gateway: Gateway, source: string): GatewayMember | undefined {
  return gateway.members.find(
    ({ device, address }) =>
      (address !== undefined && isSameAddress(address, source)) ||
      (lookup.index.device(device)?.interfaces ?? []).some(
        (own) => own.segment === gateway.segment && isSameAddress(own.address, source),
      ),
  );
}
