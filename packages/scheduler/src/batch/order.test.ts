import { describe, expect, it } from "vitest";
import { hostName } from "@trunkline/model";
import type { HostName } from "@trunkline/model";
import { vmNumber } from "../admission/cluster.fixture.ts";
import { HostMemory } from "./host-memory.ts";
import { orderOf } from "./order.ts";
import type { Leg } from "./order.ts";

/** `vm1 h1 h2 3`: three GiB. */
const leg = (line: string): Leg => {
  const [name = "", source = "", target = "", gib = "0"] = line.split(" ");
  const memoryMiB = Number(gib) * 1024;
  const hosts = { source: hostName(source), target: hostName(target) };
  const vm = vmNumber(Number(name.slice(2)));
  return { vm, name, hop: 0, isLast: true, ...hosts, memoryMiB, freesMiB: memoryMiB, after: [] };
};
const memoryOf = (leftGib: Readonly<Record<string, number>>): HostMemory =>
  new HostMemory(
    new Map<HostName, { capacityMiB: number; freeMiB: number }>(
      Object.entries(leftGib).map(([host, gib]) => [hostName(host), { capacityMiB: gib * 1024, freeMiB: gib * 1024 }]),
    ),
  );

/** As many VMs on either of two hosts, which all want to the other one, through a hole that is smaller than any two. */
const exchange = (pairs: number): readonly Leg[] =>
  Array.from({ length: pairs }, (_, at) => [
    leg(`vm${2 * at + 1} h1 h2 ${2 + (at % 2)}`),
    leg(`vm${2 * at + 2} h2 h1 ${3 + (at % 2)}`),
  ]).flat();

describe("the search for an order", () => {
  it("leaves the memory that it was given as it was", () => {
    const memory = memoryOf({ h1: 4, h2: 0 });
    orderOf(exchange(3), memory, 10_000);
    expect([memory.leftMiB(hostName("h1")), memory.leftMiB(hostName("h2"))]).toEqual([4096, 0]);
  });

  it("goes back where the largest first leads nowhere", () => {
    const legs = ["vm1 h2 h3 6", "vm2 h1 h2 4", "vm3 h3 h2 4"].map(leg);
    const { order, stuck } = orderOf(legs, memoryOf({ h1: 4, h2: 4, h3: 2 }), 10_000);
    expect([order.map(({ name }) => name), stuck]).toEqual([["vm3", "vm1", "vm2"], []]);
  });

  it("is given up when it has looked often enough, with what it has found so far", () => {
    const legs = exchange(20);
    const memory = memoryOf({ h1: 3, h2: 1 });
    const [little, more] = [orderOf(legs, memory, 500), orderOf(legs, memory, 50_000)];
    // One more round of all moves may begin before it is noticed.
    expect(little.looks).toBeLessThan(500 + legs.length * 2);
    expect(more.looks).toBeLessThan(50_000 + legs.length * 2);
    expect(more.order.length).toBeGreaterThanOrEqual(little.order.length);
    expect(more.order.length + more.stuck.length).toBe(legs.length);
  });
});
