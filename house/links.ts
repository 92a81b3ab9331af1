/**
 * Links between the pages of the repository. Links to the web are not followed: the tests need no network.
 *
 * Code, fenced or inline, holds no links. Anchors are made from headings as GitHub makes them.
 */
import { posix } from "node:path";
import type { SourceFile } from "./repository.ts";

/** One sentence for each relative link of `page` that leads nowhere. `read` gives a file's text, undefined for none. */
export function brokenLinksOf(page: SourceFile, read: (path: string) => string | undefined): readonly string[] {
  return linksOf(page.text).flatMap(({ target, line }) => {
    const [file = "", anchor = ""] = target.split("#", 2);
    const path = file === "" ? page.path : posix.normalize(posix.join(posix.dirname(page.path), decodeURI(file)));
    const text = path === page.path ? page.text : read(path.replace(/\/$/, ""));
    const place = `${page.path}:${line}`;
    if (path.startsWith("../") || text === undefined) return [`${place}: ${target} does not exist`];
    if (anchor === "" || !path.endsWith(".md") || anchorsOf(text).has(anchor)) return [];
    return [`${place}: ${path} has no heading for #${anchor}`];
  });
}

type Link = { readonly target: string; readonly line: number };

function linksOf(markdown: string): readonly Link[] {
  const patterns = [
    /\]\(\s*<?([^\s)>]+)>?(?:\s+["'][^)]*)?\s*\)/g,
    /^\s*\[[^\]]+\]:\s*<?([^\s>]+)/g,
    /(?:href|src)="([^"]+)"/g,
  ];
  return withoutCode(markdown)
    .split("\n")
    .flatMap((text, index) =>
      patterns.flatMap((pattern) =>
        [...text.matchAll(pattern)].map((match) => ({ target: match[1] ?? "", line: index + 1 })),
      ),
    )
    .filter(({ target }) => !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(target));
}

function anchorsOf(markdown: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of withoutFences(markdown).split("\n")) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    const named = /<a (?:id|name)="([^"]+)"/.exec(line)?.[1];
    if (named !== undefined) anchors.add(named);
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    let anchor = slug;
    for (let copy = 1; anchors.has(anchor); copy += 1) anchor = `${slug}-${copy}`;
    anchors.add(anchor);
  }
  return anchors;
}

function slugOf(heading: string): string {
  const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
  return text.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
}

function withoutCode(markdown: string): string {
  return withoutFences(markdown).replaceAll(/(`+)[^`\n]*\1/g, "");
}

/** Blanks fenced blocks and keeps their line ends, so that the lines can still be counted. */
function withoutFences(markdown: string): string {
  return markdown.replaceAll(/^( {0,3})(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\2[^\n]*$|$(?![\s\S]))/gm, (block) =>
    block.replaceAll(/[^\n]/g, ""),
  );
}
