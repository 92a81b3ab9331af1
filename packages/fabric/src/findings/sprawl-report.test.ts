/** The proposal may be carried out: nobody loses anybody, with all links up or with any one of them down. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import type { Fabric } from "../fabric.ts";
import { applyChanges } from "../fix/apply.ts";
import { segmentReach } from "../layer-two/segment-reach.ts";
import { drawnNetwork } from "./drawn-networks.fixture.ts";
import { memberDevices, segmentMembers } from "./members.ts";
import { sprawlReport } from "./sprawl-report.ts";

/** Pairs of devices with members, or that may get some, between which the segment is carried. */
function reached(fabric: Fabric): readonly string[] {
  const index = indexFabric(fabric);
  return fabric.segments.flatMap(({ name }) => {
    const devices = [...new Set([...memberDevices(index, name), ...segmentMembers(index, name).byPolicy])].sort();
    return devices.flatMap((from) =>
      devices
        .filter((to) => from < to && segmentReach(index, name, from, to).kind === "reached")
        .map((to) => `${name}: ${from} - ${to}`),
    );
  });
}

function withoutSprawl(fabric: Fabric): Fabric {
  const changes = sprawlReport(indexFabric(fabric)).ports.flatMap(({ proposal }) => proposal ?? []);
  return applyChanges(fabric, changes);
}

const failing = (fabric: Fabric, number: number): Fabric => ({
  ...fabric,
  links: fabric.links.map((link, at) => (at === number ? { ...link, isUp: false } : link)),
});

test("nobody loses anybody", () => {
  fc.assert(
    fc.property(drawnNetwork, (fabric) => {
      expect(reached(withoutSprawl(fabric))).toEqual(reached(fabric));
    }),
    { numRuns: 100 },
  );
});

test("nobody loses anybody when a link fails either", () => {
  fc.assert(
    fc.property(drawnNetwork, fc.nat(20), (fabric, number) => {
      const down = number % Math.max(1, fabric.links.length);
      expect(reached(failing(withoutSprawl(fabric), down))).toEqual(reached(failing(fabric, down)));
    }),
    { numRuns: 100 },
  );
});

test("what was taken off once is not proposed again", () => {
  fc.assert(
    fc.property(drawnNetwork, (fabric) => {
      const before = sprawlReport(indexFabric(fabric));
      const after = sprawlReport(indexFabric(withoutSprawl(fabric)));
      expect(after.removable).toBeLessThanOrEqual(before.removable);
      expect(before.ports.every(({ removable, proposal }) => removable > 0 === (proposal !== undefined))).toBe(true);
      expect(after.instancesBefore).toBe(before.instancesAfter);
    }),
    { numRuns: 100 },
  );
});

describe("a leaf and spine fabric", () => {
  const fabric = buildFabric({
    segments: { web: 120, db: 130 },
    devices: Object.fromEntries(
      ["leaf1", "leaf2", "leaf3", "spine1", "spine2"].map((name) => [
        name,
        { spanningTree: { mode: "rpvst" as const } },
      ]),
    ),
    ports: Object.fromEntries(
      ["leaf1", "leaf2", "leaf3"].flatMap((leaf) =>
        ["spine1", "spine2"].flatMap((spine) => [
          [`${leaf}/${spine}`, "trunk 120,130,200"],
          [`${spine}/${leaf}`, "trunk 120,130,200"],
        ]),
      ),
    ),
    links: [
      "h1/up0 leaf1/h1",
      "h2/up0 leaf2/h2",
      "h3/up0 leaf3/h3",
      ...["leaf1", "leaf2", "leaf3"].flatMap((leaf) =>
        ["spine1", "spine2"].map((spine) => `${leaf}/${spine} ${spine}/${leaf}`),
      ),
    ],
    endpoints: { web1: "h1 web 10.1.120.1", web2: "h2 web 10.1.120.2", db3: "h3 db 10.1.130.3" },
    clusters: { prod: ["h1", "h3"] },
  });
  const report = sprawlReport(indexFabric(fabric));
  const port = (device: string, name: string): unknown => {
    const { inUse, neededByPolicy, removable, proposal } = report.ports.find(
      ({ end }) => end.device === device && end.port === name,
    ) ?? { inUse: [] };
    return { inUse, neededByPolicy, removable, proposal };
  };

  test("both ways between members are in use, those of the cluster are kept, the rest goes", () => {
    expect(port("leaf1", "spine2")).toEqual({
      inUse: [120],
      neededByPolicy: [130],
      removable: 1,
      proposal: {
        kind: "remove-vlans",
        port: { device: "leaf1", port: "spine2" },
        vlans: [200],
        before: { kind: "trunk", trunks: [120, 130, 200] },
      },
    });
    expect(port("leaf2", "spine1")).toMatchObject({ inUse: [120], neededByPolicy: [], removable: 2 });
    expect(port("leaf3", "spine1")).toMatchObject({ inUse: [], neededByPolicy: [120, 130], removable: 1 });
  });

  test("of a trunk that lists nothing it is said what stays", () => {
    expect(port("leaf1", "h1")).toMatchObject({
      removable: 4092,
      proposal: { kind: "set-vlans", vlans: { kind: "trunk", trunks: [120, 130] } },
    });
  });

  test("a tree for each VLAN has an instance for each VLAN on each port", () => {
    // Three host ports with what the device has, six uplinks on either side with three VLANs each.
    expect(report.instancesBefore).toBe(3 * 3 + 12 * 3);
    expect(report.instancesAfter).toBe(
      report.ports
        .filter(({ end }) => !end.device.startsWith("h"))
        .reduce((sum, { inUse, neededByPolicy }) => sum + inUse.length + neededByPolicy.length, 0),
    );
  });
});
