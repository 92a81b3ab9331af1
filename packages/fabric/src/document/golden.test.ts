/** Documents of different nature, what they mean, and how the same fabric is written. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseFabricDocument } from "./parse.ts";
import { writeFabricDocument } from "./write.ts";

const golden = (file: string) => join(import.meta.dirname, "__golden__", file);

test.each(["one-dc-vrrp", "two-stretched-dcs", "evpn-anycast"])("%s", async (name) => {
  const text = readFileSync(join(import.meta.dirname, "__fixtures__", `${name}.yaml`), "utf8");
  const fabric = parseFabricDocument(text, `${name}.yaml`);
  const written = writeFabricDocument(fabric);
  await expect(`${JSON.stringify(fabric, null, 2)}\n`).toMatchFileSnapshot(golden(`${name}.json`));
  await expect(written).toMatchFileSnapshot(golden(`${name}.written.yaml`));
  expect(parseFabricDocument(written, "written.yaml")).toStrictEqual(fabric);
});
