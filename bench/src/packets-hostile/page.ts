/** The figures of packets-hostile for people. */
import { tableOf } from "../table.ts";
import type { Counts, Tally } from "./tally.ts";

interface PageFigures extends Readonly<Tally["figures"]> {
  readonly packets: number;
  readonly seed: number;
  readonly samples: number;
  readonly captured: number;
  readonly wallS: number;
  readonly cpuS: number;
  readonly packetsPerS: number;
}

export function pageOf(figures: PageFigures): string {
  const { slowest } = figures;
  return [
    tableOf([
      [`${figures.packets} packets of seed ${figures.seed}`, ""],
      ["samples they were made of", String(figures.samples)],
      ["captured packets they were made of", String(figures.captured)],
      ["s", figures.wallS.toFixed(1)],
      ["processor time, s", figures.cpuS.toFixed(1)],
      ["packets a second", figures.packetsPerS.toFixed(0)],
      ["the slowest packet to read, ms", slowest.ms.toFixed(2)],
      ["its bytes", String(slowest.bytes)],
      ["its number or name", String(slowest.which)],
    ]),
    "",
    countsOf("how they ended", figures.outcomes),
    "",
    countsOf("where typed errors came from", figures.problemsByProtocol),
    "",
    countsOf("layers that were read", figures.layers),
    "",
    countsOf("layers that were sent again", figures.sentAgain),
  ].join("\n");
}

function countsOf(title: string, counts: Counts): string {
  return tableOf([[title, "packets"], ...Object.entries(counts).map(([name, count]) => [name, String(count)])]);
}
