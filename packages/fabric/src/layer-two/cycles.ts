/**
 * Which edges of a graph lie on a cycle. In a fabric these are the links about which spanning tree has something to
 * decide, and, where nothing decides, the links of a loop.
 *
 * An edge lies on no cycle exactly when the graph falls apart without it (a "bridge" of graph theory, a word that this
 * folder needs for something else). Found by one depth-first search, after R. E. Tarjan, "A note on finding the bridges
 * of a graph", Information Processing Letters 2 (1974); with a stack of its own, for chains of thousands of devices.
 */
export interface GraphEdge<Node> {
  readonly a: Node;
  readonly b: Node;
}

/**
 * The edges that lie on cycles, in groups: two edges are in one group when cycles hang together over shared nodes without
 * a bridge between. Edges keep the order of the input.
 */
export function cyclicGroups<Node, Edge extends GraphEdge<Node>>(edges: readonly Edge[]): readonly (readonly Edge[])[] {
  const incident = new Map<Node, Edge[]>();
  for (const edge of edges)
    for (const node of new Set([edge.a, edge.b])) {
      const list = incident.get(node);
      if (list === undefined) incident.set(node, [edge]);
      else list.push(edge);
    }
  const separating = separatingEdges(incident);
  const cyclic = edges.filter((edge) => !separating.has(edge));
  const sets = disjointSets<Node>();
  for (const edge of cyclic) sets.join(edge.a, edge.b);
  const groups = new Map<Node, Edge[]>();
  for (const edge of cyclic) {
    const group = groups.get(sets.find(edge.a));
    if (group === undefined) groups.set(sets.find(edge.a), [edge]);
    else group.push(edge);
  }
  return [...groups.values()];
}

export interface DisjointSets<Item> {
  readonly find: (item: Item) => Item;
  /** False when they were one set already. */
  readonly join: (left: Item, right: Item) => boolean;
}

export function disjointSets<Item>(): DisjointSets<Item> {
  const parents = new Map<Item, Item>();
  const find = (item: Item): Item => {
    let root = item;
    for (let above = parents.get(root); above !== undefined; above = parents.get(root)) root = above;
    // Path compression keeps later look-ups short.
    for (let at = item; at !== root;) {
      const above = parents.get(at) ?? root;
      parents.set(at, root);
      at = above;
    }
    return root;
  };
  return {
    find,
    join: (left, right) => {
      const [a, b] = [find(left), find(right)];
      if (a === b) return false;
      parents.set(b, a);
      return true;
    },
  };
}

interface Visit<Node, Edge> {
  readonly node: Node;
  readonly arrivedBy: Edge | undefined;
  readonly left: Edge[];
}

function separatingEdges<Node, Edge extends GraphEdge<Node>>(
  incident: ReadonlyMap<Node, readonly Edge[]>,
): ReadonlySet<Edge> {
  const separating = new Set<Edge>();
  const order = new Map<Node, number>();
  const lowest = new Map<Node, number>();
  const enter = (node: Node, arrivedBy: Edge | undefined): Visit<Node, Edge> => {
    order.set(node, order.size);
    lowest.set(node, order.size - 1);
    return { node, arrivedBy, left: [...(incident.get(node) ?? [])] };
  };
  const lower = (node: Node, to: number | undefined): void => {
    lowest.set(node, Math.min(lowest.get(node) ?? 0, to ?? 0));
  };
  for (const start of incident.keys()) {
    if (order.has(start)) continue;
    const stack = [enter(start, undefined)];
    for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
      const edge = visit.left.pop();
      if (edge === undefined) {
        stack.pop();
        const parent = stack.at(-1);
        if (parent === undefined || visit.arrivedBy === undefined) continue;
        lower(parent.node, lowest.get(visit.node));
        if ((lowest.get(visit.node) ?? 0) > (order.get(parent.node) ?? 0)) separating.add(visit.arrivedBy);
      } else if (edge !== visit.arrivedBy) {
        const far = edge.a === visit.node ? edge.b : edge.a;
        if (order.has(far)) lower(visit.node, order.get(far));
        else stack.push(enter(far, edge));
      }
    }
  }
  return separating;
}
