/** The rows of docs/state-machine.md as data: when who dies, and what both hosts and the decision table say afterwards. */
import { h1, never } from "./cluster.fixture.ts";
import type { SimulatedCluster, SimulatedProcess } from "./cluster.ts";

export type Moment = "copying" | "suspended" | "last-pass" | "resumed";

export interface Run {
  readonly cluster: SimulatedCluster;
  readonly process: SimulatedProcess;
  /** In virtual milliseconds from the strike. */
  readonly after: (ms: number, act: () => void) => void;
}

export interface Row {
  readonly row: string;
  readonly at: Moment;
  readonly strike: (run: Run) => void;
  /** Copies at so many milliseconds after the strike, `-` for none. */
  readonly leaves: readonly (readonly [ms: number, source: string, target: string, verdict: string])[];
  readonly violations?: readonly string[];
}

const daemonDiesFor3s =
  (host: string) =>
  ({ cluster, after }: Run): void => {
    cluster.killDaemon(host);
    after(3_000, () => {
      cluster.startDaemon(host);
    });
  };
const emulatorDies =
  (host: string) =>
  ({ cluster }: Run): void => {
    cluster.killEmulator(host, "vm1");
  };
const wireIsCut =
  (ms: number | undefined) =>
  ({ cluster, after }: Run): void => {
    cluster.setLink("h2", "s1", false);
    if (ms !== undefined)
      after(ms, () => {
        cluster.setLink("h2", "s1", true);
      });
  };
const isAborted = ({ cluster }: Run): void => {
  void cluster.connect("other").world.hypervisor(h1).abort(cluster.vm("vm1").id, never);
};
const controllerDies = ({ process }: Run): void => {
  process.kill();
};

export const peerToPeer: readonly Row[] = [
  { row: "1", at: "copying", strike: emulatorDies("h1"), leaves: [[400, "-", "-", "nowhere"]] },
  { row: "2", at: "copying", strike: emulatorDies("h2"), leaves: [[400, "running/booted", "-", "stayed"]] },
  {
    row: "3",
    at: "copying",
    strike: daemonDiesFor3s("h1"),
    leaves: [
      [400, "running/booted", "-", "wait"],
      [3_400, "running/booted", "-", "stayed"],
    ],
  },
  {
    row: "4",
    at: "copying",
    strike: daemonDiesFor3s("h2"),
    leaves: [
      [400, "running/booted", "-", "wait"],
      [3_400, "running/booted", "-", "stayed"],
    ],
  },
  {
    row: "5",
    at: "copying",
    strike: controllerDies,
    leaves: [
      [400, "running/booted", "paused/migration", "adopt"],
      [60_000, "-", "running/migrated", "moved"],
    ],
  },
  { row: "6", at: "copying", strike: isAborted, leaves: [[400, "running/booted", "-", "stayed"]] },
  { row: "7", at: "copying", strike: wireIsCut(8_000), leaves: [[60_000, "-", "running/migrated", "moved"]] },
  {
    row: "8",
    at: "copying",
    strike: wireIsCut(undefined),
    leaves: [
      [28_000, "running/booted", "paused/migration", "adopt"],
      [30_000, "running/booted", "-", "stayed"],
    ],
  },
  {
    row: "9",
    at: "last-pass",
    strike: daemonDiesFor3s("h1"),
    leaves: [
      [400, "running/unpaused", "-", "wait"],
      [3_400, "running/unpaused", "-", "stayed"],
    ],
  },
  {
    row: "10",
    at: "last-pass",
    strike: daemonDiesFor3s("h2"),
    leaves: [
      [400, "running/unpaused", "paused/migration", "wait"],
      [3_400, "running/unpaused", "-", "stayed"],
    ],
  },
  { row: "11", at: "last-pass", strike: emulatorDies("h1"), leaves: [[400, "-", "-", "nowhere"]] },
  { row: "12", at: "last-pass", strike: emulatorDies("h2"), leaves: [[400, "running/unpaused", "-", "stayed"]] },
  { row: "13", at: "last-pass", strike: isAborted, leaves: [[400, "running/unpaused", "-", "stayed"]] },
  {
    row: "14",
    at: "last-pass",
    strike: wireIsCut(undefined),
    leaves: [
      [27_000, "paused/migration", "paused/migration", "wait"],
      [30_000, "running/unpaused", "-", "stayed"],
    ],
  },
  {
    row: "15",
    at: "suspended",
    strike: wireIsCut(120_000),
    leaves: [
      [100_000, "paused/migration", "-", "wait"],
      [131_000, "running/unpaused", "-", "stayed"],
    ],
  },
  { row: "16", at: "last-pass", strike: wireIsCut(4_000), leaves: [[10_000, "-", "running/migrated", "moved"]] },
  {
    row: "17",
    at: "resumed",
    strike: daemonDiesFor3s("h1"),
    leaves: [
      [400, "paused/migration", "running/migrated", "wait"],
      [3_400, "paused/migration", "running/migrated", "release-source"],
    ],
  },
  {
    row: "18",
    at: "resumed",
    strike: daemonDiesFor3s("h2"),
    leaves: [
      [400, "running/migration-canceled", "running/migrated", "wait"],
      [3_400, "running/migration-canceled", "running/migrated", "release-source"],
    ],
    violations: ["stale-memory", "runs-twice"],
  },
  { row: "19", at: "resumed", strike: wireIsCut(undefined), leaves: [[400, "-", "running/migrated", "moved"]] },
  { row: "20", at: "suspended", strike: daemonDiesFor3s("h1"), leaves: [[3_400, "running/unpaused", "-", "stayed"]] },
  { row: "21", at: "suspended", strike: daemonDiesFor3s("h2"), leaves: [[3_400, "running/unpaused", "-", "stayed"]] },
];

export const clientDriven: readonly Row[] = [
  { row: "30", at: "copying", strike: controllerDies, leaves: [[400, "running/booted", "-", "stayed"]] },
  { row: "30, last pass", at: "last-pass", strike: controllerDies, leaves: [[400, "running/unpaused", "-", "stayed"]] },
  {
    row: "32",
    at: "resumed",
    strike: controllerDies,
    leaves: [[400, "paused/migration", "running/migrated", "release-source"]],
  },
  {
    row: "33",
    at: "resumed",
    strike: daemonDiesFor3s("h2"),
    leaves: [
      [400, "paused/migration", "running/migrated", "wait"],
      [3_400, "paused/migration", "running/migrated", "release-source"],
    ],
  },
  { row: "1", at: "copying", strike: emulatorDies("h1"), leaves: [[400, "-", "-", "nowhere"]] },
  { row: "2", at: "copying", strike: emulatorDies("h2"), leaves: [[400, "running/booted", "-", "stayed"]] },
  { row: "3", at: "copying", strike: daemonDiesFor3s("h1"), leaves: [[3_400, "running/booted", "-", "stayed"]] },
  { row: "4", at: "copying", strike: daemonDiesFor3s("h2"), leaves: [[3_400, "running/booted", "-", "stayed"]] },
  { row: "11", at: "last-pass", strike: emulatorDies("h1"), leaves: [[400, "-", "-", "nowhere"]] },
  { row: "12", at: "last-pass", strike: emulatorDies("h2"), leaves: [[400, "running/unpaused", "-", "stayed"]] },
  { row: "7", at: "copying", strike: wireIsCut(8_000), leaves: [[60_000, "-", "running/migrated", "moved"]] },
  { row: "34", at: "copying", strike: () => undefined, leaves: [[60_000, "-", "running/migrated", "moved"]] },
];

const startsPostCopy =
  (then: (run: Run) => void) =>
  (run: Run): void => {
    run.cluster.postCopy("vm1", "start");
    run.after(500, () => {
      then(run);
    });
  };

/** From the start of post-copy on; the channel carries what is left in some four seconds. */
export const postCopy: readonly Row[] = [
  {
    row: "22",
    at: "copying",
    strike: startsPostCopy(() => undefined),
    leaves: [
      [400, "paused/postcopy", "running/postcopy", "adopt"],
      [10_000, "-", "running/migrated", "moved"],
    ],
  },
  {
    row: "23",
    at: "copying",
    strike: startsPostCopy(emulatorDies("h2")),
    leaves: [[600, "paused/postcopy-failed", "-", "nowhere"]],
  },
  {
    row: "24",
    at: "copying",
    strike: startsPostCopy(emulatorDies("h1")),
    leaves: [[600, "-", "running/postcopy-failed", "nowhere"]],
  },
  {
    row: "25",
    at: "copying",
    strike: startsPostCopy(({ cluster, after }) => {
      cluster.postCopy("vm1", "break");
      after(5_000, () => {
        cluster.postCopy("vm1", "recover");
      });
    }),
    leaves: [
      [4_000, "paused/postcopy-failed", "running/postcopy-failed", "recover-post-copy"],
      [20_000, "-", "running/migrated", "moved"],
    ],
  },
  {
    row: "27",
    at: "copying",
    strike: startsPostCopy(daemonDiesFor3s("h1")),
    leaves: [
      [1_000, "paused/postcopy", "running/postcopy", "wait"],
      [10_000, "-", "running/migrated", "moved"],
    ],
  },
];
