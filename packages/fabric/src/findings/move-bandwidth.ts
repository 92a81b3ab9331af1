/**
 * Rule move-bandwidth: links that moves fill while they run, beside flows that need them; and links that the flows
 * themselves fill once the VMs are elsewhere. A memory stream without a limit takes all that it gets.
 */
import type { FabricIndex } from "../fabric-index.ts";
import type { LinkLoad, LinkLoadReport } from "../load/link-load.ts";
import { linkLoadsOver } from "../load/link-load.ts";
import type { MoveLoad } from "../load/move-streams.ts";
import { waysOf } from "../load/ways.ts";
import type { Ways } from "../load/ways.ts";
import type { Finding } from "./finding.ts";
import type { MoveSituation } from "./situation.ts";
import { figureText, listText, ratioText, rateText } from "./words.ts";

export function moveBandwidth(index: FabricIndex, situation: MoveSituation): readonly Finding[] {
  const { planned, policy } = situation;
  if (planned.length === 0) return [];
  const { moveRateBps } = policy;
  const moves = planned
    .slice(0, Math.max(1, policy.concurrentMoves))
    .map((move): MoveLoad => (moveRateBps === undefined ? move : { ...move, maxRateBps: moveRateBps }));
  const isWhole = moves.length === planned.length;
  const request = { seed: policy.seed, scope: "changed" } as const;
  const during = linkLoadsOver(index, isWhole ? impactWays(index, situation) : waysOf(index), { ...request, moves });
  const after = isWhole ? during : linkLoadsOver(index, impactWays(index, situation), { ...request, moves: planned });
  return [
    ...during.links.flatMap((load) => fullWhileMoving(index, during, load, policy)),
    ...after.links.flatMap((load) => fullAfterwards(load, policy.utilisationRatio)),
  ];
}

/** The ways of the batch's flows are worked out already: the impact of the moves on each has them, before and after. */
function impactWays(index: FabricIndex, { placement, impactOf }: MoveSituation): Ways {
  const ways = waysOf(index);
  return {
    ...ways,
    flowWays: (flow, where) => {
      if (!placement.has(flow.from) && !placement.has(flow.to)) return ways.flowWays(flow, where);
      const { before, after } = impactOf(flow);
      return where === undefined ? before : after;
    },
  };
}

function fullWhileMoving(
  index: FabricIndex,
  report: LinkLoadReport,
  load: LinkLoad,
  { utilisationRatio, flowsRatio }: MoveSituation["policy"],
): readonly Finding[] {
  const { base, during } = load.utilisation;
  const { capacityBps, baseBps, duringBps } = load;
  if (!base.known || !during.known || capacityBps === undefined || duringBps === undefined) return [];
  if (load.moves.length === 0 || during.value < utilisationRatio || base.value < flowsRatio) return [];
  const rates = report.moves.filter(({ endpoint }) => load.moves.includes(endpoint));
  const seconds = Math.max(
    0,
    ...rates.map((rate) =>
      rate.kind === "unknown" || rate.bps === 0 ? 0 : (bytesOf(index, rate.endpoint) * bitsPerByte) / rate.bps,
    ),
  );
  const roomBps = capacityBps * utilisationRatio - baseBps;
  const lost = load.displacedBps === undefined ? "" : `, flows lose ${rateText(load.displacedBps)}`;
  const doubts = [...load.doubts, ...rates.flatMap((rate) => ("doubts" in rate ? rate.doubts : []))];
  return [
    {
      rule: "move-bandwidth",
      severity: "warn",
      certainty: doubts.length === 0 ? "yes" : "unknown",
      subjects: [load.link, load.from, ...load.moves],
      message: `moving ${listText(load.moves.map((name) => `${name}${memoryText(index, name)}`))} fills ${load.link} from ${load.from} to ${ratioText(during.value)}, beside ${rateText(baseBps)} of flows${lost}${seconds > 0 ? `, for ${figureText(seconds)} s` : ""}; ${roomBps > 0 ? `cap at ${rateText(roomBps)}` : "it is full without the move"}`,
      figures: [
        { name: "load", before: baseBps, after: duringBps, unit: "bps" },
        { name: "utilisation", before: base.value, after: during.value, unit: "ratio" },
      ],
      evidence: [
        ...rates.map(
          (rate) =>
            `${rate.endpoint}: ${rate.kind === "unknown" ? rate.why : `${rateText(rate.bps)}, limited by ${rate.limitedBy}`}`,
        ),
        ...new Set(doubts),
      ],
      advice:
        roomBps > 0
          ? `move with at most ${rateText(roomBps)}, or when the flows are fewer`
          : "move when the flows are fewer",
    },
  ];
}

const bitsPerByte = 8;
const bytesPerMiB = 1024 ** 2;

const bytesOf = (index: FabricIndex, endpoint: string): number =>
  (index.endpoint(endpoint)?.memoryMiB ?? 0) * bytesPerMiB;

function memoryText(index: FabricIndex, endpoint: string): string {
  const memoryMiB = index.endpoint(endpoint)?.memoryMiB;
  return memoryMiB === undefined ? "" : ` (${figureText(memoryMiB / 1024)} GiB)`;
}

function fullAfterwards(load: LinkLoad, utilisationRatio: number): readonly Finding[] {
  const { base, after } = load.utilisation;
  const { capacityBps } = load;
  if (!base.known || !after.known || capacityBps === undefined) return [];
  if (after.value < utilisationRatio || after.value <= base.value || base.value >= utilisationRatio) return [];
  return [
    {
      rule: "move-bandwidth",
      severity: "warn",
      certainty: load.doubts.length === 0 ? "yes" : "unknown",
      subjects: [load.link, load.from],
      message: `after the move flows ask ${rateText(load.afterBps)} of the ${rateText(capacityBps)} of ${load.link} from ${load.from}, before it ${rateText(load.baseBps)}`,
      figures: [
        { name: "load", before: load.baseBps, after: load.afterBps, unit: "bps" },
        { name: "utilisation", before: base.value, after: after.value, unit: "ratio" },
      ],
      evidence: load.doubts,
      advice: "choose another target, or move what the VM talks to as well",
    },
  ];
}
