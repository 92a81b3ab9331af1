/**
 * What a predicted way says about counters: for each link, direction and VLAN, how many of the packets will be seen there.
 * Pure. A ping is both directions at once: what is sent takes the forward way, what comes back the reverse one.
 */
import type { FlowPath, Way } from "@trunkline/fabric";

/** Frames by `link from>to VLAN`. */
export type Frames = ReadonlyMap<string, number>;

export const directionKey = (link: string, from: string, to: string, vlan: number): string =>
  `${link} ${from}>${to} VLAN ${vlan}`;

export type Expectation =
  /** One of these happens; more than one only where the prediction itself says that nothing decides between them. */
  | { readonly kind: "arrives"; readonly alternatives: readonly Frames[] }
  | { readonly kind: "lost"; readonly why: string }
  | { readonly kind: "none"; readonly why: string };

/** @param count packets that are sent, and answered. */
export function expectationOf({ forward, reverse }: FlowPath, count: number): Expectation {
  const [there, back] = [choicesOf(forward), choicesOf(reverse)];
  for (const choices of [there, back]) if (typeof choices === "string") return { kind: "none", why: choices };
  const ways = { there: there as readonly Way[], back: back as readonly Way[] };
  const broken = [...ways.there, ...ways.back].find((way) => way.kind === "broken");
  const isCertain = ways.there.length === 1 && ways.back.length === 1;
  if (broken?.kind === "broken" && isCertain) return { kind: "lost", why: broken.why.message };
  const pairs = ways.there.flatMap((one) => ways.back.map((other) => [one, other] as const));
  return { kind: "arrives", alternatives: pairs.map((pair) => framesOf(pair, count)) };
}

/** The ways that are possible, or why nothing is said. */
function choicesOf(way: Way): readonly Way[] | string {
  if (way.kind === "unknown") return way.why;
  if (way.kind !== "open") return [way];
  const choices = way.ways.map((one) => choicesOf(one.way));
  const silent = choices.find((one) => typeof one === "string");
  return typeof silent === "string" ? silent : (choices as readonly (readonly Way[])[]).flat();
}

function framesOf(ways: readonly Way[], count: number): Frames {
  const frames = new Map<string, number>();
  for (const way of ways)
    for (const { link, from, to, vlan, share } of "legs" in way ? way.legs.flatMap((leg) => leg.crossings) : []) {
      const key = directionKey(link, from, to, vlan);
      frames.set(key, (frames.get(key) ?? 0) + share * count);
    }
  return frames;
}

export interface Verdict {
  readonly agrees: boolean;
  /** The largest difference on any link, as part of the packets that were sent. */
  readonly worstRatio: number;
  /** Directions that differ by more than is allowed, with both figures. */
  readonly differing: readonly string[];
}

/**
 * Where the prediction leaves several ways open, traffic may take one and then the other: a mixture of two agrees as well.
 * @param measured frames without the background. @param tolerance part of `count` by which a direction may differ.
 */
export function compare(alternatives: readonly Frames[], measured: Frames, count: number, tolerance: number): Verdict {
  const candidates = [
    ...alternatives,
    ...alternatives.flatMap((one, at) => mixtures(one, alternatives.slice(at + 1), measured)),
  ];
  const verdicts = candidates.map((expected) => verdictOf(expected, measured, count, tolerance));
  const [best] = verdicts.toSorted((left, right) => left.worstRatio - right.worstRatio);
  return best ?? { agrees: false, worstRatio: 1, differing: ["nothing was predicted"] };
}

function verdictOf(expected: Frames, measured: Frames, count: number, tolerance: number): Verdict {
  const keys = [...new Set([...expected.keys(), ...measured.keys()])].sort();
  const off = keys.map((key) => {
    const [predicted, seen] = [expected.get(key) ?? 0, measured.get(key) ?? 0];
    return { key, predicted, seen, ratio: Math.abs(seen - predicted) / count };
  });
  const differing = off.filter(({ ratio }) => ratio > tolerance);
  return {
    agrees: differing.length === 0,
    worstRatio: Math.max(0, ...off.map(({ ratio }) => ratio)),
    differing: differing.map(
      ({ key, predicted, seen }) => `${key}: ${Math.round(predicted)} predicted, ${Math.round(seen)} seen`,
    ),
  };
}

/** The share of the first that comes closest, by least squares. */
function mixtures(first: Frames, others: readonly Frames[], measured: Frames): readonly Frames[] {
  return others.map((second) => {
    const keys = [...new Set([...first.keys(), ...second.keys(), ...measured.keys()])];
    let [above, below] = [0, 0];
    for (const key of keys) {
      const difference = (first.get(key) ?? 0) - (second.get(key) ?? 0);
      above += difference * ((measured.get(key) ?? 0) - (second.get(key) ?? 0));
      below += difference * difference;
    }
    const part = below === 0 ? 1 : Math.min(1, Math.max(0, above / below));
    return new Map(keys.map((key) => [key, part * (first.get(key) ?? 0) + (1 - part) * (second.get(key) ?? 0)]));
  });
}
