/** What a move does to the network: which links its memory crosses, and which flows go another way afterwards. */
export interface NetworkReport {
  /** One entry for each link and direction that the memory takes. */
  readonly links: readonly LinkTraffic[];
  /** Flows of the fabric document whose way changes. */
  readonly flows: readonly FlowChange[];
}

export interface LinkTraffic {
  /** By its two ends in alphabetical order: `h1/up0--sw1/p-h1`. */
  readonly link: string;
  readonly from: string;
  readonly to: string;
  /** Null where nothing could be predicted. */
  readonly predictedBytes: number | null;
  /** What the switch counted while the move ran, other traffic included; null where it could not be asked. */
  readonly measuredBytes: number | null;
}

export interface FlowChange {
  readonly flow: string;
  /** One direction is enough to tell them apart; each in words: `h1 > sw1 > gw1 > h2`. */
  readonly before: string;
  readonly after: string;
  /** Null where a link does not say how long it is. */
  readonly roundTripDeltaUs: number | null;
  /** Times that both directions together go from one site to another. */
  readonly siteCrossingsBefore: number;
  readonly siteCrossingsAfter: number;
}
