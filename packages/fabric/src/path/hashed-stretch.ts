/**
 * From a device to an MLAG pair that is its gateway. The hash of the link group decides which member a frame comes to, and
 * that one routes it, so that the peer-link is not crossed.
 */
import type { FabricIndex } from "../fabric-index.ts";
import { memoTable } from "../fabric-index.ts";
import { summed } from "../layer-two/stretches.ts";
import { bridged } from "./bridged-stretch.ts";
import type { WayPart } from "./compose.ts";
import type { Crossing } from "./way.ts";

export interface HashedPart extends WayPart {
  readonly device: string;
}

const hashed = memoTable<readonly HashedPart[]>("hashed stretches");

/** For each member that frames come to: the part of them, and the way of those. */
export function hashedStretches(
  index: FabricIndex,
  segment: string,
  from: string,
  members: readonly string[],
): readonly HashedPart[] {
  const name = [segment, from, ...members].join("\u0000");
  return index.remember(hashed, name, () => find(index, segment, from, members));
}

function find(index: FabricIndex, segment: string, from: string, members: readonly string[]): readonly HashedPart[] {
  const [first = from] = members;
  const way = bridged(index, segment, from, first);
  const [leg] = way.kind === "known" ? way.legs : [];
  if (way.kind !== "known" || leg === undefined) return [{ device: first, probability: 1, way }];
  // What has come to a member is routed there and crosses no more.
  const crossings = leg.crossings.filter((crossing) => !members.includes(crossing.from));
  return members.flatMap((device): readonly HashedPart[] => {
    const arriving = chances(crossings, device);
    const probability = arriving.get(from) ?? 0;
    if (probability === 0) return [];
    const own = crossings.flatMap((crossing) => {
      const share = (crossing.share * (arriving.get(crossing.to) ?? 0)) / probability;
      return share === 0 ? [] : [{ ...crossing, share }];
    });
    const stretches = own.flatMap(({ link, from: near, vlan, share }, distance) => {
      const view = index.linkFrom(link, near);
      return view === undefined ? [] : [{ view, vlan, share, distance, overheadBytes: 0 }];
    });
    const { latencyUs } = summed(stretches, { doubts: [], assumed: [] });
    const size = way.mtu === undefined ? {} : { mtu: way.mtu };
    const doubts = way.doubts === undefined ? {} : { doubts: way.doubts };
    const part = { kind: "known", waypoints: [], legs: [{ ...leg, to: device, crossings: own }], latencyUs } as const;
    return [{ device, probability, way: { ...part, ...size, ...doubts } }];
  });
}

/** From each device on the way: which part of what passes it comes to `target`. */
function chances(crossings: readonly Crossing[], target: string): ReadonlyMap<string, number> {
  const found = new Map([[target, 1]]);
  // Crossings stand in the order in which a frame meets them, so that what follows one is known when it is looked at.
  for (const { from } of crossings.toReversed()) {
    if (from === target) continue;
    const leaving = crossings.filter((crossing) => crossing.from === from);
    const total = leaving.reduce((sum, { share }) => sum + share, 0);
    const fitting = leaving.reduce((sum, { share, to }) => sum + share * (found.get(to) ?? 0), 0);
    found.set(from, total === 0 ? 0 : fitting / total);
  }
  return found;
}
