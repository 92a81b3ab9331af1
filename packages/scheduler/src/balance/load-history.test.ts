import { describe, expect, it } from "vitest";
import { vmNumber } from "../admission/cluster.fixture.ts";
import { at, host, snapshot, vm } from "../evacuation/snapshot.fixture.ts";
import { LoadHistory } from "./load-history.ts";

const reading = (second: number, ratio: number | null, hostRatio = 0.5) => ({
  ...snapshot(
    [host("h1", 4_096, { cpuUsedRatio: hostRatio })],
    [{ ...vm("vm1 h1 512"), vcpus: 4, cpuUsedRatio: ratio }],
  ),
  takenAt: at(second),
});
const ratioOf = (history: LoadHistory, now: ReturnType<typeof reading>): number | null | undefined =>
  history.smooth(now).vms[0]?.cpuUsedRatio;

describe("loads over a while", () => {
  it("change little by one peak, and follow what lasts", () => {
    const history = new LoadHistory(300_000);
    for (let second = 0; second <= 600; second += 60) history.add(reading(second, 0.1));
    history.add(reading(660, 1));
    expect(ratioOf(history, reading(660, 1))).toBeLessThan(0.3);
    for (let second = 720; second <= 2_400; second += 60) history.add(reading(second, 1));
    expect(ratioOf(history, reading(2_400, 1))).toBeGreaterThan(0.98);
  });

  it("count by how long they lasted, not by how often they were read", () => {
    const [often, seldom] = [new LoadHistory(300_000), new LoadHistory(300_000)];
    for (const history of [often, seldom]) history.add(reading(0, 0));
    for (let second = 1; second <= 120; second += 1) often.add(reading(second, 1));
    seldom.add(reading(120, 1));
    expect(ratioOf(often, reading(120, 1))).toBeCloseTo(ratioOf(seldom, reading(120, 1)) ?? NaN, 9);
  });

  it("leave a host what it does for itself, wherever its VMs go", () => {
    const history = new LoadHistory(300_000);
    history.add(reading(0, 0.5, 0.5));
    const gone = { ...reading(60, 0.5, 0.5), vms: [] };
    // 8 of 16 threads, 2 of them its VM's.
    expect(history.smooth(gone).hosts[0]?.figures?.cpuUsedRatio).toBeCloseTo(6 / 16, 9);
  });

  it("are forgotten with a pause: the VM is young again", () => {
    const history = new LoadHistory(300_000);
    history.add(reading(0, 0.5));
    history.add(reading(90, 0.5));
    expect([...history.young(reading(90, 0.5), 120_000)]).toEqual([
      [vmNumber(1), "its load has been watched for 90 s of 120"],
    ]);
    history.add(reading(120, 0.5));
    expect(history.young(reading(120, 0.5), 120_000).size).toBe(0);
    history.add(reading(121, null));
    expect(history.young(reading(121, null), 120_000).size).toBe(1);
  });

  it("that were never read stay as they are, and a snapshot that is no newer changes nothing", () => {
    const history = new LoadHistory(300_000);
    expect(history.smooth(reading(0, 0.7))).toEqual(reading(0, 0.7));
    history.add(reading(10, 0.2));
    history.add(reading(10, 1));
    expect(ratioOf(history, reading(10, 1))).toBe(0.2);
  });
});
