import { describe, expect, it } from "vitest";
import { h1, h2, moveAll, never, open, stageOf } from "./cluster.fixture.ts";

describe("a move in a simulated cluster", () => {
  it("has a timeline that does not change by itself", async () => {
    const { clock, cluster } = stageOf();
    const { world } = cluster.connect("c1");
    const events: string[] = [];
    const work = async (): Promise<void> => {
      for (const host of [h1, h2])
        await world.hypervisor(host).watch((event) => {
          events.push(`${clock.nowMs().toFixed(1)} ${host} ${event.kind}`);
        }, never);
      const transfer = await open(world, cluster);
      await moveAll(transfer);
      events.push(`${clock.nowMs().toFixed(1)} confirmed`);
    };
    await clock.run(work());
    expect(events).toMatchInlineSnapshot(`
      [
        "378.4 h2 started",
        "380.0 h1 round",
        "4675.1 h1 round",
        "5104.8 h1 suspended",
        "5203.3 h2 changed",
        "5203.5 h2 resumed",
        "5319.2 confirmed",
      ]
    `);
    expect(cluster.historyOf("vm1")).toMatchInlineSnapshot(`
      [
        "0.000 booted on h1",
        "0.000 runs on h1",
        "377.898 incoming on h2",
        "5104.199 pauses on h1",
        "5187.148 memory complete on h2",
        "5202.960 runs on h2",
        "5318.845 moved away on h1",
      ]
    `);
    expect(cluster.copiesOf("vm1")).toEqual(["h2 running/migrated"]);
    expect(cluster.violations()).toEqual([]);
    expect(await clock.run(world.hypervisor(h2).lastTransfer(cluster.vm("vm1").id, never))).toMatchInlineSnapshot(`
      {
        "bytesSent": 595926712,
        "downtimeMs": 99,
        "rounds": 3,
        "totalMs": 4823,
      }
    `);
    expect(cluster.peaks()).toEqual({ h1: { in: 0, out: 1 }, h2: { in: 1, out: 0 } });
  });
});
