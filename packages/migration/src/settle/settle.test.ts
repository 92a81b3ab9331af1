import { describe, expect, it } from "vitest";
import type { Sighting } from "@trunkline/model";
import { limits } from "../limits.ts";
import { jobs, powers, reasons, sighting } from "./sighting.fixture.ts";
import { settle } from "./settle.ts";
import type { SettleContext, Verdict } from "./settle.ts";

const defaults: SettleContext = { mayRunOnTarget: true, ranOnTarget: false, transferIsOurs: false, attempt: 0 };
const patient: Partial<SettleContext> = { attempt: limits.reconcilePatience };
const late: Partial<SettleContext> = { attempt: limits.postCopyPatience };
const ours: Partial<SettleContext> = { transferIsOurs: true };
const untold: Partial<SettleContext> = { mayRunOnTarget: false };
const ran: Partial<SettleContext> = { ranOnTarget: true };

/** What was run, row by row of docs/state-machine.md: what the source says, what the target says, what follows. */
const runs: readonly (readonly [
  row: string,
  source: string,
  target: string,
  verdict: Verdict["kind"],
  context?: Partial<SettleContext>,
])[] = [
  // 1. Pre-copy, peer-to-peer.
  ["1 source QEMU dies", "shutoff/other", "absent", "nowhere"],
  ["1 the same, transient domain", "absent", "absent", "nowhere"],
  ["1 incoming copy not yet removed", "absent", "paused/migration", "wait"],
  ["2 target QEMU dies", "running/booted", "absent", "stayed"],
  ["3 source libvirtd is down", "unreachable", "absent", "wait"],
  ["3 and has been restarted", "running/booted", "absent", "stayed"],
  ["4 target libvirtd is down", "running/booted", "unreachable", "wait"],
  ["4 and was never told to run it", "running/booted", "unreachable", "stayed", untold],
  ["4 and has been restarted", "running/booted", "absent", "stayed"],
  ["5 we die, the copy goes on", "running/booted+migration-out", "paused/migration", "adopt"],
  ["5 the same, incoming job reported", "running/booted+migration-out", "paused/migration+migration-in", "adopt"],
  ["5b it completed alone", "absent", "running/migrated", "moved"],
  ["5b the same, persistent domain", "shutoff/migrated", "running/migrated", "moved"],
  ["6 aborted in mid-copy", "running/booted", "absent", "stayed"],
  ["6 incoming copy not yet removed", "running/booted", "paused/migration", "wait"],
  ["6 incoming copy never removed", "running/booted", "paused/migration", "discard-target", patient],
  ["7 wire cut and back", "absent", "running/migrated", "moved"],
  ["8 wire cut for good", "running/booted", "absent", "stayed"],
  // 2. Switch-over, peer-to-peer.
  ["9 source libvirtd dies", "unreachable", "absent", "wait"],
  ["9 after its restart", "running/unpaused", "absent", "stayed"],
  ["10 target libvirtd dies", "running/unpaused", "unreachable", "wait"],
  ["10 after its restart", "running/unpaused", "absent", "stayed"],
  ["11 source QEMU dies", "absent", "absent", "nowhere"],
  ["12 target QEMU dies", "running/unpaused", "absent", "stayed"],
  ["13 aborted", "running/unpaused", "absent", "stayed"],
  ["14 wire cut", "running/unpaused", "absent", "stayed"],
  ["15 wire cut at the suspension: job hangs", "paused/migration+migration-out", "absent", "wait"],
  ["15 the job is ours, the target has nothing", "paused/migration+migration-out", "absent", "resume-source", ours],
  ["15 both still hold it", "paused/migration+migration-out", "paused/migration", "wait"],
  ["16 wire cut for 4 s", "absent", "running/migrated", "moved"],
  // 3. After the target resumed, before the source confirmed.
  ["17 source libvirtd dies", "unreachable", "running/migrated", "wait"],
  ["17 after its restart", "paused/migration", "running/migrated", "release-source"],
  ["17 the source paused, the target silent", "paused/migration", "unreachable", "wait"],
  ["18 target libvirtd dies: two copies, one silent", "running/migration-canceled", "unreachable", "wait"],
  ["18 after its restart: split brain", "running/migration-canceled", "running/migrated", "release-source"],
  ["19 wire cut after the resume", "absent", "running/migrated", "moved"],
  ["20 source libvirtd dies at the suspension", "running/unpaused", "absent", "stayed"],
  ["21 target libvirtd dies at the suspension", "running/unpaused", "absent", "stayed"],
  // 4. Post-copy, peer-to-peer.
  ["22 under way", "paused/postcopy+migration-out", "running/postcopy", "adopt"],
  ["22 seen as it begins", "paused/migration+migration-out", "running/postcopy", "wait"],
  ["22 the last page is there", "paused/postcopy+migration-out", "running/migrated", "wait"],
  ["22 the source has let go", "absent", "running/migrated", "moved"],
  ["23 target QEMU dies", "paused/postcopy-failed+migration-out", "absent", "nowhere"],
  ["24 source QEMU dies", "absent", "running/postcopy-failed", "nowhere"],
  ["24 the target has not noticed", "absent", "running/postcopy", "wait"],
  [
    "22 the last page is there, and it is ours",
    "paused/postcopy+migration-out",
    "running/migrated",
    "release-source",
    ours,
  ],
  ["22 the same, and libvirt does not let go", "paused/postcopy-failed", "running/migrated", "release-source", patient],
  ["22 Finish was never sent", "paused/postcopy+migration-out", "paused/migration", "wait"],
  ["25 channel broken", "paused/postcopy-failed", "running/postcopy-failed", "recover-post-copy"],
  ["26 wire cut", "paused/postcopy-failed+migration-out", "running/postcopy", "wait"],
  [
    "26 and nothing ends by itself",
    "paused/postcopy-failed+migration-out",
    "running/postcopy",
    "recover-post-copy",
    late,
  ],
  ["27 source libvirtd dies", "unreachable", "running/postcopy", "wait"],
  ["27 after its restart", "paused/postcopy", "running/postcopy", "adopt"],
  ["28 target libvirtd dies", "paused/postcopy-failed+migration-out", "unreachable", "wait"],
  ["28 after its restart pages flow on", "paused/postcopy-failed+migration-out", "running/postcopy", "wait"],
  ["29 we die", "paused/postcopy+migration-out", "running/postcopy", "adopt"],
  // 5. Client-driven.
  ["30 we die after Prepare or in mid-copy", "running/booted", "absent", "stayed", untold],
  ["30 libvirt has not cancelled yet", "running/booted+migration-out", "paused/migration", "adopt", untold],
  ["31 we die after Perform, before Finish", "paused/migration", "absent", "resume-source"],
  ["31 the target is not rid of its copy yet", "paused/migration", "paused/migration", "wait"],
  ["31 the target is silent", "paused/migration", "unreachable", "wait", untold],
  ["32 we die after Finish, before Confirm", "paused/migration", "running/migrated", "release-source"],
  ["32 and the guest has ended since", "paused/migration", "absent", "nowhere", ran],
  ["33 target libvirtd dies in Finish", "paused/migration+migration-out", "unreachable", "wait", ours],
  ["33 it is back and runs the VM", "paused/migration+migration-out", "running/migrated", "release-source", ours],
  ["33 it is back without the VM", "paused/migration+migration-out", "absent", "resume-source", ours],
  ["34 normal", "absent", "running/migrated", "moved"],
];

/** Section 6, the decision table itself, where the rows above do not already say it; and what is near to it. */
const decisions: typeof runs = [
  [
    "(paused/2, none): the definition left on the target is no copy",
    "paused/migration",
    "shutoff/other",
    "resume-source",
  ],
  ["(paused/2, crashed): it ran on the target", "paused/migration", "crashed/other", "nowhere"],
  ["(paused/2, paused by a person): it ran on the target", "paused/migration", "paused/user", "stuck"],
  ["(paused/2 receiving, none): another move", "paused/migration+migration-in", "absent", "wait"],
  ["(paused/2, running/11)", "paused/migration", "running/postcopy-failed", "stuck"],
  ["(paused/1, none): it rests as it did", "paused/user", "absent", "stayed"],
  ["(paused/1, waiting copy): never destroyed", "paused/user", "paused/migration", "stuck", patient],
  ["(running/6, booted): not from this move", "running/migration-canceled", "running/booted", "stuck"],
  ["(running/1, running/2): who knows", "running/booted", "running/migrated", "stuck"],
  ["(running/5, running/2): a person resumed it", "running/unpaused", "running/migrated", "stuck"],
  ["(none, paused by a person)", "absent", "paused/user", "moved"],
  ["(none, asleep)", "absent", "other/other", "wait"],
  ["(running, ours is still sending)", "running/booted+migration-out", "absent", "wait", ours],
  ["(starting, none)", "paused/starting-up", "absent", "wait"],
  ["(asleep, none)", "other/other", "absent", "stuck"],
  ["(silent, silent)", "unreachable", "unreachable", "wait"],
];

describe("the decision table", () => {
  for (const [row, source, target, verdict, context] of [...runs, ...decisions])
    it(`row ${row}: (${source}, ${target}) is ${verdict}`, () => {
      expect(settle(sighting(source), sighting(target), { ...defaults, ...context }).kind).toBe(verdict);
    });

  it("has a case for each of the 34 rows", () => {
    const rows = new Set(runs.map(([row]) => Number.parseInt(row, 10)));
    expect([...rows].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 34 }, (_, index) => index + 1));
  });

  it("raises the alarm for two running copies and only then", () => {
    const both = settle(sighting("running/migration-canceled"), sighting("running/migrated"), defaults);
    expect(both).toMatchObject({ kind: "release-source", alarm: true });
    const one = settle(sighting("paused/migration"), sighting("running/migrated"), defaults);
    expect(one).toMatchObject({ kind: "release-source", alarm: false });
  });
});

const everySighting: readonly Sighting[] = [
  { kind: "absent" },
  { kind: "unreachable", why: "silent" },
  ...powers.flatMap((power) =>
    reasons.flatMap((reason) => jobs.map((job): Sighting => ({ kind: "present", power, reason, job }))),
  ),
];
const either = [false, true];
const everyContext: readonly SettleContext[] = either.flatMap((mayRunOnTarget) =>
  either.flatMap((ranOnTarget) =>
    either.flatMap((transferIsOurs) =>
      [0, limits.reconcilePatience - 1, limits.reconcilePatience, limits.reconcileAttempts].map(
        (attempt): SettleContext => ({ mayRunOnTarget, ranOnTarget, transferIsOurs, attempt }),
      ),
    ),
  ),
);

type Invariant = (source: Sighting, target: Sighting, context: SettleContext, verdict: Verdict) => boolean;

const isRunning = (seen: Sighting): boolean => seen.kind === "present" && seen.power === "running";
const isSilent = (seen: Sighting): boolean => seen.kind === "unreachable";
const holdsNothing = (seen: Sighting): boolean =>
  seen.kind === "absent" || (seen.kind === "present" && seen.power === "shutoff");

const invariants: Readonly<Record<string, Invariant>> = {
  "there is a verdict, and it says why": (_source, _target, _context, verdict) => verdict.why.length > 10,

  "the source is resumed only when it waits, the target holds nothing and it never ran there": (
    source,
    target,
    context,
    verdict,
  ) =>
    verdict.kind !== "resume-source" ||
    (source.kind === "present" && source.power === "paused" && holdsNothing(target) && !context.ranOnTarget),

  "the source is let go only when the target runs the VM with all of its memory": (
    _source,
    target,
    _context,
    verdict,
  ) =>
    verdict.kind !== "release-source" ||
    (target.kind === "present" && target.power === "running" && !target.reason.startsWith("postcopy")),

  "a copy on the target is discarded only while it waits and the source runs": (source, target, _context, verdict) =>
    verdict.kind !== "discard-target" || (isRunning(source) && target.kind === "present" && target.power === "paused"),

  "nothing is done while a side is silent": (source, target, _context, verdict) =>
    !(isSilent(source) || isSilent(target)) || verdict.kind === "stayed" || verdict.kind === "wait",

  "a silent target is passed over only when it was never told to run the VM": (source, target, context, verdict) =>
    !isSilent(target) || verdict.kind !== "stayed" || (isRunning(source) && !context.mayRunOnTarget),

  "an end is declared only when it leaves one running copy at most": (source, target, _context, verdict) => {
    if (verdict.kind === "stayed") return !isRunning(target);
    if (verdict.kind === "moved") return !isRunning(source);
    if (verdict.kind !== "nowhere") return true;
    return (
      !isRunning(source) && (!isRunning(target) || (target.kind === "present" && target.reason === "postcopy-failed"))
    );
  },

  "what is done leaves one running copy at most, and never ends the only one": (source, target, _context, verdict) => {
    const [onSource, onTarget] = [isRunning(source), isRunning(target)];
    if (verdict.kind === "release-source") return onTarget;
    if (verdict.kind === "discard-target") return onSource && !onTarget;
    if (verdict.kind === "resume-source") return !onTarget;
    return true;
  },

  "a job of the source that is still sending is not disturbed": (source, _target, _context, verdict) =>
    !(isRunning(source) && source.kind === "present" && source.job === "migration-out") ||
    verdict.kind === "wait" ||
    verdict.kind === "adopt",
};

/** There are few enough pairs to try each of them in each context: no draw is needed. */
function broken(invariant: Invariant): readonly string[] {
  const found: string[] = [];
  for (const context of everyContext)
    for (const source of everySighting)
      for (const target of everySighting) {
        const verdict = settle(source, target, context);
        if (!invariant(source, target, context, verdict))
          found.push(JSON.stringify({ source, target, context, verdict: verdict.kind }));
      }
  return found.slice(0, 5);
}

describe("for every pair of answers in every context", () => {
  it.each(Object.entries(invariants))("%s", (_name, invariant) => {
    expect(broken(invariant)).toEqual([]);
  });
});
