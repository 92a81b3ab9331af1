/**
 * Ways for tests of sums: the shortest ones over all links, split evenly at every device, in one leg. What forwarding
 * really does is path/'s matter.
 */
import { attachedTo } from "../fabric-index.ts";
import type { FabricIndex, LinkView } from "../fabric-index.ts";
import type { Crossing, Known, Way } from "../path/way.ts";
import type { Ways } from "./ways.ts";

export function shortestWays(index: FabricIndex): Ways {
  return {
    flowWays: (flow, placement) => {
      const [from = "", to = ""] = [flow.from, flow.to].map((name) => attachedTo(index, placement, name) ?? "");
      return { forward: shortestWay(index, from, to), reverse: shortestWay(index, to, from) };
    },
    memoryPath: (source, target) => shortestWay(index, source, target),
  };
}

function shortestWay(index: FabricIndex, from: string, to: string): Way {
  const distances = new Map([[to, 0]]);
  for (const [device, distance] of distances)
    for (const { far } of index.linksOf(device))
      if (!distances.has(far.device)) distances.set(far.device, distance + 1);
  if (!distances.has(from)) return { kind: "unknown", why: `no link leads from ${from} to ${to}` };
  const crossings: Crossing[] = [];
  let latencyUs: Known<number> = { known: true, value: 0 };
  let front = new Map([[from, 1]]);
  for (let left = distances.get(from) ?? 0; left > 0; left -= 1) {
    const next = new Map<string, number>();
    for (const [device, share] of front) {
      const nearer = index.linksOf(device).filter(({ far }) => distances.get(far.device) === left - 1);
      latencyUs = plus(latencyUs, nearer[0]);
      for (const view of nearer) {
        const part = share / nearer.length;
        next.set(view.far.device, (next.get(view.far.device) ?? 0) + part);
        const ends = { link: view.id, from: device, to: view.far.device };
        crossings.push({ ...ends, vlan: 10, share: part, isBetweenSites: view.isBetweenSites });
      }
    }
    front = next;
  }
  const legs = [{ segment: "any", from, to, crossings }];
  return { kind: "known", waypoints: [], legs, latencyUs };
}

function plus(sum: Known<number>, view: LinkView | undefined): Known<number> {
  if (!sum.known) return sum;
  if (view?.latencyUs === undefined) return { known: false, why: `the latency of ${view?.id} is not known` };
  return { known: true, value: sum.value + view.latencyUs };
}
