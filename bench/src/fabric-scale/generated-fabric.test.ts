import { indexFabric, linkLoads, parseFabricDocument, writeFabricDocument } from "@trunkline/fabric";
import { describe, expect, it } from "vitest";
import { fullSize, generatedFabric } from "./generated-fabric.ts";

const small = { racksPerSite: 3, hostsPerRack: 4, segmentsPerCluster: 2, vmsPerHost: 4, flows: 300 };

describe("the generated fabric", () => {
  it("has the size that the benchmark speaks of", () => {
    const { fabric, vlanPortPairs } = generatedFabric(fullSize, 1);
    const devices = fabric.devices.map(({ kind, name }) => `${kind} ${name}`);
    expect(devices.filter((name) => name.startsWith("host "))).toHaveLength(1_000);
    expect(devices.filter((name) => /^switch dc\d-leaf/.test(name))).toHaveLength(40);
    expect(fabric.endpoints.filter(({ kind }) => kind === "vm")).toHaveLength(20_000);
    expect(fabric.flows).toHaveLength(100_000);
    expect(vlanPortPairs).toBeGreaterThanOrEqual(4_000);
  });

  it("is the same for the same seed, and another for another", () => {
    expect(generatedFabric(small, 7)).toEqual(generatedFabric(small, 7));
    expect(generatedFabric(small, 7).fabric.flows).not.toEqual(generatedFabric(small, 8).fabric.flows);
  });

  it("is a sound document", () => {
    const { fabric } = generatedFabric(small, 1);
    const text = writeFabricDocument(fabric);
    expect(writeFabricDocument(parseFabricDocument(text, "generated.yaml"))).toBe(text);
  });

  it("leads its flows where they belong", () => {
    const { fabric } = generatedFabric(small, 1);
    const { links, uncountedFlows } = linkLoads(indexFabric(fabric), {});
    expect(uncountedFlows.before.length).toBeLessThan(fabric.flows.length / 20);
    const used = links.filter(({ baseBps }) => baseBps > 0).map(({ link }) => link);
    for (const kind of ["/dci", "/wan", "h0000/up0"]) expect(used.some((link) => link.includes(kind))).toBe(true);
  });
});
