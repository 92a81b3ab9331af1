/** Hosts, maintenance, VMs, the snapshot and the switch of automation. */
import { TrunklineError, vmId } from "@trunkline/model";
import type { HostName, HostObservation } from "@trunkline/model";
import type { ReadInputOf } from "@trunkline/api";
import type { HandlersOf, Rooms } from "../call.ts";
import type { Caller } from "../auth/caller.ts";

export function clusterHandlers({
  plane,
  vmPages,
}: Rooms): HandlersOf<"hosts" | "maintenance" | "vms" | "snapshot" | "automation"> {
  const hostOf = (name: HostName): HostObservation => {
    const host = plane.snapshot().hosts.find((one) => one.name === name);
    if (host === undefined) throw new TrunklineError("host.unknown", `there is no host ${name}`);
    return host;
  };
  return {
    "hosts.list": async () => ({ status: 200, body: { items: plane.snapshot().hosts.toSorted(byName) } }),
    "hosts.show": async ({ params }) => ({ status: 200, body: hostOf(params.name) }),
    "hosts.add": async ({ body, caller }) => {
      refuseForeignPrograms(body, caller);
      return { status: 201, body: await plane.addHost(body, caller.actor) };
    },
    "hosts.remove": async ({ params, caller }) => {
      await plane.removeHost(params.name, caller.actor);
      return { status: 204, body: null };
    },
    "maintenance.show": async ({ params }) => {
      const { name, maintenance } = hostOf(params.name);
      const evacuation = (await plane.evacuation(name)) ?? null;
      return { status: 200, body: { host: name, maintenance, evacuation } };
    },
    "maintenance.change": async ({ params: { name }, body: { action }, caller, signal }) => {
      switch (action) {
        case "preview":
          return { status: 200, body: { action, plan: await plane.previewEvacuation(name, signal) } };
        case "enter":
          return { status: 200, body: { action, evacuation: await plane.enterMaintenance(name, caller.actor) } };
        case "exit":
          return { status: 200, body: { action, host: await plane.exitMaintenance(name, caller.actor) } };
      }
    },
    "vms.list": async ({ query }) => ({ status: 200, body: vmPages.page(plane.snapshot(), query) }),
    "vms.show": async ({ params }) => {
      const id = vmId(params.id);
      const copies = plane.snapshot().vms.filter((vm) => vm.id === id);
      if (copies.length === 0) throw new TrunklineError("vm.unknown", `no host knows a VM ${id}`);
      return { status: 200, body: { id, copies } };
    },
    "snapshot.show": async ({ query, signal }) => ({
      status: 200,
      body: query.fresh ? await plane.refresh(signal) : plane.snapshot(),
    }),
    "automation.show": async () => ({ status: 200, body: plane.automation() }),
    "automation.pause": async ({ body, caller }) => ({
      status: 200,
      body: await plane.pauseAutomation(body.reason, caller.actor),
    }),
    "automation.resume": async ({ caller }) => ({ status: 200, body: await plane.resumeAutomation(caller.actor) }),
  };
}

const byName = (one: HostObservation, other: HostObservation): number => (one.name < other.name ? -1 : 1);

/**
 * A shell prefix, and the parameters of a URI that name a program, are run by the controller with its own rights on its
 * own machine. Moving VMs does not include that.
 */
function refuseForeignPrograms(host: ReadInputOf<"hosts.add", "body">, { role }: Caller): void {
  if (role === "admin") return;
  const runsPrograms =
    host.shell !== undefined || [host.uri, host.peerUri ?? ""].some((uri) => /[?&]command=/i.test(uri));
  if (runsPrograms)
    throw new TrunklineError("auth.forbidden", "a host with a shell or a command is one for an admin to add", {
      hint: "Leave out the shell, and the URI's parameter command; or ask an admin.",
    });
}
