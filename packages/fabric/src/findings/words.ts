/** Figures and lists as sentences write them. */

const multiples = [
  { from: 1e9, text: "Gbit/s" },
  { from: 1e6, text: "Mbit/s" },
  { from: 1e3, text: "kbit/s" },
] as const;

export function rateText(bps: number): string {
  const { from, text } = multiples.find((multiple) => Math.abs(bps) >= multiple.from) ?? { from: 1, text: "bit/s" };
  return `${figureText(bps / from)} ${text}`;
}

export function latencyText(us: number): string {
  return Math.abs(us) >= 1_000 ? `${figureText(us / 1_000)} ms` : `${figureText(us)} µs`;
}

export const ratioText = (ratio: number): string => `${Math.round(ratio * 100)} %`;

/** Three significant figures, and no more digits than they need. */
export const figureText = (value: number): string => String(Number(value.toPrecision(3)));

export const countText = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

/** Names in a sentence; a long list says how many it leaves out. */
export function listText(names: readonly string[], joint: "and" | "or" = "and"): string {
  if (names.length > namesListed)
    return `${names.slice(0, namesListed).join(", ")} ${joint} ${names.length - namesListed} more`;
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} ${joint} ${names.at(-1) ?? ""}`;
}

/** `both` of two, `all` of more. */
export const bothText = (count: number): string => (count === 2 ? "both" : "all");

const namesListed = 4;
