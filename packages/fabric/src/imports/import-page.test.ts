/** docs/fabric-import.md against the code: its examples, and its list of differences. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { writeFabricDocument } from "../document/write.ts";
import { differenceKinds } from "../observed/difference.ts";
import { importContainerlab } from "./containerlab/import-containerlab.ts";
import { importNetbox } from "./netbox/import-netbox.ts";
import { importNetlab } from "./netlab/import-netlab.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/fabric-import.md"), "utf8");

describe("docs/fabric-import.md", () => {
  it.each([
    ["netlab", importNetlab],
    ["containerlab", importContainerlab],
    ["NetBox", importNetbox],
  ] as const)("shows what an import from %s gives", (name, read) => {
    const section = page.split(`\n## ${name}\n`)[1]?.split("\n## ")[0] ?? "";
    const [, input = "", document = ""] =
      /```(?:yaml|json)\n([^]*?)```\n\nbecomes\n\n```yaml\n([^]*?)```/.exec(section) ?? [];
    expect(writeFabricDocument(read(parse(input)).fabric)).toBe(document);
  });

  it("names every difference, in the order in which they are told", () => {
    const [, table = ""] = page.split("\n## Differences\n");
    const rows = [...table.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = ""]) =>
      cell.replaceAll("`", "").split(", "),
    );
    expect(rows).toEqual(differenceKinds);
  });
});
