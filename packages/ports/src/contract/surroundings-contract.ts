/** Duties of what stands around the hypervisors: virtual switches, probes, shells, the clock and chance. */
import { moveId } from "@trunkline/model";
import { demand, demandEqual, demandSoon, never } from "./clause.ts";
import type { ContractClause } from "./clause.ts";

export const surroundingsContract: readonly ContractClause[] = [
  {
    duty: "a host's virtual switch shows the VM's ports with their VLANs, and learns its address there",
    check: async (harness) => {
      const { world, here, vm } = harness;
      const device = world.virtualSwitches().find((candidate) => candidate.name === here);
      const described = await world.hypervisor(here).describeVm(vm, never);
      const [nic] = described?.nics ?? [];
      demand(device !== undefined && nic !== undefined, "the host has a virtual switch and the VM a NIC");
      const bridges = await device.readBridges(never);
      const bridge = bridges.find((candidate) => candidate.name === nic.bridge);
      const port = bridge?.ports.find((candidate) => candidate.name === nic.port);
      demandEqual(port?.vlans, { kind: "access", tag: nic.vlans[0] }, "the VLAN of the VM's port");
      if (!device.canReadMacTable) return;
      await demandSoon(harness, "the switch has learned the VM's address", async () =>
        (await device.macTable(never)).some(
          (entry) => entry.mac === nic.mac && entry.port === nic.port && entry.vlan === nic.vlans[0],
        ),
      );
    },
  },
  {
    duty: "a host's shell runs a command as it stands, and another status is a result",
    check: async ({ world, here }) => {
      const shell = world.shell(here);
      if (shell === undefined) return;
      const options = { timeoutMs: 10_000, signal: never };
      demandEqual((await shell.run(["true"], options)).status, 0, "the status of true");
      demandEqual((await shell.run(["test", "-r", "/nonexistent/file"], options)).status, 1, "the status of test");
      const image = await shell.run(["qemu-img", "info", "-U", "-f", "raw", "/nonexistent/disk"], options);
      demand(image.status === 1 && image.stderr.includes("/nonexistent/disk"), "qemu-img names what it cannot open");
    },
  },
  {
    duty: "a probe is answered by a running VM, and refused by an address where nobody listens",
    check: async ({ world, vmName }) => {
      const [probe] = world.probes();
      const service = world.inventory.services.find((candidate) => candidate.vm === vmName);
      if (probe === undefined || service === undefined) return;
      const watch = await probe.watch({ ...service, macs: [] }, never);
      await watch.nextEcho(5_000);
      const figures = await watch.stop();
      demand(figures.sessionSurvived && figures.bytesEchoed > 0, "the session lives and bytes come back");
      demandEqual([figures.bytesWrong, figures.bytesSent - figures.bytesEchoed], [0, 0], "what was lost");
      demandEqual(await watch.stop(), figures, "what a second stop says");
    },
  },
  {
    duty: "time does not run backwards, a sleep lasts as long as it was asked to, and a signal ends it with its reason",
    check: async ({ world: { clock } }) => {
      const startedMs = clock.nowMs();
      await clock.sleep(20, never);
      // Timers of the machine may fire a fraction of a millisecond early.
      demand(clock.nowMs() - startedMs >= 19, "a sleep takes its time");
      const reason = new Error("enough");
      const aborted = await clock.sleep(60_000, AbortSignal.abort(reason)).catch((error: unknown) => error);
      demand(aborted === reason || (aborted as Error).cause === reason, "an aborted sleep says why");
      const late = await clock.sleep(60_000, clock.deadline(20)).catch((error: unknown) => error);
      demand(late instanceof Error, "a deadline ends a sleep");
      demand(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(clock.timestamp()), "timestamps are ISO 8601 in UTC");
    },
  },
  {
    duty: "chance makes UUIDs of version 4 that differ, and numbers from 0 to below 1",
    check: async ({ world: { random } }) => {
      const drawn = Array.from({ length: 100 }, () => ({ uuid: random.uuid(), number: random.next() }));
      demandEqual(new Set(drawn.map(({ uuid }) => uuid)).size, drawn.length, "the number of different UUIDs");
      for (const { uuid, number } of drawn) {
        demand(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid), `${uuid} is a UUID`);
        demand(number >= 0 && number < 1, `${number} is a number from 0 to below 1`);
      }
    },
  },
  {
    duty: "a hand-over that is not possible says why, and to clear one that never was does no harm",
    check: async ({ world, here, there, vm }) => {
      const described = await world.hypervisor(here).describeVm(vm, never);
      demand(described !== undefined, "the VM is described");
      const move = moveId(world.random.uuid());
      await world.clearHandover(here, there, move);
      const handover = world.openHandover(here, there, described, move);
      if (typeof handover === "string") demand(handover.length > 0, "the reason is said");
      else await handover.remove();
    },
  },
];
