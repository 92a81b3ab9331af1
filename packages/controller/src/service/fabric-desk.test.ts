import type { PortVlans } from "@trunkline/fabric";
import { TrunklineError } from "@trunkline/model";
import type { VirtualSwitch, World } from "@trunkline/ports";
import { describe, expect, it } from "vitest";
import { changePorts } from "./fabric-desk.ts";
import type { PortChange } from "./fabric-desk.ts";

const never = new AbortController().signal;
const trunk = (...trunks: readonly number[]): PortVlans => ({ kind: "trunk", trunks });

/** A switch that forgets what it is told on the ports of `deaf`, and refuses a change of a port of `stubborn`. */
function fakeSwitch(name: string, ports: Map<string, PortVlans>, faults: { deaf?: string; stubborn?: string } = {}) {
  return {
    name,
    readBridges: async () => [{ name: "br0", ports: [...ports].map(([port, vlans]) => ({ name: port, vlans })) }],
    setPortVlans: async (port: string, before: PortVlans, after: PortVlans) => {
      if (port === faults.stubborn || JSON.stringify(ports.get(port)) !== JSON.stringify(before))
        throw new TrunklineError("fabric.changed", `port ${port} of ${name} is not as it was`);
      if (port !== faults.deaf) ports.set(port, after);
    },
  } as unknown as VirtualSwitch;
}

const worldOf = (...switches: readonly VirtualSwitch[]): World =>
  ({ virtualSwitches: () => switches, clock: { deadline: () => never } }) as unknown as World;

const change = (device: string, port: string, before: PortVlans, after: PortVlans): PortChange => ({
  device,
  port,
  before,
  after,
});

describe("changes of ports", () => {
  it("are made in their order, and each is read back", async () => {
    const [one, two] = [new Map([["p1", trunk(20)]]), new Map([["p2", trunk(30)]])];
    const changes = [change("a", "p1", trunk(20), trunk(10, 20)), change("b", "p2", trunk(30), trunk(10, 30))];
    expect(await changePorts(worldOf(fakeSwitch("a", one), fakeSwitch("b", two)), changes, never)).toEqual(changes);
    expect([one.get("p1"), two.get("p2")]).toEqual([trunk(10, 20), trunk(10, 30)]);
  });

  it("are all taken back when one is refused", async () => {
    const [one, two] = [new Map([["p1", trunk(20)]]), new Map([["p2", trunk(31)]])];
    const changes = [change("a", "p1", trunk(20), trunk(10, 20)), change("b", "p2", trunk(30), trunk(10, 30))];
    const world = worldOf(fakeSwitch("a", one), fakeSwitch("b", two));
    await expect(changePorts(world, changes, never)).rejects.toMatchObject({ code: "fabric.changed" });
    expect([one.get("p1"), two.get("p2")]).toEqual([trunk(20), trunk(31)]);
  });

  it("fail when the switch does not do what it says", async () => {
    const ports = new Map([["p1", trunk(20)]]);
    const changes = [change("a", "p1", trunk(20), trunk(10, 20))];
    await expect(changePorts(worldOf(fakeSwitch("a", ports, { deaf: "p1" })), changes, never)).rejects.toMatchObject({
      code: "fabric.not-applied",
    });
    expect(ports.get("p1")).toEqual(trunk(20));
  });

  it("touch nothing where one of them is of a device that nobody can change", async () => {
    const ports = new Map([["p1", trunk(20)]]);
    const changes = [change("a", "p1", trunk(20), trunk(10, 20)), change("nexus", "Eth1", trunk(), trunk(10))];
    await expect(changePorts(worldOf(fakeSwitch("a", ports)), changes, never)).rejects.toMatchObject({
      code: "fabric.unknown",
    });
    expect(ports.get("p1")).toEqual(trunk(20));
  });
});
