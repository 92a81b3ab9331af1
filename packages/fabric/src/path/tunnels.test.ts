/** Routing at the tunnel endpoints of a VXLAN fabric: the links are the same, the segments that a leaf needs are not. */
import { describe, expect, it } from "vitest";
import { buildFabric } from "../fabric.fixture.ts";
import { indexFabric } from "../fabric-index.ts";
import { flowPath } from "./flow-path.ts";
import type { FlowPath } from "./way.ts";

/** Two leaves below two spines. l1 has the red segment, l2 the blue one, and both where `everywhere` says so. */
function pathOf(irb: "asymmetric" | "symmetric", everywhere: boolean, vrf?: string): FlowPath {
  const members = (own: string): readonly string[] => (everywhere ? ["l1", "l2"] : [own]);
  const index = indexFabric(
    buildFabric({
      segments: {
        red: { vlan: 10, vni: 10010, subnets: ["10.1.0.0/24"], vrf: "tenant" },
        blue: { vlan: 20, vni: 10020, subnets: ["10.2.0.0/24"], vrf: vrf ?? "tenant" },
      },
      devices: {
        l1: { vtep: { address: "10.0.0.1", irb }, vlans: everywhere ? [10, 20] : [10] },
        l2: { vtep: { address: "10.0.0.2", irb }, vlans: everywhere ? [10, 20] : [20] },
      },
      ports: Object.fromEntries(
        ["l1/s1", "l1/s2", "l2/s1", "l2/s2", "s1/l1", "s2/l1", "s1/l2", "s2/l2"].map((end) => [
          end,
          { vlans: { kind: "trunk", trunks: [] } as const, mtu: 9216 },
        ]),
      ),
      links: ["h1/up l1/h", "h2/up l2/h", "l1/s1 s1/l1", "l1/s2 s2/l1", "l2/s1 s1/l2", "l2/s2 s2/l2"],
      gateways: {
        "gw-red": { segment: "red", kind: "anycast", address: "10.1.0.1", members: members("l1") },
        "gw-blue": { segment: "blue", kind: "anycast", address: "10.2.0.1", members: members("l2") },
      },
      endpoints: { vm1: "h1 red 10.1.0.5", vm2: "h2 blue 10.2.0.5" },
      flows: { f: "vm1 vm2 1" },
    }),
  );
  const [flow] = index.fabric.flows;
  if (flow === undefined) throw new Error("no flow");
  return flowPath(index, flow);
}

function shares(path: FlowPath): Readonly<Record<string, number>> {
  const { forward } = path;
  if (forward.kind !== "known") throw new Error(`the way is ${JSON.stringify(forward)}`);
  return Object.fromEntries(
    forward.legs.flatMap(({ crossings }) => crossings).map(({ from, to, share }) => [`${from} ${to}`, share]),
  );
}

const links = { "h1 l1": 1, "l1 s1": 0.5, "l1 s2": 0.5, "s1 l2": 0.5, "s2 l2": 0.5, "l2 h2": 1 };

const boxes = (path: FlowPath): readonly string[] =>
  [path.forward, path.reverse].map((way) =>
    way.kind === "known" ? way.waypoints.map(({ device }) => device).join(" ") : way.kind,
  );

describe("asymmetric routing", () => {
  it("is done by the first leaf alone, which bridges on over the other segment's VNI", () => {
    const path = pathOf("asymmetric", true);
    expect(boxes(path)).toEqual(["h1 l1 h2", "h2 l2 h1"]);
    expect(shares(path)).toEqual(links);
    expect(path.isAsymmetric).toBe("yes");
  });

  it("fails on a leaf that does not have the segment", () => {
    expect(pathOf("asymmetric", false).forward).toMatchObject({
      kind: "broken",
      why: { kind: "no-route", device: "l1", message: "l1 routes asymmetrically and has no part in blue (VNI 10020)" },
    });
  });
});

describe("symmetric routing", () => {
  it.each([true, false])("is done by both leaves, over the same links (segments everywhere: %s)", (everywhere) => {
    const path = pathOf("symmetric", everywhere);
    expect(boxes(path)).toEqual(["h1 l1 l2 h2", "h2 l2 l1 h1"]);
    expect(shares(path)).toEqual(links);
    expect(path.isAsymmetric).toBe("no");
    // Outer IPv4, UDP, VXLAN and inner Ethernet headers are 50 bytes.
    expect(path.forward.kind === "known" ? path.forward.mtu : 0).toBe(9216 - 50);
  });

  it("stays within the VRF", () => {
    expect(pathOf("symmetric", false, "other").forward).toMatchObject({ kind: "broken", why: { kind: "no-route" } });
  });
});
