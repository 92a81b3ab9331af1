import { expect, it } from "vitest";
import { indexFabric } from "../fabric-index.ts";
import { buildFabric } from "../fabric.fixture.ts";
import { sprawlReport } from "./sprawl-report.ts";

it("keeps on a peer-link what either member of its domain carries for somebody, and nothing else", () => {
  const fabric = buildFabric({
    segments: { web: 10, old: 20 },
    devices: { a: { mlag: "pair" }, b: { mlag: "pair" } },
    ports: Object.fromEntries(
      ["h1/up", "h2/up", "a/h1", "b/h2", "a/peer", "b/peer"].map((port) => [port, "trunk 10,20"]),
    ),
    links: ["h1/up a/h1", "h2/up b/h2", ["a/peer b/peer", { kind: "peer-link" }]],
    endpoints: { vm1: "h1 web", vm2: "h2 web" },
  });
  const peer = sprawlReport(indexFabric(fabric)).ports.find(({ end }) => end.device === "a" && end.port === "peer");
  expect(peer).toMatchObject({ inUse: [10], removable: 1, proposal: { kind: "remove-vlans", vlans: [20] } });
});
