/**
 * What the search looks for moves in: VMs on hosts, all of them numbers, and a score that a move changes. Which terms the
 * score is made of and which constraints hold is the table's own; the search knows neither, so clusters, Ganeti's and
 * ROADEF's instances among them, are searched by the same code. Implementations keep sums per host, so that a look costs
 * what two hosts cost and not what the cluster costs.
 */
export interface ScoreTable {
  readonly vmCount: number;
  readonly hostCount: number;
  hostOf(vm: number): number;
  /** Of the placement as it is; lower is better. */
  score(): number;
  /** The score if this VM alone went to that host, which is not its own: infinite where a constraint forbids it. */
  scoreAfter(vm: number, target: number): number;
  /** No move of this VM gains more than that, wherever it goes: what spares looking at all targets. Infinite where nobody knows. */
  mostGain(vm: number): number;
  /** Carries it out. Steps back are carried out as well, so nothing is checked here. */
  place(vm: number, host: number): void;
}
