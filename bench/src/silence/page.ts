/** Medians and 90th percentiles of what the client noticed, side by side. */
import { quantile } from "../paired.ts";
import { tableOf } from "../table.ts";
import type { NoticedMove } from "./noticed-move.ts";

export function pageOf(virsh: readonly NoticedMove[], ours: readonly NoticedMove[]): string {
  const row = (title: string, figure: (move: NoticedMove) => number): readonly string[] => [
    title,
    ...[virsh, ours].flatMap((moves) => [0.5, 0.9, 1].map((share) => quantile(moves.map(figure), share).toFixed(0))),
  ];
  return tableOf([
    ["", "virsh: median", "p90", "most", "ours: median", "p90", "most"],
    row("client's TCP silence, ms", ({ silenceMs }) => silenceMs),
    row("QEMU's downtime, ms", ({ downtimeMs }) => downtimeMs),
    row("  source stopped to target resumed, ms", ({ stoppedMs }) => stoppedMs),
    row("  target resumed to first echo, ms", ({ afterResumeMs }) => afterResumeMs),
    row("time taken, ms", ({ totalMs }) => totalMs),
    row("pings lost at the switch-over", ({ pingsLostAtSwitchOver }) => pingsLostAtSwitchOver),
    row("pings lost while it was copied", ({ pingsLostBesides }) => pingsLostBesides),
    row("pings answered twice", ({ pingsDoubled }) => pingsDoubled),
    row("packets the session sent again", ({ packetsResent }) => packetsResent),
    row("frames handed over", ({ framesHandedOver }) => framesHandedOver ?? 0),
  ]);
}
