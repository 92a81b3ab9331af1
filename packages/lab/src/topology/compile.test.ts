import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { LabError } from "../lab-error.ts";
import { compileTopology } from "./compile.ts";
import { findTopology } from "./find.ts";
import { planOf, TOPOLOGIES } from "./plan-of.fixture.ts";
import { readTopology } from "./read.ts";

test("two-hosts compiles to the golden plan", async () => {
  const plan = planOf("two-hosts", "/var/lib/trunkline/lab/demo");
  const golden = fileURLToPath(new URL("__golden__/two-hosts.plan.json", import.meta.url));
  await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(golden);
});

test("every topology of the project compiles, with names and addresses that are used once", () => {
  for (const name of TOPOLOGIES) {
    const plan = planOf(name);
    const namespaces = plan.nodes.map((node) => node.namespace);
    expect(new Set(namespaces).size).toBe(namespaces.length);
    const ports = plan.bridges.flatMap((bridge) => bridge.ports.map((port) => `${bridge.node.name} ${port.name}`));
    expect(new Set(ports).size).toBe(ports.length);
    expect(new Set(plan.vms.map((vm) => vm.uuid)).size).toBe(plan.vms.length);
  }
});

test("the project's topologies are those that the tests know", () => {
  const folder = new URL("../../../../lab/topologies/", import.meta.url);
  const files = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ""));
  expect(files.toSorted()).toEqual([...TOPOLOGIES].toSorted());
});

test("a virtual MAC is that of its protocol and group", () => {
  const macs = (name: string) => planOf(name).gateways.map((gateway) => ("mac" in gateway ? gateway.mac : undefined));
  expect(macs("one-dc-fhrp")).toEqual(["00:00:5e:00:01:6e", "00:00:5e:00:01:78", undefined]);
  expect(macs("one-dc-hsrp")).toEqual(["00:00:0c:07:ac:0a", "00:00:0c:07:ac:14", undefined]);
  expect(macs("one-dc-mlag")).toEqual(["02:79:00:00:01:10", "02:79:00:00:01:20", undefined]);
});

test("a link between sites is a tunnel over a cable of its own, wide enough for what is inside", () => {
  const plan = planOf("two-dc-stretched");
  const [sw1, sw2] = ["sw1", "sw2"].map((name) => plan.bridges.find(({ node }) => node.name === name));
  const tunnel = (bridge: typeof sw1) => bridge?.ports.find(({ kind }) => kind === "tunnel");
  expect(tunnel(sw1)).toMatchObject({ name: "dci", localAddress: "192.0.2.1", remoteAddress: "192.0.2.2", vni: 4096 });
  expect(tunnel(sw2)).toMatchObject({ localAddress: "192.0.2.2", remoteAddress: "192.0.2.1" });
  expect(sw1?.underlays).toEqual([{ bridge: "under1", device: "u-dci", address: "192.0.2.1/30", mtu: 1600 }]);
  const cable = plan.cables.find(({ kind }) => kind === "dci");
  expect(cable).toMatchObject({ mtu: 1600, a: { port: "dci", device: "u-dci" }, b: { port: "dci", device: "u-dci" } });
});

test("the edge knows by which next hop a VM in each site is reached", () => {
  expect(planOf("two-dc-localised").hostRoutes[0]).toMatchObject({
    segment: { name: "web" },
    routers: [{ node: { name: "edge" }, viaBySite: { dc1: "10.80.201.2", dc2: "10.80.202.3" } }],
  });
  expect(planOf("two-dc-stretched").hostRoutes[0]?.routers).toEqual([]);
});

test("VMs and clients use the one gateway of their segment", () => {
  const plan = planOf("one-dc-fhrp");
  expect([...plan.vms, ...plan.clients].map(({ gateway }) => gateway?.address)).toEqual([
    "10.79.110.1",
    "10.79.110.1",
    "10.79.120.1",
    "10.79.200.1",
    "10.79.110.1",
    "10.79.120.1",
  ]);
  expect(planOf("two-hosts").vms.map(({ gateway }) => gateway)).toEqual([undefined]);
});

test("labs of different names share nothing but addresses", () => {
  const { file } = findTopology("two-hosts");
  const topology = readTopology(readFileSync(file, "utf8"), "two-hosts", file);
  const [a, b] = [compileTopology(topology, "a", "/l/a"), compileTopology(topology, "b", "/l/b")];
  expect(a.nodes.map((node) => node.namespace)).not.toEqual(b.nodes.map((node) => node.namespace));
  expect(a.hosts[0]?.uuid).not.toBe(b.hosts[0]?.uuid);
  expect(a.vms[0]?.target.iqn).not.toBe(b.vms[0]?.target.iqn);
});

test("a folder too deep for the kernel's socket paths is refused with a way out", () => {
  const attempt = () => planOf("two-hosts", `/${"deep/".repeat(20)}`);
  expect(attempt).toThrow(LabError);
  expect(attempt).toThrow(/longer than the kernel's 107 bytes/);
});
