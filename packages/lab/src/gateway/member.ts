/** Gateways seen from one of their members. */
import type { GatewayMemberPlan, GatewayPlan } from "../topology/lab-plan.ts";

export type GatewayOf<Kind extends GatewayPlan["kind"]> = Extract<GatewayPlan, { readonly kind: Kind }>;

export function memberOf(gateway: GatewayPlan, device: string): GatewayMemberPlan {
  const member = gateway.members.find(({ node }) => node.name === device);
  if (member === undefined) throw new Error(`${device} is no member of the gateway ${gateway.name}`);
  return member;
}

/** The gateways of one kind that a device is a member of. */
export function gatewaysAt<Kind extends GatewayPlan["kind"]>(
  gateways: readonly GatewayPlan[],
  device: string,
  kind: Kind,
): readonly GatewayOf<Kind>[] {
  return gateways.filter(
    (gateway): gateway is GatewayOf<Kind> =>
      gateway.kind === kind && gateway.members.some(({ node }) => node.name === device),
  );
}
