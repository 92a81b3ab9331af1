import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { brokenLinksOf } from "./links.ts";
import { readFiles, repositoryRoot } from "./repository.ts";

const pages: Readonly<Record<string, string>> = {
  "docs/guide.md": "# Guide\n## The first move: `migrate`!\n## Twice\n## Twice\n```\n## Not a heading\n```\n",
  "docs/picture.svg": "<svg/>",
};
const broken = (text: string, path = "README.md") => brokenLinksOf({ path, text }, (name) => pages[name]);

test.each([
  ["[a](docs/nothing.md)", "docs/nothing.md does not exist"],
  ["![a](docs/nothing.png 'title')", "docs/nothing.png does not exist"],
  ["[a]: nothing.md", "nothing.md does not exist"],
  [`<img src="nothing.svg">`, "nothing.svg does not exist"],
  ["[a](../outside.md)", "../outside.md does not exist"],
  ["[a](docs/guide.md#not-a-heading)", "docs/guide.md has no heading for #not-a-heading"],
  ["[a](#elsewhere)", "README.md has no heading for #elsewhere"],
])("broken: %s", (link, complaint) => {
  expect(broken(`# Trunkline\n\`\`\`\n[x](y)\n\`\`\`\ntext ${link.startsWith("[a]:") ? `\n${link}` : link}`)).toEqual([
    `README.md:${link.startsWith("[a]:") ? 6 : 5}: ${complaint}`,
  ]);
});

test.each([
  "[a](docs/guide.md) ![b](docs/picture.svg)",
  "[a](docs/guide.md#the-first-move-migrate) [b](docs/guide.md#twice-1)",
  "[a](https://example.org/nothing) [b](mailto:a@example.org)",
  "`[a](nothing.md)`",
  "# Top\n[a](#top)",
])("fine: %s", (text) => {
  expect(broken(text)).toEqual([]);
});

test("links are seen from the folder of their page", () => {
  expect(broken("[a](guide.md) [b](../README.md)", "docs/faq.md")).toEqual([
    "docs/faq.md:1: ../README.md does not exist",
  ]);
});

test("every relative link of README.md and docs leads somewhere", () => {
  const found = readFiles((path) => path === "README.md" || /^docs\/.*\.md$/.test(path));
  expect(found.length).toBeGreaterThan(0);
  expect(found.flatMap((page) => brokenLinksOf(page, readFromDisk))).toEqual([]);
});

/** Folders are good targets too: their text is the list of their files. */
function readFromDisk(path: string): string | undefined {
  const full = join(repositoryRoot, path);
  const found = statSync(full, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  return found.isDirectory() ? readdirSync(full).join("\n") : readFileSync(full, "utf8");
}
