/**
 * Which links of a segment its members need, so that all of them reach each other as they do now and no worse protected.
 *
 * Links of members themselves stay. Of the switches between them, those without members go one after the other, as long
 * as no place where members hang loses another, and no link becomes the only one between two of them that was not so
 * before. What is left is not the least possible, and everything that is taken away is proven to be spare.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { disjointSets } from "../layer-two/cycles.ts";
import type { CarryEdge, CarryGraph } from "./carry-graph.ts";
import { bridgeName, carryGraph, incidence, otherEnd } from "./carry-graph.ts";
import { separators } from "./graph-walk.ts";
import { memberDevices } from "./members.ts";

const neededTables = memoTable<readonly CarryEdge[]>("links that members of a segment need");

/** Of the members that are there now. Asked by more than one rule. */
export function edgesInUse(index: FabricIndex, segment: string): readonly CarryEdge[] {
  return index.remember(neededTables, segment, () => {
    const members = new Set([...memberDevices(index, segment)].map((device) => bridgeName(index, device)));
    return neededEdges(carryGraph(index, segment), members);
  });
}

/** @param members bridges by name. */
export function neededEdges({ core, attachments }: CarryGraph, members: ReadonlySet<string>): readonly CarryEdge[] {
  const own = new Set<CarryEdge>();
  const anchors = new Set(members);
  for (const [node, edges] of attachments) {
    if (!members.has(node)) continue;
    for (const edge of edges) {
      const far = otherEnd(edge, node);
      // A link between two that forward nothing serves these two alone.
      if (attachments.has(far) && !members.has(far)) continue;
      own.add(edge);
      anchors.add(far);
    }
  }
  return [...own, ...neededCore(core, anchors)];
}

function neededCore(core: readonly CarryEdge[], anchors: ReadonlySet<string>): readonly CarryEdge[] {
  let kept = withoutDeadEnds(core, anchors);
  const before = protection(kept, anchors);
  const degrees = new Map([...incidence(kept)].map(([node, edges]) => [node, edges.length]));
  const candidates = [...degrees.keys()]
    .filter((node) => !anchors.has(node))
    .sort()
    .sort((left, right) => (degrees.get(left) ?? 0) - (degrees.get(right) ?? 0));
  for (const candidate of candidates) {
    const without = kept.filter(({ a, b }) => a !== candidate && b !== candidate);
    if (without.length < kept.length && isNoWorse(before, protection(without, anchors)))
      kept = withoutDeadEnds(without, anchors);
  }
  return kept;
}

/** Takes away bridges without members that hang on one edge, again and again. */
function withoutDeadEnds(edges: readonly CarryEdge[], anchors: ReadonlySet<string>): readonly CarryEdge[] {
  const incident = incidence(edges);
  const gone = new Set<CarryEdge>();
  const open = [...incident.keys()];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (anchors.has(node)) continue;
    const [only, second] = (incident.get(node) ?? []).filter((edge) => !gone.has(edge));
    if (only === undefined || second !== undefined) continue;
    gone.add(only);
    open.push(otherEnd(only, node));
  }
  return edges.filter((edge) => !gone.has(edge));
}

interface Protection {
  /** Groups of anchors that reach each other. */
  readonly groups: number;
  /** Edges that part anchors when they fail. */
  readonly separators: ReadonlySet<CarryEdge>;
}

function protection(edges: readonly CarryEdge[], anchors: ReadonlySet<string>): Protection {
  const reach = disjointSets<string>();
  for (const { a, b } of edges) reach.join(a, b);
  return {
    groups: new Set([...anchors].map((anchor) => reach.find(anchor))).size,
    separators: separators(edges, anchors),
  };
}

const isNoWorse = (before: Protection, after: Protection): boolean =>
  after.groups <= before.groups && [...after.separators].every((edge) => before.separators.has(edge));
