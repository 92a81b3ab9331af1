/**
 * What must not be in any file of the repository, whatever its kind: folders of the machine that it was written on, and
 * the address or the credentials of a package registry, which would send everybody else to a host they cannot reach.
 */
import type { SourceFile } from "./repository.ts";

const rules: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "a path of the machine it was written on", pattern: /(?<![\w.~$}*)\]/-])\/work\// },
  { what: "a home folder", pattern: /(?<![\w.~$}*)\]/-])\/(?:home|Users)\/[a-z]/ },
  { what: "a package registry", pattern: /\bregistry\.[a-z0-9-]+\.[a-z]|\bregistry\s*=|--(?:registry)\b/ },
  { what: "a package registry", pattern: /https?:\/\/[^\s"'<>)]*\/(?:api|repository)\/npm/ },
  { what: "a package registry", pattern: /"resolved":\s*"[a-z+]+:/ },
  { what: "a credential of a package registry", pattern: /_auth(?:Token)?\s*=|\b_password\s*=/ },
];

/** One sentence for each line that breaks a rule. */
export function strayPlacesOf(file: SourceFile): readonly string[] {
  return file.text
    .split("\n")
    .flatMap((line, index) =>
      rules.filter(({ pattern }) => pattern.test(line)).map(({ what }) => `${file.path}:${index + 1}: ${what}`),
    );
}
