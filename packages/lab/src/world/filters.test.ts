import { expect, test } from "vitest";
import type { FilterKind, GatewayPlan } from "../topology/lab-plan.ts";
import { planOf } from "../topology/plan-of.fixture.ts";
import { dropRules } from "./filters.ts";

const trunk = { kind: "trunk", vlanIds: [5, 110, 120] } as const;
const rules = (drops: readonly FilterKind[], gateways: readonly GatewayPlan[], only?: readonly string[]) =>
  dropRules({ drops, ...(only === undefined ? {} : { gateways: only }) }, gateways, trunk);
const { gateways } = planOf("one-dc-fhrp");

test("hellos of VRRP and HSRP are known by their protocol, in the segments that the link carries", () => {
  expect(rules(["hello"], gateways)).toEqual(["ip,nw_proto=112,dl_vlan=110", "ip,nw_proto=112,dl_vlan=120"]);
  expect(rules(["hello"], planOf("one-dc-hsrp").gateways, ["db"])).toEqual([
    "udp,nw_dst=224.0.0.2,tp_dst=1985,dl_vlan=120",
  ]);
  expect(rules(["hello"], planOf("one-dc-mlag").gateways)).toEqual([]);
});

test("the virtual MAC is kept back in both roles, ARP for the address as question and as answer", () => {
  expect(rules(["virtualMac", "gatewayArp"], gateways, ["web"])).toEqual([
    "arp,arp_spa=10.79.110.1,dl_vlan=110",
    "arp,arp_tpa=10.79.110.1,dl_vlan=110",
    "dl_dst=00:00:5e:00:01:6e,dl_vlan=110",
    "dl_src=00:00:5e:00:01:6e,dl_vlan=110",
  ]);
});

test("on an access port frames bear no tag, and only its own segment's gateways are meant", () => {
  const access = { kind: "access", vlanId: 120 } as const;
  expect(dropRules({ drops: ["virtualMac"] }, gateways, access)).toEqual([
    "dl_dst=00:00:5e:00:01:78",
    "dl_src=00:00:5e:00:01:78",
  ]);
});

test("without filters there are no rules", () => {
  expect(dropRules(undefined, gateways, trunk)).toEqual([]);
  expect(rules(["hello", "virtualMac"], gateways, ["outside"])).toEqual([]);
});
