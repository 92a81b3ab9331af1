import { emptyFabric } from "@trunkline/fabric";
import type { Fabric } from "@trunkline/fabric";
import { describe, expect, it } from "vitest";
import { fabric, facts } from "../checks/facts.fixture.ts";
import { batchImpact, networkImpact } from "./network-impact.ts";

const predicted = { totalMs: 1_000, downtimeMs: 100, bytes: 1_000_000, rounds: 2, converges: true, basis: "a guess" };

/** web1 on h1 talks to a client behind sw1; the migration network is described as well. */
function described(change: Partial<Fabric> = {}): Fabric {
  const base = fabric();
  const feet = { h1: "10.20.0.1", h2: "10.20.0.2" } as Readonly<Record<string, string>>;
  return {
    ...emptyFabric,
    ...base,
    segments: [
      { name: "web", vlan: 10, subnets: ["10.10.0.0/24"] },
      { name: "migration", vlan: 20, subnets: ["10.20.0.0/24"] },
    ],
    devices: base.devices.map((device) => {
      const address = feet[device.name];
      return address === undefined ? device : { ...device, migration: { segment: "migration", address } };
    }),
    endpoints: [
      { name: "web1", kind: "vm", device: "h1", nics: [{ segment: "web", addresses: ["10.10.0.5"] }] },
      { name: "client", kind: "server", device: "sw1", nics: [{ segment: "web", addresses: ["10.10.0.9"] }] },
    ],
    flows: [{ name: "users", from: "client", to: "web1", rateBps: 1e6 }],
    ...change,
  };
}

describe("what a move does to the network", () => {
  it("names the links of its memory, each in its direction, with the bytes that are expected", () => {
    const { network } = networkImpact(facts({ fabric: described() }), predicted);
    expect(network.links).toEqual([
      { link: "h1/uplink--sw1/p1", from: "h1", to: "sw1", predictedBytes: 1_000_000, measuredBytes: null },
      { link: "h2/uplink--sw1/p2", from: "sw1", to: "h2", predictedBytes: 1_000_000, measuredBytes: null },
    ]);
  });

  it("names the flows that take another way, before and after, and no others", () => {
    const other = { name: "backup", from: "client", to: "client", rateBps: 1 };
    const { network } = networkImpact(
      facts({ fabric: described({ flows: [...described().flows, other] }) }),
      predicted,
    );
    expect(network.flows).toEqual([
      {
        flow: "users",
        before: "sw1 > h1; back h1 > sw1",
        after: "sw1 > h2; back h2 > sw1",
        roundTripDeltaUs: null,
        siteCrossingsBefore: 0,
        siteCrossingsAfter: 0,
      },
    ]);
  });

  it("blocks where a VLAN does not reach the target, and says what mends it", () => {
    const broken = fabric({ "sw1/p2": { kind: "trunk", trunks: [20] } });
    const { checks } = networkImpact(facts({ fabric: { ...described(), devices: broken.devices } }), predicted);
    expect(checks).toContainEqual(
      expect.objectContaining({
        rule: "vlan-path",
        severity: "block",
        subject: "sw1/p2",
        fix: expect.stringContaining("10") as string,
      }),
    );
  });

  it("says that a document could not be read, and goes on without it", () => {
    const { checks } = networkImpact(facts({ fabric: described(), fabricProblem: "line 3 is wrong" }), predicted);
    expect(checks).toContainEqual(
      expect.objectContaining({
        rule: "fabric-document",
        severity: "unknown",
        message: expect.stringContaining("line 3") as string,
      }),
    );
  });

  it("says nothing of a VM that no document and no switch describes", () => {
    const { checks, network } = networkImpact(facts({ fabric: fabric() }), predicted);
    expect({ checks, network }).toEqual({ checks: [], network: { links: [], flows: [] } });
  });
});

describe("what several moves do together", () => {
  it("is asked of the whole batch, without those that nobody described", () => {
    const broken = { ...described(), devices: fabric({ "sw1/p2": { kind: "trunk", trunks: [20] } }).devices };
    const moves = [
      { name: "web1", target: "h2", predicted },
      { name: "stranger", target: "h2", predicted },
    ];
    expect(batchImpact(broken, moves).map(({ rule }) => rule)).toContain("vlan-path");
    expect(batchImpact(broken, moves.slice(1))).toEqual([]);
  });
});
