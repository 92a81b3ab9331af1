/**
 * Where findings begin: thresholds and limits that are a matter of judgement, each with its default and where that comes
 * from. A caller overrides what differs in its house; nothing in the rules holds a number of its own.
 */

export interface FindingPolicy {
  /** Of a link's capacity, in one direction: above it a link counts as full. */
  readonly utilisationRatio: number;
  /** Of a link's capacity: flows that take less do not notice that memory fills the rest. */
  readonly flowsRatio: number;
  /** A detour between sites is told when it costs this much more round-trip time, */
  readonly tromboneLatencyUs: number;
  /** or carries this much traffic. */
  readonly tromboneRateBps: number;
  /** What two endpoints that a move parts exchange, from which on they should move together. */
  readonly chattyRateBps: number;
  /** How far, and over how little bandwidth, memory may travel. */
  readonly distance: DistanceLimit;
  /** How many memory streams run at once; a batch is judged with the smaller of this and its own size. */
  readonly concurrentMoves: number;
  /** The most that one move takes; without it, as much as it gets. */
  readonly moveRateBps?: number;
  /** What moves may take together of a link between sites that has no budget of its own. */
  readonly budgetBps?: number;
  /** Chooses the hashes by which elephants take one of several equal ways. */
  readonly seed: number;
}

/** What callers give. */
export type FindingOptions = Partial<FindingPolicy>;

/** Published limits of live migration over distance. They differ by version, so they are rows and not constants. */
export interface DistanceLimit {
  readonly name: string;
  readonly roundTripUs: number;
  /** Dedicated, for each concurrent session. */
  readonly rateBps: number;
  readonly source: string;
}

export const distanceLimits = {
  "vsphere-4.1": {
    name: "vsphere-4.1",
    roundTripUs: 5_000,
    rateBps: 622e6,
    source: "VMware vSphere 4.1 and Cisco, long-distance vMotion: 622 Mbit/s and 5 ms",
  },
  "vsphere-5-metro": {
    name: "vsphere-5-metro",
    roundTripUs: 10_000,
    rateBps: 250e6,
    source: "VMware vSphere 5.0 Metro vMotion: 250 Mbit/s for each session and 10 ms",
  },
  "vsphere-6": {
    name: "vsphere-6",
    roundTripUs: 150_000,
    rateBps: 250e6,
    source: "VMware vSphere 6.0 to 6.7, vCenter Server and Host Management: 250 Mbit/s for each session and 150 ms",
  },
} as const satisfies Readonly<Record<string, DistanceLimit>>;

export const defaultPolicy: FindingPolicy = {
  // Max-min shares are a model of long TCP flows; the last tenth of a link belongs to bursts that it does not know.
  utilisationRatio: 0.9,
  flowsRatio: 0.05,
  tromboneLatencyUs: 500,
  tromboneRateBps: 10e6,
  chattyRateBps: 100e6,
  distance: distanceLimits["vsphere-6"],
  concurrentMoves: 2,
  seed: 1,
};

export const policyOf = (options: FindingOptions = {}): FindingPolicy => ({ ...defaultPolicy, ...options });
