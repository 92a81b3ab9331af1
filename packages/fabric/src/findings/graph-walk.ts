/** A walk through a graph of links, depth first, with a stack of its own: chains may be thousands of devices long. */
import type { CarryEdge } from "./carry-graph.ts";
import { incidence, otherEnd, soleEdges } from "./carry-graph.ts";

export interface Visit {
  readonly node: string;
  /** How the walk came here; undefined at its start. */
  readonly by: CarryEdge | undefined;
  readonly parent: string | undefined;
}

/** Everything that is connected with `start`, in the order of arrival: children after their parents. */
function depthFirst(incident: ReadonlyMap<string, readonly CarryEdge[]>, start: string): readonly Visit[] {
  const seen = new Set<string>();
  const visits: Visit[] = [];
  const stack: Visit[] = [{ node: start, by: undefined, parent: undefined }];
  for (let visit = stack.pop(); visit !== undefined; visit = stack.pop()) {
    const { node } = visit;
    if (seen.has(node)) continue;
    seen.add(node);
    visits.push(visit);
    for (const edge of incident.get(node) ?? []) {
      const far = otherEnd(edge, node);
      if (!seen.has(far)) stack.push({ node: far, by: edge, parent: node });
    }
  }
  return visits;
}

/** One walk for each part of the graph. */
export function walks(edges: readonly CarryEdge[]): readonly (readonly Visit[])[] {
  const incident = incidence(edges);
  const seen = new Set<string>();
  return [...incident.keys()].sort().flatMap((start) => {
    if (seen.has(start)) return [];
    const walk = depthFirst(incident, start);
    for (const { node } of walk) seen.add(node);
    return [walk];
  });
}

/** The edges whose loss parts some of `anchors` from others. */
export function separators(edges: readonly CarryEdge[], anchors: ReadonlySet<string>): ReadonlySet<CarryEdge> {
  const sole = soleEdges(edges);
  const found = new Set<CarryEdge>();
  for (const walk of walks(edges)) {
    const total = walk.filter(({ node }) => anchors.has(node)).length;
    const below = new Map<string, number>();
    for (const { node, by, parent } of walk.toReversed()) {
      const own = (below.get(node) ?? 0) + (anchors.has(node) ? 1 : 0);
      if (by !== undefined && sole.has(by) && own > 0 && own < total) found.add(by);
      if (parent !== undefined) below.set(parent, (below.get(parent) ?? 0) + own);
    }
  }
  return found;
}
