/** The rows of docs/state-machine.md: who dies when, what both hosts have afterwards, and what the decision table says to it. */
import { settle } from "@trunkline/migration";
import type { Transfer } from "@trunkline/ports";
import { describe, expect, it } from "vitest";
import { h1, h2, moveAll, never, open, stageOf, twoHosts } from "./cluster.fixture.ts";
import type { SimulatedCluster } from "./cluster.ts";
import { clientDriven, peerToPeer, postCopy } from "./fault-rows.fixture.ts";
import type { Moment } from "./fault-rows.fixture.ts";

describe.each([
  ["peer-to-peer", peerToPeer],
  ["client-driven", clientDriven],
  ["post-copy", postCopy],
] as const)("%s", (driver, rows) => {
  it.each(rows)("row $row", async ({ at, strike, leaves, violations = [] }) => {
    // A last pass of almost two seconds, so that there is time to die in it.
    const guest = { persistent: false, dirtyRateBps: 400e6, workingSetMiB: 256 };
    const { clock, cluster } = stageOf(twoHosts(guest));
    const { id: vm } = cluster.vm("vm1");
    const [process, observer] = [cluster.connect("c1"), cluster.connect("observer")];
    const struck = strikeAt(at, cluster, clock);
    const drive = async (transfer: Transfer): Promise<void> => {
      try {
        if (driver === "client-driven") await moveAll(transfer);
        else await transfer.performPeerToPeer(never);
      } catch {
        await transfer.unwind(never);
      }
    };
    await clock.run(
      (async () => {
        for (const host of [h1, h2]) {
          const hypervisor = observer.world.hypervisor(host);
          await hypervisor.watch((event) => {
            if (event.kind === "round") void hypervisor.tune(vm, { maxDowntimeMs: 3_000 }, never);
          }, never);
        }
        void drive(await open(process.world, cluster));
        await struck;
      })(),
    );
    strike({ cluster, process, after: (ms, act) => clock.after(ms, act) });
    let passedMs = 0;
    for (const [ms, source, target, verdict] of leaves) {
      await clock.pass(ms - passedMs);
      passedMs = ms;
      const copies = ["h1", "h2"].map((host) =>
        (cluster.copiesOf("vm1").find((copy) => copy.startsWith(host)) ?? "-").replace(`${host} `, ""),
      );
      expect([ms, ...copies]).toEqual([ms, source, target]);
      // A fresh pair of eyes, as the settling has them.
      const { world } = cluster.connect("settling");
      const sights = [world.hypervisor(h1).sight(vm, never), world.hypervisor(h2).sight(vm, never)] as const;
      const [here, there] = await clock.run(Promise.all(sights));
      const known = {
        mayRunOnTarget: true,
        ranOnTarget: at === "resumed",
        transferIsOurs: false,
        attempt: 0,
        watched: 0,
      };
      expect(settle(here, there, known).kind).toBe(verdict);
      passedMs = ms;
    }
    expect(cluster.violations().map(({ law }) => law)).toEqual(violations);
  });
});

/** Resolves at that moment of the move. */
async function strikeAt(
  moment: Moment,
  cluster: SimulatedCluster,
  clock: { after(ms: number, run: () => void): unknown },
): Promise<void> {
  const wanted = { copying: "h1 round", suspended: "h1 suspended", "last-pass": "h1 suspended", resumed: "h2 resumed" };
  const laterMs = { copying: 500, suspended: 0, "last-pass": 500, resumed: 5 };
  await new Promise<void>((resolve) => {
    cluster.hooks.onEvent = ({ host, event }) => {
      if (`${host} ${event.kind}` === wanted[moment]) clock.after(laterMs[moment], resolve);
      return undefined;
    };
  });
}
