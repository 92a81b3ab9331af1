/**
 * Do two names mean the same device or port? Devices give themselves a domain or a serial number besides (`leaf1.dc1.example`,
 * `leaf1(FDO2119)`), and ports are called Gi0/1 in one place and GigabitEthernet0/1 in another.
 */

/** The one candidate that one of the names means; an exact name counts before any other. */
export function deviceNamed(candidates: readonly string[], names: readonly string[]): string | undefined {
  const exact = names.find((name) => candidates.includes(name));
  if (exact !== undefined) return exact;
  for (const name of names) {
    const found = candidates.filter((candidate) => isSameDevice(candidate, name));
    if (found.length === 1) return found[0];
  }
  return undefined;
}

export function portNamed(candidates: readonly string[], names: readonly string[]): string | undefined {
  const exact = names.find((name) => candidates.includes(name));
  if (exact !== undefined) return exact;
  for (const name of names) {
    const found = candidates.filter((candidate) => isSamePort(candidate, name));
    if (found.length === 1) return found[0];
  }
  return undefined;
}

export function isSameDevice(left: string, right: string): boolean {
  const [a, b] = [plain(left), plain(right)];
  if (a === b) return a !== "";
  // A name with dots in it may be an address, whose first number means nothing.
  if ([a, b].some((name) => /^[\d.]+$|:/.test(name))) return false;
  const isShort = !a.includes(".") || !b.includes(".");
  return isShort && hostPart(a) !== "" && hostPart(a) === hostPart(b);
}

export function isSamePort(left: string, right: string): boolean {
  const [a, b] = [left.trim().toLowerCase(), right.trim().toLowerCase()];
  if (a === b) return a !== "";
  const [first, second] = [split(a), split(b)];
  if (first === undefined || second === undefined || first.rest !== second.rest) return false;
  const [short, long] = first.word.length < second.word.length ? [first.word, second.word] : [second.word, first.word];
  // One letter abbreviates too much: E1/1 may be anything.
  return short.length >= 2 && long.startsWith(short);
}

const plain = (name: string): string =>
  name
    .trim()
    .replace(/\([^)]*\)$/, "")
    .toLowerCase();
const hostPart = (name: string): string => name.split(".", 1)[0] ?? "";

/** `gigabitethernet` and `0/1`; a blank or hyphen between the two says nothing. */
function split(port: string): { readonly word: string; readonly rest: string } | undefined {
  const { word, rest } = /^(?<word>[a-z][a-z-]*?)[ -]?(?<rest>\d.*)$/.exec(port)?.groups ?? {};
  return word === undefined || rest === undefined ? undefined : { word: word.replaceAll("-", ""), rest };
}
