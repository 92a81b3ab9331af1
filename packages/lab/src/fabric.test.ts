import { parseFabricDocument, writeFabricDocument } from "@trunkline/fabric";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { labFabric } from "./fabric.ts";
import { planOf, TOPOLOGIES } from "./topology/plan-of.fixture.ts";

test.each(TOPOLOGIES)("%s as a fabric is a valid document, and reads back as the same fabric", (name) => {
  const fabric = labFabric(planOf(name));
  expect(parseFabricDocument(writeFabricDocument(fabric), "fabric.yaml")).toEqual(fabric);
});

test.each(["one-dc-fhrp", "two-dc-localised"])("the fabric of %s", async (name) => {
  const golden = fileURLToPath(new URL(`__golden__/${name}.fabric.yaml`, import.meta.url));
  await expect(writeFabricDocument(labFabric(planOf(name)))).toMatchFileSnapshot(golden);
});

test("a VM stands where it is said to run, the others where the topology places them", () => {
  const placed = labFabric(planOf("one-dc-fhrp"), new Map([["web1", "h2"]])).endpoints;
  expect(placed.filter(({ kind }) => kind === "vm").map(({ name, device }) => [name, device])).toEqual([
    ["web1", "h2"],
    ["web2", "h2"],
    ["db1", "h2"],
  ]);
});
