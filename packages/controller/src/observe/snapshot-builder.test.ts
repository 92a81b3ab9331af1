import fc from "fast-check";
import { hostName, vmId } from "@trunkline/model";
import type { InventoryHost, VmId } from "@trunkline/model";
import type { HostSurvey, VmSurvey } from "@trunkline/ports";
import { describe, expect, test } from "vitest";
import { changesOf } from "./cluster-changes.ts";
import { snapshotOf, unasked, withAnswer, withMaintenance, withSilence } from "./snapshot-builder.ts";
import type { Answer, HostReading } from "./snapshot-builder.ts";

const host: InventoryHost = { name: hostName("h1"), uri: "qemu+tcp://h1/system" };
const idOf = (number: number): VmId => vmId(`00000000-0000-4000-8000-${String(number).padStart(12, "0")}`);

function vm(number: number, differences: Partial<VmSurvey> = {}): VmSurvey {
  return {
    id: idOf(number),
    name: `vm${number}`,
    host: host.name,
    power: "running",
    reason: "booted",
    memoryMiB: 1_024,
    macs: [],
    persistent: true,
    vcpus: 2,
    cpuTimeNs: 0,
    memoryInUseMiB: 512,
    rxBytes: 0,
    txBytes: 0,
    ...differences,
  };
}

function answer(atMs: number, vms: readonly VmSurvey[], cpuBusyNs: number | undefined = 0): Answer {
  const version = { major: 9, minor: 0, patch: 0 };
  const survey: HostSurvey = {
    hostname: "h1",
    hostUuid: idOf(99),
    arch: "x86_64",
    libvirtVersion: version,
    hypervisorVersion: version,
    cpuThreads: 4,
    cpuBusyNs,
    memoryMiB: 8_192,
    memoryFreeMiB: 6_000,
    vms,
  };
  return { survey, vms: new Map(vms.map((one) => [one.id, one])), at: new Date(atMs).toISOString(), atMs };
}

const silence = { since: "2026-01-01T00:00:09Z", why: "it gave no answer" };
const read = (...answers: readonly Answer[]): HostReading =>
  answers.reduce<HostReading>((reading, next) => withAnswer(reading, host, next), unasked(host));

describe("rates", () => {
  test("stand between two readings: processors by their number, the network in bits", () => {
    const before = answer(1_000, [vm(1)], 1e9);
    const after = answer(3_000, [vm(1, { cpuTimeNs: 1e9, rxBytes: 1_000, txBytes: 500 })], 5e9);
    expect(read(before).vms[0]).toMatchObject({ cpuUsedRatio: null, rxBps: null, txBps: null });
    expect(read(before).observation.figures?.cpuUsedRatio).toBeNull();
    const reading = read(before, after);
    expect(reading.vms[0]).toMatchObject({ cpuUsedRatio: 0.25, rxBps: 4_000, txBps: 2_000 });
    expect(reading.observation.figures?.cpuUsedRatio).toBe(0.5);
  });

  test("are nothing where a counter ran backwards, the VM is new here, or it does not run", () => {
    const before = answer(1_000, [vm(1, { cpuTimeNs: 9e9 }), vm(2)], 9e9);
    const after = answer(3_000, [vm(1, { cpuTimeNs: 1e9 }), vm(2, { power: "paused", cpuTimeNs: 1e9 }), vm(3)], 1e9);
    const reading = read(before, after);
    expect(reading.vms.map(({ cpuUsedRatio }) => cpuUsedRatio)).toEqual([null, null, null]);
    expect(reading.observation.figures?.cpuUsedRatio).toBeNull();
  });

  test("outlive a reading that an event brought too soon, and count from the reading before it", () => {
    const soon = answer(3_100, [vm(1, { cpuTimeNs: 2e9 }), vm(2)]);
    const reading = read(answer(1_000, [vm(1)]), answer(3_000, [vm(1, { cpuTimeNs: 2e9 })]), soon);
    expect(reading.vms.map(({ cpuUsedRatio }) => cpuUsedRatio)).toEqual([0.5, null]);
    const later = withAnswer(reading, host, answer(4_000, [vm(1, { cpuTimeNs: 4e9 }), vm(2)]));
    expect(later.vms[0]?.cpuUsedRatio).toBe(1);
  });

  test("are shares and never negative, whatever the counters say", () => {
    const counter = fc.option(fc.nat({ max: 2 ** 40 }), { nil: undefined });
    const one = fc.record({ cpuTimeNs: counter, rxBytes: counter, txBytes: counter, vcpus: fc.nat({ max: 8 }) });
    const reading = fc.record({ afterMs: fc.nat({ max: 10_000 }), figures: one, cpuBusyNs: counter });
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1, maxLength: 6 }), (readings) => {
        let atMs = 0;
        const answers = readings.map(({ afterMs, figures, cpuBusyNs }) =>
          answer((atMs += afterMs), [vm(1, figures)], cpuBusyNs),
        );
        const { observation, vms } = read(...answers);
        for (const ratio of [observation.figures?.cpuUsedRatio ?? 0, vms[0]?.cpuUsedRatio ?? 0]) {
          expect(ratio).toBeGreaterThanOrEqual(0);
          expect(ratio).toBeLessThanOrEqual(1);
        }
        expect(Math.min(vms[0]?.rxBps ?? 0, vms[0]?.txBps ?? 0)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("a silent host", () => {
  test("keeps its figures and VMs with their age, and the moment at which its silence began", () => {
    const up = read(answer(1_000, [vm(1)]));
    const silent = withSilence(withSilence(up, silence), { since: "2026-01-01T00:00:20Z", why: "still nothing" });
    expect(silent.observation).toEqual({
      ...up.observation,
      reach: { kind: "unreachable", since: silence.since, why: "still nothing" },
    });
    expect(silent.vms).toEqual(up.vms.map((one) => ({ ...one, isLastSeen: true })));
    const back = withAnswer(silent, host, answer(60_000, [vm(1, { cpuTimeNs: 1e9 })]));
    expect(back.observation.reach).toEqual({ kind: "up" });
    expect(back.vms[0]).toMatchObject({ isLastSeen: false, cpuUsedRatio: null });
  });

  test("that was never heard has neither figures nor VMs", () => {
    const { observation, vms } = withSilence(unasked(host), silence);
    expect(observation).toMatchObject({ observedAt: null, figures: null, reach: { since: silence.since } });
    expect(vms).toEqual([]);
  });
});

test("the inventory's memory goes before the host's own", () => {
  const small = withAnswer(unasked(host), { ...host, memoryMiB: 2_048 }, answer(0, []));
  expect(small.observation.figures).toMatchObject({ memoryMiB: 2_048, memoryFreeMiB: 2_048 });
});

test("a snapshot shares what stayed the same, and a reading is never changed", () => {
  const reading = read(answer(1_000, [vm(1), vm(2)]));
  const copy = structuredClone(reading);
  withSilence(reading, silence);
  withAnswer(reading, host, answer(2_000, []));
  expect(reading).toEqual(copy);
  expect(withMaintenance(reading, "no")).toBe(reading);
  expect(withMaintenance(reading, "in").vms).toBe(reading.vms);
  const inventory = { hosts: [host], switches: [], links: [], probes: [], services: [] };
  const around = { sequence: 1, takenAt: "2026-01-01T00:00:00Z", inventory, automation: { paused: false } as const };
  const snapshot = snapshotOf([reading], around);
  expect(snapshot.vms).toEqual(reading.vms);
  expect(snapshot.vms[0]).toBe(reading.vms[0]);
  expect(Object.keys(snapshot.vms[0] ?? {})).not.toContain("cpuTimeNs");
});

describe("changes", () => {
  const up = read(answer(1_000, [vm(1), vm(2)]));

  test("are VMs that came, went and changed their power", () => {
    const after = withAnswer(up, host, answer(2_000, [vm(2, { power: "paused" }), vm(3)]));
    expect(changesOf(up, after)).toEqual([
      { kind: "vm", vm: idOf(2), vmName: "vm2", host: "h1", change: "power", power: "paused" },
      { kind: "vm", vm: idOf(3), vmName: "vm3", host: "h1", change: "appeared", power: "running" },
      { kind: "vm", vm: idOf(1), vmName: "vm1", host: "h1", change: "gone", power: "running" },
    ]);
  });

  test("of a first answer are the host alone", () => {
    expect(changesOf(unasked(host), up)).toEqual([{ kind: "host-reach", host: "h1", reach: { kind: "up" } }]);
  });

  test("of silence are the host alone: no VM is gone because its host says nothing", () => {
    const silent = withSilence(up, silence);
    expect(changesOf(up, silent)).toEqual([
      { kind: "host-reach", host: "h1", reach: { kind: "unreachable", ...silence } },
    ]);
    expect(changesOf(silent, withSilence(silent, silence))).toEqual([]);
    expect(changesOf(silent, withAnswer(silent, host, answer(9_000, [vm(1)])))).toMatchObject([
      { kind: "host-reach" },
      { kind: "vm", vm: idOf(2), change: "gone" },
    ]);
  });

  test("replayed over what was known give what is known", () => {
    const numbers = fc.uniqueArray(fc.nat({ max: 9 }));
    const power = fc.constantFrom("running" as const, "paused" as const, "shutoff" as const);
    const list = fc.tuple(numbers, fc.array(power, { minLength: 10, maxLength: 10 }));
    const vmsOf = ([present, powers]: readonly [readonly number[], readonly ("running" | "paused" | "shutoff")[]]) =>
      present.map((number) => vm(number, { power: powers[number] ?? "running" }));
    fc.assert(
      fc.property(list, list, fc.boolean(), (first, second, isSilentBetween) => {
        const before = read(answer(1_000, vmsOf(first)));
        const between = isSilentBetween ? withSilence(before, silence) : before;
        const after = withAnswer(between, host, answer(3_000, vmsOf(second)));
        const known = new Map(before.vms.map((one) => [one.id, one.power]));
        for (const event of [...changesOf(before, between), ...changesOf(between, after)]) {
          if (event.kind !== "vm") continue;
          if (event.change === "gone") known.delete(event.vm);
          else known.set(event.vm, event.power);
        }
        expect(known).toEqual(new Map(after.vms.map((one) => [one.id, one.power])));
      }),
    );
  });
});
