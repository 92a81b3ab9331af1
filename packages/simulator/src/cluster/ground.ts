/** What everything in a cluster stands on. */
import type { SeededRandom } from "../clock/seeded-random.ts";
import type { Timers } from "../clock/timers.ts";
import type { LayerTwo } from "../network/layer-two.ts";
import type { Wire } from "../network/wire.ts";
import type { PeerLink } from "../transfer/peer-link.ts";
import type { Ledger } from "./ledger.ts";

export interface Ground {
  readonly timers: Timers;
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly wire: Wire;
  readonly network: LayerTwo;
  /** Connections between two daemons. */
  readonly peers: Set<PeerLink>;
}
