/** Duties of a `Transfer`, and what both hosts say between its phases. */
import type { HypervisorEvent, TransferProgress } from "../hypervisor.ts";
import { limits } from "../limits.ts";
import { demand, demandEqual, demandRefusal, demandSoon, never, nobody, openTransfer, seen } from "./clause.ts";
import type { ContractClause, ContractHarness } from "./clause.ts";

export const transferContract: readonly ContractClause[] = [
  {
    duty: "five phases move the VM; between them both hosts say how far it is, and events tell both sides of it",
    check: async (harness) => {
      const { world, here, there, vm } = harness;
      const heard: string[] = [];
      const note =
        (side: string) =>
        (event: HypervisorEvent): void => {
          if (!("vm" in event) || event.vm !== vm) return;
          const isMove = "byMigration" in event && event.byMigration;
          heard.push(`${side} ${event.kind}${isMove ? " by migration" : ""}`);
        };
      const stops = [
        await world.hypervisor(here).watch(note("source"), never),
        await world.hypervisor(there).watch(note("target"), never),
      ];
      const transfer = await openTransfer(harness);
      try {
        await transfer.begin(never);
        demand(
          /^running\/\S+ job migration-out$/.test(await seen(harness, here)),
          `begun: ${await seen(harness, here)}`,
        );
        await transfer.prepare(never);
        demandEqual(await seen(harness, there), "paused/migration job migration-in", "the waiting copy");
        await transfer.perform(never);
        demandEqual(await seen(harness, here), "paused/migration job migration-out", "the source after Perform");
        demandEqual(await seen(harness, there), "paused/migration job migration-in", "the target after Perform");
        await transfer.finish(never);
        demandEqual(await seen(harness, there), "running/migrated job none", "the target after Finish");
        demandEqual(await seen(harness, here), "paused/migration job migration-out", "the source after Finish");
        await transfer.confirm(never);
        demandEqual(await seen(harness, here), "absent", "the source after Confirm");
      } finally {
        await transfer.close();
      }
      const wanted = [
        "target started by migration",
        "source suspended by migration",
        "target resumed by migration",
        "source stopped by migration",
        "source transfer-completed",
      ];
      await demandSoon(harness, `all of ${wanted.join(", ")} were heard, not only ${heard.join(", ")}`, async () =>
        wanted.every((event) => heard.includes(event)),
      );
      const at = wanted.slice(0, 3).map((event) => heard.indexOf(event));
      demand(
        at.every((place, index) => index === 0 || place > (at[index - 1] ?? -1)),
        "they came in the order of the phases",
      );
      for (const stop of stops) stop();
      const figures = await world.hypervisor(there).lastTransfer(vm, never);
      demand((figures?.bytesSent ?? 0) > 0 && (figures?.totalMs ?? 0) > 0, "the target keeps the figures");
      demand((figures?.downtimeMs ?? -1) >= 0, "the downtime is among them");
    },
  },
  {
    duty: "the source's own driver moves the VM in one call, where the hosts can reach each other",
    check: async (harness) => {
      const { world, here, there } = harness;
      const target = world.inventory.hosts.find((host) => host.name === there);
      if (target?.peerUri === undefined) return;
      const transfer = await openTransfer(harness);
      await transfer.performPeerToPeer(never);
      await transfer.close();
      demandEqual(await seen(harness, here), "absent", "the source");
      demandEqual(await seen(harness, there), "running/migrated job none", "the target");
    },
  },
  {
    duty: "called off before the copy, the VM runs on where it was and the waiting copy goes",
    check: async (harness) => {
      const transfer = await openTransfer(harness);
      await transfer.begin(never);
      await transfer.prepare(never);
      await transfer.unwind(never);
      await demandStayed(harness);
      await transfer.close();
    },
  },
  {
    duty: "called off after the copy, the source goes on as one whose migration was cancelled",
    check: async (harness) => {
      const transfer = await openTransfer(harness);
      await transfer.begin(never);
      await transfer.prepare(never);
      await transfer.perform(never);
      await transfer.unwind(never);
      await demandStayed(harness);
      demandEqual(await seen(harness, harness.here), "running/migration-canceled job none", "the source");
      await transfer.close();
    },
  },
  {
    duty: "a copy under way has progress, is protected from others, and ends by an abort",
    check: async (harness) => {
      const { world, here, vm } = harness;
      const transfer = await openTransfer(harness, { maxRateBps: limits.contractSlowRateBps });
      await transfer.begin(never);
      await transfer.prepare(never);
      const performed = transfer.perform(never).then(
        () => "performed",
        (error: unknown) => (error as { code?: string }).code ?? String(error),
      );
      let progress: TransferProgress | undefined;
      await demandSoon(harness, "bytes were sent", async () => {
        progress = await world.hypervisor(here).progress(vm, never);
        return (progress?.memorySentBytes ?? 0) > 0;
      });
      demand(
        (progress?.memoryTotalBytes ?? 0) >= (progress?.memoryRemainingBytes ?? 1),
        "what is left is part of it all",
      );
      const second = await openTransfer(harness);
      await demandRefusal(second.begin(never), "host.failed", "a second transfer of the VM");
      await second.close();
      await world.hypervisor(here).abort(vm, never);
      demandEqual(await performed, "host.failed", "the end of Perform");
      await transfer.unwind(never);
      await demandStayed(harness);
      await transfer.close();
    },
  },
  {
    duty: "the bounds of a copy under way can be changed, and hold at once",
    check: async (harness) => {
      const { world, here, vm } = harness;
      const source = world.hypervisor(here);
      await demandRefusal(source.tune(nobody, { maxRateBps: 1e9 }, never), "host.failed", "to tune nobody's copy");
      const { memoryInUseBytes = 0 } = (await source.describeVm(vm, never)) ?? {};
      const transfer = await openTransfer(harness, { maxRateBps: limits.contractCrawlRateBps });
      await transfer.begin(never);
      await transfer.prepare(never);
      const performed = transfer.perform(never);
      await demandSoon(harness, "bytes were sent", async () => {
        const progress = await source.progress(vm, never);
        return (progress?.memorySentBytes ?? 0) > 0;
      });
      await source.tune(vm, { maxRateBps: limits.contractFastRateBps, maxDowntimeMs: 500 }, never);
      const startedMs = world.clock.nowMs();
      await performed;
      const tookMs = world.clock.nowMs() - startedMs;
      const crawlMs = (memoryInUseBytes * 8 * 1000) / limits.contractCrawlRateBps;
      demand(
        tookMs < crawlMs / 3,
        `the rest took ${Math.round(tookMs)} ms, all of it ${Math.round(crawlMs)} ms before`,
      );
      await transfer.unwind(never);
      await demandStayed(harness);
      await transfer.close();
    },
  },
  {
    duty: "a transfer of a VM that the source does not have is refused",
    check: async (harness) => {
      const absent = await openTransfer(harness, { vm: nobody, vmName: "nobody" });
      await demandRefusal(absent.begin(never), "host.failed", "to begin with nobody");
      await absent.unwind(never);
      await absent.close();
      await demandStayed(harness);
    },
  },
  {
    duty: "a driver that goes away while it copies leaves the VM running and no copy behind",
    check: async (harness) => {
      const transfer = await openTransfer(harness, { maxRateBps: limits.contractSlowRateBps });
      await transfer.begin(never);
      await transfer.prepare(never);
      const performed = transfer.perform(never).catch(() => undefined);
      await demandSoon(harness, "bytes were sent", async () => {
        const progress = await harness.world.hypervisor(harness.here).progress(harness.vm, never);
        return (progress?.memorySentBytes ?? 0) > 0;
      });
      await transfer.close();
      await performed;
      await demandStayed(harness);
    },
  },
  {
    duty: "a driver that goes away before Finish leaves the source paused without a job; it can be resumed",
    check: async (harness) => {
      const { world, here, there, vm } = harness;
      const transfer = await openTransfer(harness);
      await transfer.begin(never);
      await transfer.prepare(never);
      await transfer.perform(never);
      await transfer.close();
      await demandSoon(harness, "the waiting copy is gone", async () => (await seen(harness, there)) === "absent");
      await demandSoon(
        harness,
        "the source rests without a job",
        async () => (await seen(harness, here)) === "paused/migration job none",
      );
      await world.hypervisor(here).resume(vm, never);
      demandEqual(await seen(harness, here), "running/unpaused job none", "the source that was resumed");
    },
  },
  {
    duty: "a driver that goes away before Confirm leaves the target running beside a paused source; that one can be ended",
    check: async (harness) => {
      const { world, here, there, vm, isPersistent } = harness;
      const transfer = await openTransfer(harness);
      await transfer.begin(never);
      await transfer.prepare(never);
      await transfer.perform(never);
      await transfer.finish(never);
      await transfer.close();
      await demandSoon(
        harness,
        "the source rests without a job",
        async () => (await seen(harness, here)) === "paused/migration job none",
      );
      demandEqual(await seen(harness, there), "running/migrated job none", "the target");
      await world.hypervisor(here).destroy(vm, never);
      const left = isPersistent ? "shutoff/other job none" : "absent";
      demandEqual(await seen(harness, here), left, "the source that was ended");
    },
  },
  {
    duty: "a target whose daemon dies during the copy fails it, and the VM runs on where it was",
    check: async (harness) => {
      const { there } = harness;
      const transfer = await openTransfer(harness, { maxRateBps: limits.contractSlowRateBps });
      await transfer.begin(never);
      await transfer.prepare(never);
      const performed = demandRefusal(transfer.perform(never), "host.unreachable", "Perform without a target");
      await demandSoon(harness, "bytes were sent", async () => {
        const progress = await harness.world.hypervisor(harness.here).progress(harness.vm, never);
        return (progress?.memorySentBytes ?? 0) > 0;
      });
      await harness.silence(there);
      try {
        await performed;
        await transfer.unwind(never);
      } finally {
        await harness.restore(there);
      }
      await demandStayed(harness);
      await transfer.close();
    },
  },
];

/** It runs on the source without a job, and the target has nothing. */
async function demandStayed(harness: ContractHarness): Promise<void> {
  await demandSoon(harness, "the target has nothing", async () => (await seen(harness, harness.there)) === "absent");
  await demandSoon(harness, "the VM runs where it was", async () =>
    /^running\/\S+ job none$/.test(await seen(harness, harness.here)),
  );
}
