/** Packages from outside: every one pinned to one exact version, and each with its reason in docs/dependencies.md. */
import { dependenciesOf, type Dependency } from "./manifest.ts";
import type { SourceFile } from "./repository.ts";

/** One sentence for each version that leaves a choice, and for each package that is used in two versions. */
export function loosePinsOf(manifests: readonly SourceFile[]): readonly string[] {
  const first = new Map<string, Dependency>();
  return manifests.flatMap(dependenciesOf).flatMap((use) => {
    const { where, name, version } = use;
    if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) return [`${where}: ${name} ${version} is not an exact version`];
    const other = first.get(name) ?? use;
    first.set(name, other);
    return other.version === version ? [] : [`${where}: ${name} ${version}, but ${other.where} has ${other.version}`];
  });
}

/** One sentence for each package without its one row and reason in `page`, and for each row without a package. */
export function missingReasonsOf(manifests: readonly SourceFile[], page: SourceFile): readonly string[] {
  const used = new Set(
    manifests.flatMap(dependenciesOf).flatMap(({ name }) => (name.startsWith("@trunkline/") ? [] : [name])),
  );
  const rows = rowsOf(page.text);
  const counts = new Map<string, number>();
  for (const { name } of rows) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [
    ...[...used].filter((name) => !counts.has(name)).map((name) => `${page.path}: no row for ${name}`),
    ...[...counts].filter(([name]) => !used.has(name)).map(([name]) => `${page.path}: nothing uses ${name}`),
    ...[...counts].filter(([, count]) => count > 1).map(([name]) => `${page.path}: two rows for ${name}`),
    ...rows.filter(({ reason }) => reason === "").map(({ name }) => `${page.path}: no reason for ${name}`),
  ];
}

/** Rows of the form: | `package` | used by | reason |. */
function rowsOf(markdown: string): readonly { readonly name: string; readonly reason: string }[] {
  return markdown.split("\n").flatMap((line) => {
    const [, first = "", , reason = ""] = line.split("|").map((cell) => cell.trim());
    const name = /^`([^`]+)`$/.exec(first)?.[1];
    return name === undefined ? [] : [{ name, reason }];
  });
}
