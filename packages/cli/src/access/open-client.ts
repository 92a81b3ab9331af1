/**
 * One way to every controller: a client of its HTTP interface. A running one is spoken to over its socket; without one,
 * the command embeds a controller for its own length and speaks to it in process. So there is one way to move a VM.
 */
import type { Client } from "@trunkline/api";
import { TrunklineError } from "@trunkline/model";
import type { GlobalOptions } from "../context.ts";
import { embedService } from "./embedded-service.ts";
import type { AccessOptions } from "./embedded-service.ts";
import { runningService } from "./running-service.ts";

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
  if (running !== undefined) return await work({ client: running.client, isEmbedded: false });
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
