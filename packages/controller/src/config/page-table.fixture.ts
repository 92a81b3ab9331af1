/** A table of a page of docs/ that is made from the code. `UPDATE_PAGES=1` writes it anew. */
import { readFileSync, writeFileSync } from "node:fs";

/** The table that the page has under these titles, and the one that it should have. */
export function tableOf(
  page: string,
  titles: readonly string[],
  rows: readonly (readonly string[])[],
): { readonly found: string; readonly wanted: string } {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |");
  const head = `${line(titles)}\n|${"---|".repeat(titles.length)}\n`;
  const wanted = `${head}${rows.map(line).join("\n")}\n`;
  const text = readFileSync(page, "utf8");
  const start = text.indexOf(head);
  if (start < 0) throw new Error(`${page} has no table of ${titles.join(", ")}`);
  const end = text.indexOf("\n\n", start) + 1;
  if (process.env["UPDATE_PAGES"] === "1") {
    writeFileSync(page, text.slice(0, start) + wanted + text.slice(end));
    return { found: wanted, wanted };
  }
  return { found: text.slice(start, end), wanted };
}
