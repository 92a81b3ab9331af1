import { expect, test } from "vitest";
import { planOf } from "../topology/plan-of.fixture.ts";
import { speakerConfiguration } from "./hsrp-daemon.ts";
import { keepalivedConfiguration } from "./keepalived.ts";
import { gatewaysAt } from "./member.ts";

test("keepalived gets one instance for each group of the device, one word a line", () => {
  const { gateways } = planOf("one-dc-fhrp");
  expect(keepalivedConfiguration("sw2", gatewaysAt(gateways, "sw2", "vrrp"))).toBe(`global_defs {
  router_id sw2
  vrrp_version 3
}
vrrp_instance web {
  state BACKUP
  interface v110
  virtual_router_id 110
  priority 100
  advert_int 1
  use_vmac gw110-110
  virtual_ipaddress {
    10.79.110.1/32
  }
}
vrrp_instance db {
  state BACKUP
  interface v120
  virtual_router_id 120
  priority 100
  advert_int 1
  use_vmac gw120-120
  virtual_ipaddress {
    10.79.120.1/32
  }
}
`);
});

test("a member that does not preempt says so", () => {
  const [web] = gatewaysAt(planOf("one-dc-fhrp").gateways, "sw1", "vrrp");
  if (web === undefined) throw new Error("one-dc-fhrp has no VRRP gateway");
  const patient = { ...web, members: web.members.map((member) => ({ ...member, preempts: false })) };
  expect(keepalivedConfiguration("sw1", [patient])).toContain("\n  nopreempt\n");
  expect(keepalivedConfiguration("sw1", [web])).not.toContain("nopreempt");
});

test("the HSRP speaker gets times in seconds, the virtual MAC of its group and the subnet that it listens to", () => {
  const gateways = gatewaysAt(planOf("one-dc-hsrp").gateways, "sw1", "hsrp");
  const { groups, readyFile } = speakerConfiguration("sw1", gateways, "/l/ready");
  expect(readyFile).toBe("/l/ready");
  expect(groups.map(({ group }) => group)).toEqual([10, 20]);
  expect(groups[0]).toEqual({
    group: 10,
    priority: 110,
    preempts: true,
    helloTimeS: 1,
    holdTimeS: 3,
    virtualAddress: "10.79.110.1",
    virtualMac: "00:00:0c:07:ac:0a",
    ownAddress: "10.79.110.2",
    subnet: "10.79.110.0/24",
    device: "v110",
    virtualDevice: "gw110-10",
  });
});
