/** What everything in a cluster stands on. */
import type { SeededRandom } from "../clock/seeded-random.ts";
import type { Timers } from "../clock/timers.ts";
import type { LayerTwo } from "../network/layer-two.ts";
import type { Wire } from "../network/wire.ts";
import type { Ledger } from "./ledger.ts";

/** Whoever must hear what could cut two daemons off from each other. */
export interface PeerListener {
  /** @param host its name. */
  daemonDied(host: string): void;
  /** A daemon hangs, or a link went down or came back. */
  mayBeSilent(): void;
}

export interface Ground {
  readonly timers: Timers;
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly wire: Wire;
  readonly network: LayerTwo;
  /** The connections between two daemons register here. */
  readonly peers: Set<PeerListener>;
}
