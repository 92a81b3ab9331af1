/** Follows the load of every direction while time passes: its peak, and how long it is above a threshold. */
import type { Known } from "../path/way.ts";
import type { LoadSums } from "./flow-loads.ts";
import type { LinkTable } from "./link-table.ts";

export interface LinkOverTime {
  readonly link: string;
  readonly from: string;
  readonly to: string;
  readonly capacityBps?: number;
  /** What the flows ask for at the beginning and in the end. */
  readonly baseBps: number;
  readonly afterBps: number;
  /** The most at any time, flows and moves, and when it was reached first. */
  readonly peakBps: number;
  readonly peakAtMs: number;
  readonly peakUtilisation: Known<number>;
  /** How long it was above the threshold until the last move ended. */
  readonly aboveThresholdMs: Known<number>;
  readonly doubts: readonly string[];
}

interface Reading {
  bps: number;
  peakBps: number;
  peakAtMs: number;
  aboveMs: number;
  /** It differed from the beginning at some time, or is above the threshold. */
  isShown: boolean;
  readonly doubts: Set<string>;
}

export class LoadMeter {
  readonly #table: LinkTable;
  readonly #baseBps: Float64Array;
  readonly #threshold: number;
  /** Directions whose load may have changed; all others stand still. */
  readonly #readings = new Map<number, Reading>();
  #nowMs = 0;

  constructor(table: LinkTable, baseBps: Float64Array, threshold: number) {
    this.#table = table;
    this.#baseBps = baseBps.slice();
    this.#threshold = threshold;
    // Those above the threshold from the beginning are watched from the beginning.
    table.directions.forEach(({ capacityBps }, at) => {
      if (this.#isAbove(baseBps[at] ?? 0, capacityBps)) this.#reading(at).isShown = true;
    });
  }

  /** From now on. @param doubtful why the load of a direction rests on a guess. */
  set(
    flows: LoadSums,
    movesBps: ReadonlyMap<number, number>,
    doubtful: ReadonlyMap<number, ReadonlySet<string>>,
    nowMs: number,
  ): void {
    for (const at of [...movesBps.keys(), ...flows.touchedSinceAsked()]) this.#reading(at);
    for (const [at, reading] of this.#readings) {
      reading.bps = (flows.bps[at] ?? 0) + (movesBps.get(at) ?? 0);
      if (reading.bps > reading.peakBps * (1 + rounding)) [reading.peakBps, reading.peakAtMs] = [reading.bps, nowMs];
      reading.isShown ||= movesBps.has(at) || tidy(reading.bps) !== tidy(this.#baseBps[at] ?? 0);
      for (const why of doubtful.get(at) ?? []) reading.doubts.add(why);
    }
  }

  passTo(nowMs: number): void {
    for (const [at, reading] of this.#readings)
      if (this.#isAbove(reading.bps, this.#table.directions[at]?.capacityBps)) reading.aboveMs += nowMs - this.#nowMs;
    this.#nowMs = nowMs;
  }

  links(): readonly LinkOverTime[] {
    return [...this.#readings]
      .filter(([, { isShown }]) => isShown)
      .toSorted(([left], [right]) => left - right)
      .map(([at, reading]) => {
        const { link = "", from = "", to = "", capacityBps } = this.#table.directions[at] ?? {};
        const unknown = { known: false, why: `the capacity of ${link} from ${from} to ${to} is not known` } as const;
        const peakBps = tidy(reading.peakBps);
        return {
          link,
          from,
          to,
          ...(capacityBps === undefined ? {} : { capacityBps }),
          baseBps: tidy(this.#baseBps[at] ?? 0),
          afterBps: tidy(reading.bps),
          peakBps,
          peakAtMs: reading.peakAtMs,
          peakUtilisation: capacityBps === undefined ? unknown : { known: true, value: peakBps / capacityBps },
          aboveThresholdMs: capacityBps === undefined ? unknown : { known: true, value: reading.aboveMs },
          doubts: [...reading.doubts].toSorted(),
        };
      });
  }

  #reading(at: number): Reading {
    const known = this.#readings.get(at);
    if (known !== undefined) return known;
    const bps = this.#baseBps[at] ?? 0;
    const made = { bps, peakBps: bps, peakAtMs: 0, aboveMs: 0, isShown: false, doubts: new Set<string>() };
    this.#readings.set(at, made);
    return made;
  }

  #isAbove(bps: number, capacityBps: number | undefined): boolean {
    return capacityBps !== undefined && bps > this.#threshold * capacityBps * (1 + rounding);
  }
}

/** Sums of fractions differ from what is meant by far less than a bit a second. */
const tidy = (bps: number): number => Math.round(bps * 1_000) / 1_000;

const rounding = 1e-9;
