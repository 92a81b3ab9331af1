/** What a package.json depends on. */
import type { SourceFile } from "./repository.ts";

export type Dependency = { readonly where: string; readonly name: string; readonly version: string };

const SECTIONS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] as const;

export function dependenciesOf(manifest: SourceFile): readonly Dependency[] {
  const parsed: unknown = JSON.parse(manifest.text);
  return SECTIONS.flatMap((section) =>
    Object.entries(member(parsed, section)).map(([name, version]) => ({
      where: manifest.path,
      name,
      version: String(version),
    })),
  );
}

function member(value: unknown, name: string): object {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === "object" && found !== null ? found : {};
}
