/**
 * One way to every controller: a client of its HTTP interface. A running one is spoken to over its socket; without one,
 * the command embeds a controller for its own length and speaks to it in process. So there is one way to move a VM.
 */
import type { Client } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import { namesHosts, resolveInventory } from "../context.ts";
import type { GlobalOptions } from "../context.ts";
import { embedService } from "./embedded-service.ts";
import type { AccessOptions } from "./embedded-service.ts";
import { askSignal } from "./ask-signal.ts";
import { runningService } from "./running-service.ts";
import type { RunningService } from "./running-service.ts";

export interface Access {
  readonly client: Client;
  /** The controller lives as long as the command: it has looked at the cluster once, and nobody else follows it. */
  readonly isEmbedded: boolean;
}

export async function withClient<T>(
  options: GlobalOptions,
  wish: AccessOptions,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const running = runningService(options);
  if (running !== undefined) {
    if (!running.isNamed) await refuseOtherHosts(options, running);
    return await work({ client: running.client, isEmbedded: false });
  }
  if (wish.needsService === true)
    throw new TrunklineError("service.unreachable", "no controller runs on this state folder", {
      hint: "Start one with: trunkline serve; or name one with --server URL.",
    });
  const embedded = await embedService(options, wish);
  try {
    return await work({ client: embedded.client, isEmbedded: true });
  } finally {
    await embedded.close();
  }
}

/** Whoever names hosts and finds a controller of other hosts must not move a VM of the same name there. */
async function refuseOtherHosts(options: GlobalOptions, { client, url }: RunningService): Promise<void> {
  if (!namesHosts(options)) return;
  const wanted = resolveInventory(options).hosts;
  const { items } = await client.call("hosts.list", {}, { signal: askSignal() });
  const served = new Set(items.map((host) => host.uri));
  const strangers = wanted.filter((host) => !served.has(host.uri)).map((host) => host.name);
  if (strangers.length === 0) return;
  throw new TrunklineError(
    "store.locked",
    `the controller at ${url} holds this state folder and does not serve ${strangers.join(", ")}`,
    {
      hint: "Give the command a state folder of its own with --state, or leave out --lab and --inventory.",
      details: { url, hosts: strangers },
    },
  );
}
