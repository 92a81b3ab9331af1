/** Duties of a `Hypervisor`, and of the world's ways to it. */
import { hostName } from "@trunkline/model";
import type { HypervisorEvent } from "../hypervisor.ts";
import { demand, demandEqual, demandRefusal, demandSoon, never, nobody, seen } from "./clause.ts";
import type { ContractClause, ContractHarness } from "./clause.ts";

export const hypervisorContract: readonly ContractClause[] = [
  {
    duty: "a running VM is listed by its host, under the inventory's name for it, and by no other",
    check: async ({ world, here, there, vm, vmName, isPersistent }) => {
      const [own, others] = await Promise.all(
        [here, there].map(async (host) => await world.hypervisor(host).listVms(never)),
      );
      const found = own?.find((candidate) => candidate.id === vm);
      demandEqual(
        [found?.name, found?.host, found?.power, found?.persistent],
        [vmName, here, "running", isPersistent],
        "name, host, power and persistence",
      );
      demand((found?.memoryMiB ?? 0) > 0, "its memory is listed");
      demand(
        found?.macs.every((mac) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) === true,
        "its addresses are lower case",
      );
      demand(others?.every((candidate) => candidate.id !== vm) === true, "the other host does not list it");
    },
  },
  {
    duty: "a sighting is running without a job where it runs, and absent elsewhere and for VMs that nobody has",
    check: async (harness) => {
      const { world, here, there } = harness;
      demand(/^running\/\S+ job none$/.test(await seen(harness, here)), `it is ${await seen(harness, here)}`);
      demandEqual(await seen(harness, there), "absent", "the sighting elsewhere");
      demandEqual(await world.hypervisor(here).sight(nobody, never), { kind: "absent" }, "the sighting of nobody");
    },
  },
  {
    duty: "a survey says what the list says, and its counters grow",
    check: async ({ world, here, vm }) => {
      const hypervisor = world.hypervisor(here);
      const first = await hypervisor.survey(new Map(), never);
      const listed = await hypervisor.listVms(never);
      const known = new Map(listed.map((summary) => [summary.id, summary]));
      await world.clock.sleep(500, never);
      const second = await hypervisor.survey(known, never);
      const facts = await hypervisor.facts(never);
      const order = (left: { id: string }, right: { id: string }): number => (left.id < right.id ? -1 : 1);
      for (const survey of [first, second])
        demandEqual(
          survey.vms
            .map(({ id, name, host, power, reason, memoryMiB, macs, persistent }) => ({
              id,
              name,
              host,
              power,
              reason,
              memoryMiB,
              macs,
              persistent,
            }))
            .toSorted(order),
          listed.toSorted(order),
          "the survey's list",
        );
      demandEqual(
        [second.hostname, second.hostUuid, second.arch, second.libvirtVersion],
        [facts.hostname, facts.hostUuid, facts.arch, facts.libvirtVersion],
        "what the survey says of the host",
      );
      demand(second.memoryFreeMiB > 0 && second.memoryFreeMiB <= second.memoryMiB, "free memory is part of the memory");
      const [before, after] = [first, second].map((survey) => survey.vms.find((candidate) => candidate.id === vm));
      demand(
        (after?.cpuTimeNs ?? 0) > (before?.cpuTimeNs ?? Number.POSITIVE_INFINITY),
        "the VM's processor time grows",
      );
      demand((second.cpuBusyNs ?? 0) > (first.cpuBusyNs ?? Number.POSITIVE_INFINITY), "the host's busy time grows");
      demand((after?.vcpus ?? 0) > 0 && second.cpuThreads > 0, "processors are counted");
      demand((after?.memoryInUseMiB ?? 0) > 0, "the memory in use is known");
    },
  },
  {
    duty: "a description is of the VM that was asked for, and undefined for one that the host does not have",
    check: async ({ world, here, there, vm, vmName }) => {
      const described = await world.hypervisor(here).describeVm(vm, never);
      const listed = (await world.hypervisor(here).listVms(never)).find((candidate) => candidate.id === vm);
      demandEqual(
        [described?.id, described?.name, described?.memoryMiB, described?.nics.map((nic) => nic.mac), described?.job],
        [vm, vmName, listed?.memoryMiB, listed?.macs, "none"],
        "the description",
      );
      demand(described?.nics.every((nic) => nic.port !== undefined) === true, "a running VM's ports are known");
      demand((described?.memoryInUseBytes ?? 0) > 0, "what it really holds is known");
      demandEqual(await world.hypervisor(there).describeVm(vm, never), undefined, "the description elsewhere");
    },
  },
  {
    duty: "the facts of two hosts are of two hosts, and name the host as it names itself",
    check: async ({ world, here, there }) => {
      const [one, other] = await Promise.all(
        [here, there].map(async (host) => await world.hypervisor(host).facts(never)),
      );
      demand(one !== undefined && other !== undefined && one.hostUuid !== other.hostUuid, "each host has its own UUID");
      demandEqual([one.host, other.host], [here, there], "the hosts' names");
      demand(one.memoryFreeMiB > 0 && one.memoryFreeMiB <= one.memoryMiB, "free memory is part of the memory");
      const [declared] = world.inventory.hosts.filter((host) => host.name === here);
      demand(declared !== undefined, "the host stands in the inventory");
      demandEqual(await world.identify(declared, never), one.hostname, "the name that identifies it");
    },
  },
  {
    duty: "the VM's machine type and accelerator are among the target's offers, and an unknown architecture has none",
    check: async ({ world, here, there, vm }) => {
      const described = await world.hypervisor(here).describeVm(vm, never);
      const offer = await world.hypervisor(there).offers(described?.arch ?? "", never);
      demand(
        offer.machines.includes(described?.machine ?? "none"),
        `${described?.machine} is among ${offer.machines.join()}`,
      );
      demand(offer.accelerators.includes(described?.accelerator ?? "none"), `${described?.accelerator} is offered`);
      demandEqual(
        await world.hypervisor(there).offers("pdp11", never),
        { machines: [], accelerators: [] },
        "the offer",
      );
      if (described === undefined) return;
      demandEqual((await world.hypervisor(there).compareCpu(described, never)).verdict, "compatible", "its CPU");
    },
  },
  {
    duty: "what a running guest dirties is measured over the time that was asked for, or the host says that it cannot tell",
    check: async ({ world, here, there, vm }) => {
      const startedMs = world.clock.nowMs();
      const sample = await world.hypervisor(here).measureDirt(vm, 1000, never);
      demandEqual(await world.hypervisor(there).measureDirt(nobody, 1000, never), undefined, "the dirt of nobody");
      if (sample === undefined) return;
      const tookMs = world.clock.nowMs() - startedMs;
      demand(sample.overMs >= 500 && sample.overMs <= tookMs, `${sample.overMs} ms were measured in ${tookMs} ms`);
      const { memoryMiB = 0 } = (await world.hypervisor(here).describeVm(vm, never)) ?? {};
      demand(sample.bytes >= 0 && sample.bytes <= memoryMiB * 1024 * 1024, "no more than all of its memory");
    },
  },
  {
    duty: "a VM is announced from where it runs, as often as one asks, and by no other host",
    check: async ({ world, here, there, vm }) => {
      await world.hypervisor(here).announce(vm, never);
      await world.hypervisor(here).announce(vm, never);
      await demandRefusal(world.hypervisor(there).announce(vm, never), "host.failed", "to announce an absent VM");
    },
  },
  {
    duty: "no transfer, no progress; there is nothing to abort, and ending an absent copy is done already",
    check: async ({ world, here, there, vm }) => {
      demandEqual(await world.hypervisor(here).progress(vm, never), undefined, "the progress");
      await demandRefusal(world.hypervisor(here).abort(vm, never), "host.failed", "an abort without a job");
      await demandRefusal(world.hypervisor(there).resume(vm, never), "host.failed", "to resume an absent VM");
      await world.hypervisor(there).destroy(vm, never);
    },
  },
  {
    duty: "a host whose daemon is dead is unreachable for every question, a sighting says so, and others answer on",
    check: async (harness) => {
      const { world, here, there, vm } = harness;
      const hypervisor = world.hypervisor(here);
      await hypervisor.listVms(never);
      await harness.silence(here);
      try {
        await demandRefusal(hypervisor.listVms(never), "host.unreachable", "the list of a dead daemon");
        await demandRefusal(hypervisor.survey(new Map(), never), "host.unreachable", "its survey");
        await demandRefusal(hypervisor.facts(never), "host.unreachable", "its facts");
        await demandRefusal(hypervisor.describeVm(vm, never), "host.unreachable", "its description of a VM");
        await demandRefusal(hypervisor.destroy(vm, never), "host.unreachable", "to end its copy");
        await demandRefusal(
          hypervisor.watch(() => undefined, never),
          "host.unreachable",
          "to watch it",
        );
        demandEqual(await hypervisor.progress(vm, never), undefined, "its progress");
        demandEqual(await seen(harness, here), "unreachable", "its sighting");
        demandEqual(await seen(harness, there), "absent", "the other's sighting");
      } finally {
        await harness.restore(here);
      }
      demand(/^running\/\S+ job none$/.test(await seen(harness, here)), "the VM ran on without the daemon");
    },
  },
  {
    duty: "events tell of a VM that is stopped and started behind the back, of a lost connection, and nothing after the end",
    check: async (harness) => {
      const { world, here, vm } = harness;
      const heard: HypervisorEvent[] = [];
      const late: HypervisorEvent[] = [];
      const hears = (text: string) => async (): Promise<boolean> =>
        heard.some((event) => textOf(harness, event) === text);
      const stop = await world.hypervisor(here).watch((event) => heard.push(event), never);
      const stopEarly = await world.hypervisor(here).watch((event) => late.push(event), never);
      stopEarly();
      await harness.stopVm(here);
      await demandSoon(harness, "the stop was reported", hears("stopped ours"));
      const sighting = await world.hypervisor(here).sight(vm, never);
      demand(
        sighting.kind === "absent" || (sighting.kind === "present" && sighting.power === "shutoff"),
        "it is stopped",
      );
      await harness.startVm(here);
      await demandSoon(harness, "the start was reported", hears("started ours"));
      await harness.silence(here);
      try {
        await demandSoon(harness, "the loss was reported", hears("connection-lost"));
      } finally {
        await harness.restore(here);
      }
      stop();
      demandEqual(late, [], "what was heard after the end of watching");
    },
  },
  {
    duty: "a call whose signal is aborted is given up, and a sighting still does not reject",
    check: async ({ world, here, vm }) => {
      const given = AbortSignal.abort();
      const rejected = await world
        .hypervisor(here)
        .listVms(given)
        .then(
          () => false,
          () => true,
        );
      demand(rejected, "the list was given up");
      demandEqual((await world.hypervisor(here).sight(vm, given)).kind, "unreachable", "the sighting");
    },
  },
  {
    duty: "an unknown host is host.unknown; one that leads nowhere is taken in, and unreachable at the first question",
    check: async ({ world, here }) => {
      const ghost = hostName("ghost");
      const ask = async (): Promise<unknown> => await world.hypervisor(ghost).listVms(never);
      await demandRefusal(ask(), "host.unknown", "an unknown host");
      const [declared] = world.inventory.hosts.filter((host) => host.name === here);
      demand(declared !== undefined, "the host stands in the inventory");
      const lost = { name: ghost, uri: "qemu+unix:///system?socket=/nonexistent/libvirt-sock" };
      await world.attach(lost);
      demand(
        world.inventory.hosts.some((host) => host.name === ghost),
        "it is taken in",
      );
      await demandRefusal(ask(), "host.unreachable", "the first question");
      await demandRefusal(world.identify(lost, never), "host.unreachable", "to identify it");
      await world.detach(ghost);
      await demandRefusal(ask(), "host.unknown", "a host that was forgotten");
      demand(
        world.inventory.hosts.every((host) => host.name !== ghost),
        "it is forgotten",
      );
    },
  },
];

function textOf({ vm }: ContractHarness, event: HypervisorEvent): string {
  if (event.kind === "connection-lost") return event.kind;
  if (event.vm !== vm) return "other";
  const isMove = "byMigration" in event && event.byMigration;
  return `${event.kind} ${isMove ? "by migration" : "ours"}`;
}
